//! One line of what is imported, and the key under which it is written once.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::id::{EventId, ThreadId};
use workroom_protocol::strict::Strict;

use crate::rpc::repair;

/// What a line says.
pub(super) struct Line {
    pub(super) kind: Strict<WorkroomEventKind>,
    /// The id of the event, when the line is a whole one.
    id: Option<EventId>,
}

/// Reads one line; `None` when it is blank.
pub(super) fn read_line(line: &[u8]) -> Result<Option<Line>, String> {
    #[derive(Deserialize)]
    struct Probe {
        event: Option<serde::de::IgnoredAny>,
    }
    #[derive(Deserialize)]
    struct Whole {
        id: Option<EventId>,
        kind: Strict<WorkroomEventKind>,
    }
    let text = repair::text(line);
    let text = repair::surrogates(text.trim());
    if text.is_empty() {
        return Ok(None);
    }
    // The tag tells what happened from a whole event, which has it one level down.
    let probe: Probe = serde_json::from_str(&text).map_err(|error| explain(&error))?;
    let line = if probe.event.is_some() {
        Line { kind: parse(&text)?, id: None }
    } else {
        let Whole { id, kind } = parse(&text)?;
        Line { kind, id }
    };
    Ok(Some(line))
}

/// Reads JSON in which whole numbers may be written as `10.0`.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).or_else(|error| {
        let whole = repair::whole_numbers(text).ok_or_else(|| explain(&error))?;
        serde_json::from_str(&whole).map_err(|error| explain(&error))
    })
}

fn explain(error: &serde_json::Error) -> String {
    // Within the line there is only one line.
    error.to_string().replace(" at line 1 column", " at column")
}

/// Makes the keys of an import into one thread: the same lines have the same keys whenever they are imported.
pub(super) struct Keys<'a> {
    thread: &'a ThreadId,
    /// How often each text came by: repetitions are events of their own.
    seen: HashMap<[u8; 16], u64>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(thread: &'a ThreadId) -> Self {
        Self { thread, seen: HashMap::new() }
    }

    /// The key of the next line.
    pub(super) fn key(&mut self, line: &Line) -> String {
        let mut hash = Sha256::new();
        // Keys are shared by all threads of a caller.
        hash.update(self.thread.0.as_bytes());
        match &line.id {
            Some(id) => hash.update(id.0.as_bytes()),
            None => hash.update(serde_json::to_vec(&line.kind).unwrap_or_default()),
        }
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.finalize()[..16]);
        let seen = self.seen.entry(digest).or_default();
        *seen += 1;
        format!("import:{:032x}:{seen}", u128::from_be_bytes(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(keys: &mut Keys<'_>, line: &str) -> String {
        let line = read_line(line.as_bytes()).ok().flatten().unwrap();
        keys.key(&line)
    }

    #[test]
    fn the_same_lines_have_the_same_keys_and_repetitions_their_own() {
        let (one, other) = (ThreadId("thr_1".into()), ThreadId("thr_2".into()));
        let hello = r#"{"event":"message","content":"hello"}"#;
        let same = r#" { "content": "hello", "event": "message" } "#;
        let mut first = Keys::new(&one);
        let (a, b) = (key(&mut first, hello), key(&mut first, hello));
        assert_ne!(a, b);
        let mut second = Keys::new(&one);
        assert_eq!((key(&mut second, same), key(&mut second, same)), (a.clone(), b));
        assert_ne!(key(&mut Keys::new(&other), hello), a);
    }

    #[test]
    fn whole_events_are_known_by_their_id() {
        let thread = ThreadId("thr_1".into());
        let event = |id: &str| format!(r#"{{"seq":7,"id":"{id}","kind":{{"event":"resumed"}}}}"#);
        let first = key(&mut Keys::new(&thread), &event("evt_1"));
        assert_ne!(key(&mut Keys::new(&thread), &event("evt_2")), first);
        assert_eq!(key(&mut Keys::new(&thread), &event("evt_1")), first);
    }

    #[test]
    fn what_other_programs_write_is_repaired() {
        let line = b"\xef\xbb\xbf{\"event\":\"message\",\"content\":\"a \\ud83d \xff\"}\r\n";
        let read = read_line(line).ok().flatten().unwrap();
        assert_eq!(read.kind.0, WorkroomEventKind::Message { content: "a \u{fffd} \u{fffd}".into() });
        let line = br#"{"event":"artifact_linked","path":"a","kind":"log","size":10.0}"#;
        let read = read_line(line).ok().flatten().unwrap();
        assert!(matches!(read.kind.0, WorkroomEventKind::ArtifactLinked { size: Some(10), .. }));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for bad in [
            &b"not JSON"[..],
            b"[]",
            b"{}",
            br#"{"event":"shout"}"#,
            br#"{"event":"message"}"#,
            br#"{"event":"message","content":"x","colour":1}"#,
            br#"{"kind":"message"}"#,
            b"{\"event\":\"\xff\"}",
        ] {
            assert!(read_line(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        for blank in ["", "\n", " \r\n"] {
            assert!(read_line(blank.as_bytes()).is_ok_and(|line| line.is_none()));
        }
    }
}
