//! What a model names a workroom, a thread or an event by: an id, or a link.

use workroom_protocol::id::{EventId, ThreadId, WorkroomId};
use workroom_protocol::link::WorkroomLink;

use crate::surface::mcp::inside::Refusal;

/// The workroom that an id or a link names.
pub(in crate::surface::mcp) fn workroom(text: &str) -> Result<WorkroomId, Refusal> {
    let id = WorkroomId(text.trim().into());
    match id.uuid() {
        Some(_) => Ok(id),
        None => Ok(link(text, "workroom: neither an id (wr_…) nor a link")?.workroom_id),
    }
}

/// The thread that an id or a link names.
pub(super) fn thread(text: &str) -> Result<ThreadId, Refusal> {
    let id = ThreadId(text.trim().into());
    if id.uuid().is_some() {
        return Ok(id);
    }
    let link = link(text, "thread: neither an id (thr_…) nor a link")?;
    link.thread_id
        .ok_or_else(|| Refusal::invalid("thread: this links to a workroom; list_threads names its threads"))
}

/// The event that an id or a link names.
pub(super) fn event(text: &str) -> Result<EventId, Refusal> {
    let id = EventId(text.trim().into());
    if id.uuid().is_some() {
        return Ok(id);
    }
    let link = link(text, "event: neither an id (evt_…) nor a link")?;
    link.event_id.ok_or_else(|| Refusal::invalid("event: this link names no event"))
}

fn link(text: &str, otherwise: &str) -> Result<WorkroomLink, Refusal> {
    WorkroomLink::parse(text.trim()).map_err(|error| Refusal::invalid(format!("{otherwise}: {error}")))
}
