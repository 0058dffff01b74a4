//! The tool with which an agent requests approval, and waits for the decision.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom_protocol::approval::{
    Approval, ApprovalIdParams, ApprovalListParams, ApprovalRequestParams, ApprovalRisk, ApprovalState,
    ApprovalWaitParams,
};
use workroom_protocol::exact::ExactJson;
use workroom_protocol::id::{ApprovalId, SessionId};
use workroom_protocol::methods::{ApprovalList, ApprovalRead, ApprovalRequest, ApprovalWait, SessionList};
use workroom_protocol::session::SessionListParams;
use workroom_protocol::{ErrorKind, Timestamp};

use super::{Answer, Said, names, wording};
use crate::surface::mcp::call::Call;
use crate::surface::mcp::exact;
use crate::surface::mcp::refusal::Refusal;
use workroom_domain::approval::in_words;
use workroom_domain::context::say;
use workroom_domain::shown;
use workroom_domain::text::one_line;

// Hosts abort a call after a minute at the earliest, unless they receive progress.
const DEFAULT_WAIT: u64 = 50;
// Some hosts end a call after ten minutes, even with progress.
const WAIT_WITH_PROGRESS: u64 = 540;
const MAX_WAIT: u64 = 86_400;

/// Returns how long a call waits.
pub(super) fn limit(call: &Call, asked: Option<u64>) -> Duration {
    let default = if call.progress.is_some() { WAIT_WITH_PROGRESS } else { DEFAULT_WAIT };
    Duration::from_secs(asked.unwrap_or(default).min(MAX_WAIT))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalArguments {
    /// Id or link.
    thread: Option<String>,
    /// The tool you would use.
    tool_name: Option<String>,
    /// What you would do, and why.
    summary: Option<String>,
    /// The arguments you would use.
    #[schemars(extend("type" = "object"))]
    #[serde(default, deserialize_with = "exact::release")]
    arguments: Option<ExactJson>,
    #[schemars(description = "Possible harm.")]
    risk: Option<ApprovalRisk>,
    expires_in_minutes: Option<u32>,
    /// To continue waiting: omit the others, or repeat them unchanged.
    approval_id: Option<String>,
    /// 0: do not wait.
    wait_seconds: Option<u64>,
    /// Retries with the same key ask once.
    idempotency_key: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Decided {
    approval_id: String,
    state: ApprovalState,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The action that the decision is about.
    action: Action,
}

/// An action as it is shown to people, with invisible characters written out.
#[derive(Serialize, JsonSchema)]
struct Action {
    thread: String,
    tool_name: String,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<ApprovalRisk>,
    /// The arguments as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<String>,
    /// How much of the action is not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden: Option<String>,
}

impl Action {
    fn of(approval: &Approval) -> Self {
        Self {
            thread: approval.thread_id.0.clone(),
            tool_name: shown::line(&approval.tool_name).into_owned(),
            summary: shown::lines(&approval.summary).into_owned(),
            risk: approval.risk,
            arguments: approval.arguments.as_ref().map(shown::json),
            hidden: approval.hidden.as_ref().map(in_words),
        }
    }

    fn say(&self, text: &mut String) {
        let risk = self.risk.map(|risk| format!(", {} risk", risk.name())).unwrap_or_default();
        text.push_str(&format!("The action is {}{risk}", self.tool_name));
        say(text, &self.summary);
        if let Some(arguments) = &self.arguments {
            text.push_str("Arguments");
            say(text, arguments);
        }
        if let Some(hidden) = &self.hidden {
            text.push_str(&format!("{hidden}.\n"));
        }
    }
}

pub(super) async fn approval(call: Call, arguments: ApprovalArguments) -> Answer<Decided> {
    let limit = limit(&call, arguments.wait_seconds);
    let approval = match &arguments.approval_id {
        Some(id) => {
            let approval_id = ApprovalId(id.clone());
            // The server decides whose it is. Handles are given again, so they say nothing.
            let params = ApprovalIdParams { approval_id, as_requester: true };
            let found = call.ask::<ApprovalRead>(&params).await?;
            must_be_same(&arguments, &found)?;
            found
        }
        None => asked(&call, arguments).await?,
    };
    let approval = match approval.state {
        ApprovalState::Pending if !limit.is_zero() => decision(&call, approval, limit).await?,
        _ => approval,
    };
    let action = Action::of(&approval);
    let Approval { approval_id: ApprovalId(id), state, decided_by, reason, .. } = approval;
    let by = decided_by.map(|actor| shown::line(&actor.handle).into_owned());
    let reason = reason.map(|reason| shown::lines(&reason).into_owned());
    let note = match state {
        ApprovalState::Pending => {
            format!("Do not act yet. To continue waiting, call request_approval with approval_id {id}.")
        }
        ApprovalState::Approved => "You may do exactly this action, once.".to_owned(),
        _ => "Do not perform the action.".to_owned(),
    };
    let decided = by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    let mut text = match state {
        ApprovalState::Pending => format!("No decision on {id} yet.\n"),
        state => format!("{id} is {}{decided}.\n", state.name()),
    };
    if let Some(reason) = &reason {
        text.push_str("Reason");
        say(&mut text, reason);
    }
    if state != ApprovalState::Pending {
        action.say(&mut text);
    }
    Ok(Said::new(text, Decided { approval_id: id, state, decided_by: by, reason, action }).noting(note))
}

/// Refuses to wait for the decision on one action as if it were about another.
fn must_be_same(given: &ApprovalArguments, approval: &Approval) -> Result<(), Refusal> {
    let id = &approval.approval_id;
    for (field, is_given) in [
        ("idempotency_key", given.idempotency_key.is_some()),
        ("expires_in_minutes", given.expires_in_minutes.is_some()),
    ] {
        if is_given {
            return Err(Refusal::invalid(format!("{field}: cannot be combined with approval_id")));
        }
    }
    let thread = given.thread.as_deref().map(names::thread).transpose()?;
    let risk = approval.requested_risk.or(approval.risk);
    let same = [
        ("thread", thread.map(|thread| thread == approval.thread_id)),
        ("tool_name", given.tool_name.as_ref().map(|tool| one_line(tool) == approval.tool_name)),
        ("summary", given.summary.as_ref().map(|summary| *summary == approval.summary)),
        ("risk", given.risk.map(|given| Some(given) == risk)),
        (
            "arguments",
            given.arguments.as_ref().map(|given| {
                approval.arguments.as_ref().is_some_and(|asked| asked.canonical() == given.canonical())
            }),
        ),
    ];
    for (field, same) in same {
        // Hidden parts cannot be compared, and an action that looks the same may be a different one.
        if same.is_some() && approval.hidden.is_some() && field != "thread" {
            let message = format!("{field}: parts of {id} are hidden; send only approval_id");
            return Err(Refusal::invalid(message));
        }
        if same == Some(false) {
            let message = format!(
                "{field}: differs from {id}, which permits only its own action; omit it to wait for {id}, or omit \
                 approval_id to request approval for another action"
            );
            return Err(Refusal::invalid(message));
        }
    }
    Ok(())
}

/// Returns the requested approval: a pending one for the same action, or a new one.
async fn asked(call: &Call, arguments: ApprovalArguments) -> Result<Approval, Refusal> {
    let missing = |name: &str| Refusal::invalid(format!("{name}: missing (required without approval_id)"));
    let thread_id = names::thread(&arguments.thread.ok_or_else(|| missing("thread"))?)?;
    let tool_name = arguments.tool_name.ok_or_else(|| missing("tool_name"))?;
    let summary = arguments.summary.ok_or_else(|| missing("summary"))?;
    let ApprovalArguments { arguments, risk, expires_in_minutes, idempotency_key, .. } = arguments;
    if idempotency_key.is_some() && expires_in_minutes.is_some() {
        // A retry would have a different expiry time, and thus a different body.
        return Err(Refusal::invalid("expires_in_minutes: cannot be combined with idempotency_key"));
    }
    if idempotency_key.is_none() {
        // A host that was restarted asks again. A decision is only about one performance of the action, so an approval
        // that was decided or has ended is never the answer to a new request.
        let params = ApprovalListParams {
            thread_id: Some(thread_id.clone()),
            states: Some(vec![ApprovalState::Pending]),
            limit: Some(MAX_LOOKED_AT),
            ..ApprovalListParams::default()
        };
        // A redaction hides what the display does not show: two such actions may differ.
        let is_whole = !wording::is_redacted(&summary)
            && !arguments.as_ref().is_some_and(|arguments| wording::is_redacted(arguments.text()));
        let same = |one: &Approval| {
            // Hidden parts cannot be compared, so a new request is made.
            is_whole
                && one.hidden.is_none()
                && (&one.tool_name, &one.arguments, one.risk) == (&tool_name, &arguments, risk)
                && wording::is_same_action(&one.summary, &summary)
        };
        for found in call.ask::<ApprovalList>(&params).await?.approvals.into_iter().filter(same) {
            if may_join(call, found.session_id.as_ref()).await? {
                return Ok(found);
            }
        }
    }
    let expires = |minutes: u32| Timestamp::from_millis(call.now.millis() + i64::from(minutes) * 60_000);
    let params = ApprovalRequestParams {
        thread_id,
        tool_name,
        summary,
        risk,
        arguments,
        options: None,
        expires_at: expires_in_minutes.map(expires),
        supersedes: None,
        idempotency_key,
    };
    let asked = call.ask::<ApprovalRequest>(&params).await?;
    // The response to a retry is that of the first request, so the current state is read.
    let params = ApprovalIdParams { approval_id: asked.approval_id, as_requester: true };
    call.ask::<ApprovalRead>(&params).await
}

/// Whether this session may continue to wait for a request: for its own, or for one of an earlier session of the same
/// agent that has ended. Another live session waits for its own requests.
pub(super) async fn may_join(call: &Call, asked: Option<&SessionId>) -> Result<bool, Refusal> {
    let Some(asked) = asked else { return Ok(false) };
    if call.session.id.as_ref() == Some(asked) {
        return Ok(true);
    }
    let params = SessionListParams { session_ids: Some(vec![asked.clone()]) };
    let sessions = call.ask::<SessionList>(&params).await?.sessions;
    Ok(sessions.iter().any(|one| !one.live && one.agent_id == call.session.agent_id))
}

// A thread with more pending approvals of one agent has other problems.
const MAX_LOOKED_AT: u32 = 200;

async fn decision(call: &Call, pending: Approval, limit: Duration) -> Result<Approval, Refusal> {
    let timeout_ms = Some(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
    let params =
        ApprovalWaitParams { approval_id: pending.approval_id.clone(), timeout_ms, as_requester: true };
    match call.wait(limit, "waiting for a decision", call.ask::<ApprovalWait>(&params)).await {
        Some(Err(refusal)) if !refusal.is(ErrorKind::Cancelled) => Err(refusal),
        Some(Ok(approval)) => Ok(approval),
        _ => Ok(pending),
    }
}
