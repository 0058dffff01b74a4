//! Parses what a model gives for a workroom, a thread or an event: an id or a link, as it was pasted.

use workroom_protocol::id::{EventId, ThreadId, WorkroomId};
use workroom_protocol::link::Named;

use crate::surface::mcp::refusal::Refusal;

/// Returns the workroom that an id or a link names.
pub(in crate::surface::mcp) fn workroom(text: &str) -> Result<WorkroomId, Refusal> {
    match named(text, "workroom: neither an id (wr_…) nor a link")? {
        Named::Workroom(id) => Ok(id),
        Named::Link(link) => Ok(link.workroom_id),
        Named::Thread(_) | Named::Event(_) => {
            Err(Refusal::invalid("workroom: neither an id (wr_…) nor a link"))
        }
    }
}

/// Returns the thread that an id or a link names.
pub(super) fn thread(text: &str) -> Result<ThreadId, Refusal> {
    match named(text, "thread: neither an id (thr_…) nor a link")? {
        Named::Thread(id) => Ok(id),
        Named::Link(link) => link.thread_id.ok_or_else(|| {
            Refusal::invalid("thread: this is a link to a workroom; list_threads lists its threads")
        }),
        Named::Workroom(_) | Named::Event(_) => {
            Err(Refusal::invalid("thread: neither an id (thr_…) nor a link"))
        }
    }
}

/// Returns the event that an id or a link names.
pub(super) fn event(text: &str) -> Result<EventId, Refusal> {
    match named(text, "event: neither an id (evt_…) nor a link")? {
        Named::Event(id) => Ok(id),
        Named::Link(link) => {
            link.event_id.ok_or_else(|| Refusal::invalid("event: this link does not name an event"))
        }
        Named::Workroom(_) | Named::Thread(_) => {
            Err(Refusal::invalid("event: neither an id (evt_…) nor a link"))
        }
    }
}

fn named(text: &str, otherwise: &str) -> Result<Named, Refusal> {
    Named::parse(text).map_err(|error| Refusal::invalid(format!("{otherwise}: {error}")))
}
