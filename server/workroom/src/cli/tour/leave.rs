//! An agent requests permission and waits; the first decision wins.

use serde_json::{Value, json};

use super::cast::Cast;
use super::stage::{Role, Stage, ensure};
use crate::cli::failure::Failure;

/// The builder requests permission to push. The person finds the request in the inbox and decides in one of two
/// windows.
pub(super) async fn ask(stage: &mut Stage, cast: &mut Cast, task: &Value) -> Result<(), Failure> {
    stage.step("The builder must not push without permission: it requests approval, and waits.")?;
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
        "Your inbox has the pending items of all rooms. You decide on the action exactly as you saw it.",
    )?;
    let inbox = you.call(stage, "inbox/list", json!({"view": "needs_approval", "limit": 1})).await?;
    ensure(inbox["items"][0]["approval_ids"][0] == *id, "the approval is not in the inbox")?;
    let decision = |decision| json!({"approval_id": id, "action_digest": approval["action_digest"], "decision": decision});
    let decided = you.call(stage, "approval/decide", decision("approved")).await?;
    let told = builder.answers(stage, "approval/wait", waiting).await?;
    ensure(told == decided, "the builder received a different decision")?;
    let (event, _) = you.heard().await?;
    ensure(event["kind"]["event"] == "approval_decided", "the decision is not in the thread")?;

    stage.step("Your second window decides the opposite too late, and gets the decision that won.")?;
    let mut window = cast.window()?;
    let error = window.refused(stage, "approval/decide", decision("denied")).await?;
    ensure(error["data"]["kind"] == "already_decided", "a decision was made twice")?;
    let counts = window.call(stage, "inbox/counts", json!({})).await?;
    window.end().await?;
    ensure(counts["counts"]["needs_approval"] == 0, "a decided approval is still pending")?;
    stage.holds("decided once, everybody gets the same decision, and nothing is pending")
}
