//! Links and ids on the command line.

use workroom_protocol::id::{EventId, ThreadId, WorkroomId};
use workroom_protocol::link::{Named, WorkroomLink};

/// A workroom or a thread, given by its link or its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Workroom(WorkroomId),
    Thread(ThreadId),
}

/// Parses the link or the id of a workroom or thread, as people paste it.
pub(super) fn part(text: &str) -> Result<Part, String> {
    match Named::parse(text).map_err(|error| error.to_string())? {
        Named::Event(_) | Named::Link(WorkroomLink { event_id: Some(_), .. }) => {
            Err("this is an event; use the id or link of its thread".into())
        }
        Named::Thread(thread) | Named::Link(WorkroomLink { thread_id: Some(thread), .. }) => {
            Ok(Part::Thread(thread))
        }
        Named::Workroom(workroom_id) | Named::Link(WorkroomLink { workroom_id, .. }) => {
            Ok(Part::Workroom(workroom_id))
        }
    }
}

/// Parses the link or the id of a thread.
pub(super) fn thread(text: &str) -> Result<ThreadId, String> {
    match part(text)? {
        Part::Thread(thread) => Ok(thread),
        Part::Workroom(_) => Err("this is a workroom; use the id or link of a thread in it".into()),
    }
}

/// Returns the event that a link or an id names. Other text is passed on, and the server reports that there is no such
/// event.
pub(super) fn event(text: &str) -> EventId {
    match Named::parse(text) {
        Ok(Named::Event(id) | Named::Link(WorkroomLink { event_id: Some(id), .. })) => id,
        _ => EventId(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_ids_name_the_same() {
        let room = format!("wr_{}", "0".repeat(32));
        let id = format!("thr_{}", "0".repeat(32));
        let link = format!("codewhale://workroom/{room}");
        assert_eq!(part(&room), part(&link));
        assert_eq!(part(&id), part(&format!("{link}/thread/{id}")));
        assert_eq!(thread(&id), Ok(ThreadId(id.clone())));
        assert_eq!(thread(&format!(" <{link}/thread/{id}>. ")), Ok(ThreadId(id.clone())));
        for bad in [&*link, "all", "", "thr_0", &format!("{link}/event/evt_{}", "0".repeat(32))] {
            assert!(thread(bad).is_err(), "{bad}");
        }
    }
}
