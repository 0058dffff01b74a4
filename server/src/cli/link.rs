//! What a person names on the command line: a link, or an id.

use workroom_protocol::id::{ThreadId, WorkroomId};
use workroom_protocol::link::WorkroomLink;

/// A workroom or a thread: its link, or its bare id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Workroom(WorkroomId),
    Thread(ThreadId),
}

/// Reads the link or the id of a workroom or thread.
pub(super) fn part(text: &str) -> Result<Part, String> {
    let (workroom, thread) = (WorkroomId(text.into()), ThreadId(text.into()));
    if workroom.uuid().is_some() {
        return Ok(Part::Workroom(workroom));
    }
    if thread.uuid().is_some() {
        return Ok(Part::Thread(thread));
    }
    match WorkroomLink::parse(text).map_err(|error| error.to_string())? {
        WorkroomLink { event_id: Some(_), .. } => {
            Err("this is the link of one event; give that of its thread".into())
        }
        WorkroomLink { thread_id: Some(thread), .. } => Ok(Part::Thread(thread)),
        WorkroomLink { workroom_id, .. } => Ok(Part::Workroom(workroom_id)),
    }
}

/// Reads the link or the id of a thread.
pub(super) fn thread(text: &str) -> Result<ThreadId, String> {
    match part(text)? {
        Part::Thread(thread) => Ok(thread),
        Part::Workroom(_) => Err("this is a workroom; name a thread in it".into()),
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
        for bad in [&*link, "all", "", "thr_0", &format!("{link}/event/evt_{}", "0".repeat(32))] {
            assert!(thread(bad).is_err(), "{bad}");
        }
    }
}
