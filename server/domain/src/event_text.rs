//! The plain text of an event.

use std::borrow::Cow;

use workroom_protocol::approval::DecisionRecord;
use workroom_protocol::event::WorkroomEventKind as Kind;

/// The text of an event, for search, previews and context. `None` for events without text.
pub fn text(kind: &Kind) -> Option<Cow<'_, str>> {
    Some(match kind {
        Kind::Message { content } => content.into(),
        Kind::Mention { mentioned_user } => format!("@{mentioned_user}").into(),
        Kind::ToolCall { tool_name, summary, .. } => join(tool_name, summary),
        Kind::ToolResult { tool_name, summary, .. } => {
            join(tool_name, summary.as_deref().unwrap_or_default())
        }
        Kind::ApprovalRequest { tool_name, summary, .. } => {
            join(tool_name, summary.as_deref().unwrap_or_default())
        }
        Kind::ArtifactLinked { path, label, .. } => match label {
            Some(label) => format!("{label} ({path})").into(),
            None => path.into(),
        },
        Kind::Receipt { summary, .. } => summary.into(),
        Kind::Failure { error, .. } => error.into(),
        Kind::NeedsHuman { reason } => reason.into(),
        Kind::WorkerStarted { summary } => summary.as_deref()?.into(),
        Kind::ApprovalDecided { decision, reason, decided_how, .. } => {
            let note = decided_how.as_ref().and_then(made).map(|how| format!("{} ({how})", decision.name()));
            let head = note.map_or(Cow::Borrowed(decision.name()), Cow::Owned);
            join(&head, reason.as_deref().unwrap_or_default()).into_owned().into()
        }
        Kind::RefAttached { title, .. } => title.as_deref()?.into(),
        Kind::WorkroomCreated { title, .. } | Kind::ThreadCreated { title, .. } => title.into(),
        Kind::WorkroomUpdated { change } => change.title.as_deref()?.into(),
        Kind::ThreadUpdated { title, .. } => title.as_deref()?.into(),
        Kind::FailureDismissed { reason, .. } => reason.as_deref()?.into(),
        Kind::RetryRequested { note, .. } => note.as_deref()?.into(),
        Kind::Resumed {} | Kind::RefDetached { .. } | Kind::MemberChanged { .. } => return None,
    })
}

/// How a decision was made, if that is unusual: nothing if a person decided at their own terminal.
pub fn made(how: &DecisionRecord) -> Option<String> {
    let mut words = Vec::new();
    if let Some(host) = &how.agent_host {
        words.push(format!("from inside {host}"));
    }
    if how.surface == "cli" && !how.terminal {
        words.push("by a command, not at a terminal".into());
    }
    (!words.is_empty()).then(|| words.join(", "))
}

fn join<'a>(head: &'a str, rest: &'a str) -> Cow<'a, str> {
    if rest.is_empty() { head.into() } else { format!("{head}: {rest}").into() }
}

/// Whether the event is part of the conversation that agents read: the kinds of the published vocabulary. Agents see
/// the other kinds only through the state that results from them.
pub fn is_told(kind: &Kind) -> bool {
    TOLD_KINDS.contains(&kind.name())
}

/// The kinds for which [`is_told`] holds.
pub const TOLD_KINDS: [&str; 10] = [
    "message",
    "mention",
    "tool_call",
    "tool_result",
    "approval_request",
    "artifact_linked",
    "receipt",
    "failure",
    "needs_human",
    "resumed",
];
