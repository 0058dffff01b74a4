//! List items: actor, time and content.

use std::borrow::Cow;

use workroom_protocol::actor::ActorKind;
use workroom_protocol::artifact::Artifact;
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::external_ref::AttachedRef;
use workroom_protocol::resolve::{OpenItem, Participant, ThreadBrief};
use workroom_protocol::time::Timestamp;

use super::inert::{code, inline, say};
use super::{clock, date, status_name};
use crate::{event_text, external_ref};

/// Formats a participant.
pub(in crate::context) fn participant(participant: &Participant) -> String {
    let Participant { handle, kind, agent, events, imported, .. } = participant;
    let mut line = format!("- {}{}, {}", inline(handle), mark(*imported), kind_name(*kind));
    if let Some(agent) = agent {
        line.push_str(&format!(" ({} {})", inline(&agent.provider), inline(&agent.model)));
    }
    let events = match events {
        1 => "1 event".to_owned(),
        events => format!("{events} events"),
    };
    line.push_str(&format!(", {events}\n"));
    line
}

/// Formats a reference.
pub(in crate::context) fn attached(attached: &AttachedRef) -> String {
    let mut line = format!("- {}", inline(&external_ref::label(&attached.target)));
    if let Some(url) = external_ref::url(&attached.target) {
        line.push_str(&format!(" {}", inline(&url)));
    }
    say(&mut line, attached.title.as_deref().unwrap_or_default());
    line
}

/// Formats a thread.
pub(in crate::context) fn brief(thread: &ThreadBrief) -> String {
    let (id, status, time) = (code(&thread.id.0), status_name(thread.status), time(thread.updated_at));
    let mut line = format!("- {id} {status}, last {time}");
    say(&mut line, &thread.title);
    line
}

/// Formats a pending item, with its thread if the reader cannot infer it.
pub(in crate::context) fn waiting(item: &OpenItem, with_thread: bool) -> String {
    let mut line = format!("- {} #{} {}", time(item.timestamp), item.seq, code(&item.event_id.0));
    if let Some(thread) = item.thread_id.as_ref().filter(|_| with_thread) {
        line.push_str(&format!(" in {}", code(&thread.0)));
    }
    line.push_str(&format!(" {}{}", inline(&item.actor.handle), mark(item.imported)));
    if let Some(tool) = &item.tool_name {
        line.push_str(&format!(" asks to use {}", inline(tool)));
    }
    if let Some(approval) = &item.approval_id {
        line.push_str(&format!(" ({})", code(&approval.0)));
    }
    say(&mut line, &item.text);
    line
}

/// Formats a decision or a receipt.
pub(in crate::context) fn item(item: &OpenItem) -> String {
    let who = inline(&item.actor.handle);
    let mut line = format!("- {} #{} {who}{}", time(item.timestamp), item.seq, mark(item.imported));
    if let Some(tool) = &item.tool_name {
        line.push_str(&format!(" on {}", inline(tool)));
    }
    say(&mut line, &item.text);
    line
}

/// Formats a receipt whose text is in the history below.
pub(in crate::context) fn receipt_below(receipt: &OpenItem) -> String {
    let OpenItem { timestamp, seq, actor, .. } = receipt;
    format!("- {} #{seq} {} (its text is below)\n", time(*timestamp), inline(&actor.handle))
}

/// Formats an artifact.
pub(in crate::context) fn artifact(artifact: &Artifact) -> String {
    let Artifact { path, kind, size, artifact_id, linked_by, .. } = artifact;
    let (who, kind) = (inline(&linked_by.handle), inline(kind));
    let mark = mark(artifact.imported);
    let mut line = format!("- {} #{} {who}{mark}, {kind}", time(artifact.linked_at), artifact.seq);
    if let Some(size) = size {
        line.push_str(&format!(", {size} bytes"));
    }
    line.push_str(&format!(", {}", code(&artifact_id.0)));
    let path = inline(path);
    say(
        &mut line,
        &artifact.label.as_deref().map_or(path.clone(), |label| format!("{path}, {}", inline(label)).into()),
    );
    line
}

/// Formats an event without date and list mark.
pub(in crate::context) fn event(event: &WorkroomEvent, all: &[WorkroomEvent], is_focus: bool) -> String {
    let linked = if is_focus { " (the linked event)" } else { "" };
    let (who, mark) = (inline(&event.actor.handle), mark(event.imported.is_some()));
    let mut line = format!("{} #{}{linked} {who}{mark}", clock(event.timestamp), event.seq);
    let answered = event.reply_to.as_ref().and_then(|id| all.iter().find(|event| event.id == *id));
    if let Some(answered) = answered {
        line.push_str(&format!(" to #{}", answered.seq));
    }
    let (does, said) = sentence(&event.kind);
    if !does.is_empty() {
        line.push_str(&format!(" {}", inline(&does)));
    }
    say(&mut line, &said);
    line
}

