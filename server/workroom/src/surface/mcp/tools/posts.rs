//! The tools with which an agent posts to threads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom_protocol::ErrorKind;
use workroom_protocol::artifact::ArtifactLinkParams;
use workroom_protocol::event::{EventAppendParams, EventResponse, WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::id::ThreadId;
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::methods::{ArtifactLink, EventAppend, ThreadAttachRef};
use workroom_protocol::strict::Strict;
use workroom_protocol::thread::ThreadAttachRefParams;

use super::{Answer, Said, names};
use crate::surface::mcp::call::Call;
use crate::surface::mcp::here;
use crate::surface::mcp::refusal::Refusal;

/// The type of an update.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Type {
    Message,
    Receipt,
    Failure,
    Artifact,
    NeedsHuman,
    Resumed,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PostArguments {
    /// Id or link. Default: your session's thread, created by your first post.
    thread: Option<String>,
    #[serde(rename = "type")]
    kind: Type,
    /// The text; for an artifact, its label.
    text: Option<String>,
    /// For an artifact: the file.
    path: Option<String>,
    /// The event to answer: id or link.
    reply_to: Option<String>,
    /// Retries with the same key post once.
    idempotency_key: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Posted {
    event_id: String,
    seq: u64,
    link: String,
    /// Mentioned names without a member here; nobody was notified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unreached: Vec<String>,
}

pub(super) async fn post(call: Call, arguments: PostArguments) -> Answer<Posted> {
    let PostArguments { thread, kind, text, path, reply_to, idempotency_key } = arguments;
    check(kind, text.as_deref(), path.as_deref())?;
    let thread_id = match &thread {
        Some(thread) => names::thread(thread)?,
        None => here::own_thread(&call).await?,
    };
    if kind == Type::Artifact {
        if reply_to.is_some() {
            return Err(Refusal::invalid("reply_to: not allowed for an artifact"));
        }
        let (path, label, of) = (path.unwrap_or_default(), text, "document".into());
        let params = ArtifactLinkParams { thread_id, path, kind: of, label, idempotency_key };
        let linked = call.ask::<ArtifactLink>(&params).await;
        // If the thread exists, the error is about the file, which the store does not list.
        if let Err(refusal) = &linked
            && refusal.is(ErrorKind::NotFound)
            && super::threads::thread(&call, &params.thread_id).await.is_ok()
        {
            return Err(refusal.clone().advising(
                "Check the path: it is relative to the workroom's folder, and the file must exist.",
            ));
        }
        let artifact = linked?;
        return posted(&call, artifact.event_id.0, artifact.seq, &params.thread_id).await;
    }
    let text = text.unwrap_or_default();
    let kind = match kind {
        Type::Message | Type::Artifact => Kind::Message { content: text },
        Type::Receipt => Kind::receipt(text),
        Type::Failure => Kind::failure(text),
        Type::NeedsHuman => Kind::NeedsHuman { reason: text },
        Type::Resumed => Kind::Resumed {},
    };
    let reply_to = reply_to.as_deref().map(names::event).transpose()?;
    let params = EventAppendParams { thread_id, kind: Strict(kind), reply_to, idempotency_key };
    let EventResponse { event, unreached } = call.ask::<EventAppend>(&params).await?;
    let event = read(&event)?;
    let mut said = posted(&call, event.id.0, event.seq, &params.thread_id).await?;
    if !unreached.is_empty() {
        let names: Vec<_> = unreached.iter().map(|name| format!("@{name}")).collect();
        let note = format!("No member has the handle {}: nobody was notified.\n", names.join(" or "));
        said.text.push_str(&note);
    }
    said.data.unreached = unreached;
    Ok(said)
}

/// Rejects arguments that do not fit the type, before a thread is created for the update.
fn check(kind: Type, text: Option<&str>, path: Option<&str>) -> Result<(), Refusal> {
    let wrong = match (kind, text, path) {
        (Type::Artifact, _, None) => "path: required for an artifact",
        (Type::Artifact, ..) => return Ok(()),
        (_, _, Some(_)) => "path: only allowed for an artifact",
        (Type::Resumed, Some(_), _) => "text: not allowed for resumed; post a message instead",
        (Type::Resumed, None, _) | (_, Some(_), _) => return Ok(()),
        (_, None, _) => "text: missing",
    };
    Err(Refusal::invalid(wrong))
}

fn read(event: &workroom_protocol::Json<WorkroomEvent>) -> Result<WorkroomEvent, Refusal> {
    event.read().map_err(|_| Refusal::internal("cannot read an event"))
}

async fn posted(call: &Call, event_id: String, seq: u64, thread: &ThreadId) -> Answer<Posted> {
    let thread = super::threads::thread(call, thread).await?;
    let event = workroom_protocol::id::EventId(event_id.clone());
    let link =
        WorkroomLink { workroom_id: thread.workroom_id, thread_id: Some(thread.id), event_id: Some(event) };
    let link = link.to_url();
    Ok(Said::new(
        format!("Posted as #{seq}: {link}\n"),
        Posted { event_id, seq, link, unreached: Vec::new() },
    ))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AttachArguments {
    /// Id or link.
    thread: String,
    /// A GitHub URL, owner/repo#12, owner/repo@sha or #12.
    reference: String,
    /// The label.
    title: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Attached {
    thread_id: String,
    references: Vec<String>,
}

pub(super) async fn attach(call: Call, arguments: AttachArguments) -> Answer<Attached> {
    let AttachArguments { thread, reference, title } = arguments;
    let params = ThreadAttachRefParams {
        thread_id: names::thread(&thread)?,
        target: None,
        url: Some(reference),
        title,
        primary: None,
        idempotency_key: None,
    };
    let thread = call.ask::<ThreadAttachRef>(&params).await?;
    let label = |attached: &workroom_protocol::external_ref::AttachedRef| {
        workroom_domain::external_ref::label(&attached.target)
    };
    let references: Vec<_> = thread.external_refs.iter().map(label).collect();
    let text = format!("References of the thread: {}\n", references.join(", "));
    Ok(Said::new(text, Attached { thread_id: thread.id.0, references }))
}
