//! An agent asks for leave, and waits; the first decision wins.

use serde_json::{Value, json};

use super::cast::Cast;
use super::stage::{Role, Stage, ensure};
use crate::cli::failure::Failure;

/// The builder asks whether it may push; the person finds that in the inbox and decides, in one of two windows.
pub(super) async fn ask(stage: &mut Stage, cast: &mut Cast, task: &Value) -> Result<(), Failure> {
    stage.step("The builder must not push by itself: it asks for leave, and waits.")?;
    let (builder, you) = cast.with(Role::Builder)?;
    let params = json!({
        "thread_id": task,
        "tool_name": "bash",
        "summary": "git push origin fix-cache-race",
        "arguments": {"command": "git push origin fix-cache-race"},
        "risk": "medium",
    });
    let approval = builder.call(stage, "approval/request", params).await?;
    you.hears(stage, &json!({"id": approval["event_id"]})).await?;
    let id = &approval["approval_id"];
    let waiting = builder.sends(stage, "approval/wait", json!({"approval_id": id})).await?;

    stage.step(
        "Your inbox has what waits for you, of all rooms. You decide about the action as you have seen it.",
    )?;
    let inbox = you.call(stage, "inbox/list", json!({"view": "needs_approval", "limit": 1})).await?;
    ensure(inbox["items"][0]["approval_ids"][0] == *id, "the approval is not in the inbox")?;
    let decision = |decision| json!({"approval_id": id, "action_digest": approval["action_digest"], "decision": decision});
    let decided = you.call(stage, "approval/decide", decision("approved")).await?;
    let told = builder.answers(stage, "approval/wait", waiting).await?;
    ensure(told == decided, "the builder is told of another decision")?;
    let (event, _) = you.heard().await?;
    ensure(event["kind"]["event"] == "approval_decided", "the decision is not in the thread")?;

    stage.step("A second window of yours comes late, with the opposite, and is told what was decided.")?;
    let mut window = cast.window()?;
    let error = window.refused(stage, "approval/decide", decision("denied")).await?;
    ensure(error["data"]["kind"] == "already_decided", "a decision was made twice")?;
    let counts = window.call(stage, "inbox/counts", json!({})).await?;
    window.end().await?;
    ensure(counts["counts"]["needs_approval"] == 0, "what is decided still waits")?;
    stage.holds("decided once, told to everybody who asks, and nothing waits any more")
}