/// Formats a receipt in the history whose text appears above.
pub(in crate::context) fn receipt_above(
    receipt: &WorkroomEvent,
    all: &[WorkroomEvent],
    is_focus: bool,
) -> String {
    let without_text = WorkroomEvent { kind: Kind::receipt(""), ..receipt.clone() };
    let mut line = event(&without_text, all, is_focus);
    line.truncate(line.trim_end().len());
    line.push_str(" (its text is above)\n");
    line
}

/// The mark after the handle of an imported actor, who is claimed to have acted in another log.
fn mark(imported: bool) -> &'static str {
    if imported { " (imported)" } else { "" }
}

/// The verb phrase for an event, and its text.
fn sentence(kind: &Kind) -> (Cow<'_, str>, Cow<'_, str>) {
    match kind {
        Kind::Message { content } => ("".into(), content.into()),
        Kind::Mention { mentioned_user } => (format!("mentions @{mentioned_user}").into(), "".into()),
        Kind::ToolCall { tool_name, summary, .. } => (format!("calls {tool_name}").into(), summary.into()),
        Kind::ToolResult { tool_name, success, summary, .. } => {
            let end = if *success { "succeeded" } else { "failed" };
            (format!("called {tool_name}, which {end}").into(), summary.as_deref().unwrap_or_default().into())
        }
        Kind::ApprovalRequest { tool_name, summary, .. } => {
            (format!("asks to use {tool_name}").into(), summary.as_deref().unwrap_or_default().into())
        }
        Kind::ArtifactLinked { path, kind, label, .. } => {
            let file = label.as_ref().map_or_else(|| path.into(), |label| format!("{path}, {label}").into());
            (format!("linked a {kind}").into(), file)
        }
        Kind::Receipt { summary, .. } => ("finished".into(), summary.into()),
        Kind::Failure { error, .. } => ("failed".into(), error.into()),
        Kind::NeedsHuman { reason } => ("needs a person".into(), reason.into()),
        Kind::Resumed {} => ("continues".into(), "".into()),
        other => (housekeeping(other), event_text::text(other).unwrap_or_default()),
    }
}

/// Describes a change of the workroom or the thread. Such events appear only if they are linked.
fn housekeeping(kind: &Kind) -> Cow<'_, str> {
    match kind {
        Kind::WorkerStarted { .. } => "started work".into(),
        Kind::ApprovalDecided { .. } => "decided".into(),
        Kind::RefAttached { target, .. } => format!("attached {}", external_ref::label(target)).into(),
        Kind::RefDetached { target } => format!("detached {}", external_ref::label(target)).into(),
        Kind::WorkroomCreated { .. } => "created the workroom".into(),
        Kind::WorkroomUpdated { change } => change_of("workroom", change.title.is_some(), change.archived),
        Kind::ThreadCreated { .. } => "created the thread".into(),
        Kind::ThreadUpdated { title, archived, .. } => change_of("thread", title.is_some(), *archived),
        Kind::MemberChanged { handle, role, .. } => match role {
            Some(Some(role)) => format!("made {handle} a member with the role {}", role.name()).into(),
            Some(None) => format!("removed {handle} as a member").into(),
            None => format!("changed the membership of {handle}").into(),
        },
        Kind::FailureDismissed { .. } => "dismissed a failure".into(),
        Kind::RetryRequested { .. } => "requested a retry".into(),
        told => told.name().into(),
    }
}

fn change_of(what: &str, renamed: bool, archived: Option<bool>) -> Cow<'static, str> {
    match (archived, renamed) {
        (Some(true), false) => format!("archived the {what}"),
        (Some(false), false) => format!("unarchived the {what}"),
        (_, true) => format!("renamed the {what} to"),
        (None, false) => format!("changed the {what}"),
    }
    .into()
}

/// Formats a time as `2026-11-20 08:30`.
fn time(time: Timestamp) -> String {
    format!("{} {}", date(time), clock(time))
}

fn kind_name(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Human => "human",
        ActorKind::Agent => "agent",
        ActorKind::Bridge => "bridge",
        ActorKind::System => "system",
    }
}
