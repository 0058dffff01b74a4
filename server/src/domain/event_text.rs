//! What an event says, as plain text.

use std::borrow::Cow;

use workroom_protocol::event::WorkroomEventKind as Kind;

/// The words of an event, for search, previews and context. Events that say nothing have none.
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
        Kind::ApprovalDecided { decision, reason, .. } => {
            join(decision.name(), reason.as_deref().unwrap_or_default())
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

fn join<'a>(head: &'a str, rest: &'a str) -> Cow<'a, str> {
    if rest.is_empty() { head.into() } else { format!("{head}: {rest}").into() }
}

/// Whether the event is part of the conversation that agents read back: the kinds of the published vocabulary.
/// The others are told by the state that they lead to.
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
