//! Parses the lines of an import.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use workroom_protocol::actor::{Actor, AgentAttribution};
use workroom_protocol::event::{EventImport, WorkroomEventKind};
use workroom_protocol::id::{EventId, ThreadId};
use workroom_protocol::strict::Strict;
use workroom_protocol::time::Timestamp;

use workroom_rpc::repair;

/// The content of a line.
#[derive(Debug)]
pub(super) enum Line {
    /// Only the kind of an event: the importer appends it now.
    Said(Box<Strict<WorkroomEventKind>>),
    /// An event of another log.
    Event(Box<EventImport>),
}

/// Reads lines, and identifies lines without an id by their content.
pub(super) struct Lines<'a> {
    thread: &'a ThreadId,
    /// How often each text occurred: repetitions are separate events.
    seen: HashMap<[u8; 16], u64>,
}

#[derive(Deserialize)]
struct Probe {
    event: Option<serde::de::IgnoredAny>,
}

/// An event as a log prints it. Unknown fields are ignored, because other versions have other fields.
#[derive(Deserialize)]
struct Whole {
    id: Option<EventId>,
    thread_id: Option<ThreadId>,
    timestamp: Option<Timestamp>,
    kind: Strict<WorkroomEventKind>,
    actor: Option<Actor>,
    agent: Option<AgentAttribution>,
    reply_to: Option<EventId>,
}

impl<'a> Lines<'a> {
    /// The lines to import into a thread.
    pub(super) fn new(thread: &'a ThreadId) -> Self {
        Self { thread, seen: HashMap::new() }
    }

    /// Reads one line; returns `None` if it is blank.
    pub(super) fn read(&mut self, line: &[u8]) -> Result<Option<Line>, String> {
        let text = repair::text(line);
        let text = repair::surrogates(text.trim());
        if text.is_empty() {
            return Ok(None);
        }
        // The tag distinguishes the kind of an event from a complete event, which has the tag one level down.
        let probe: Probe = serde_json::from_str(&text).map_err(|error| explain(&error))?;
        if probe.event.is_some() {
            return Ok(Some(Line::Said(Box::new(parse(&text)?))));
        }
        let whole: Whole = parse(&text)?;
        let Whole { id, thread_id, timestamp, kind, actor, agent, reply_to } = whole;
        let id = match id {
            Some(id) => id,
            None => {
                let (digest, seen) = self.digest(text.as_bytes());
                EventId(format!("line_{digest:032x}_{seen}"))
            }
        };
        let (actor, agent) = (actor.map(Strict), agent.map(Strict));
        Ok(Some(Line::Event(Box::new(EventImport {
            id,
            thread_id,
            timestamp,
            kind,
            actor,
            agent,
            reply_to,
        }))))
    }

    /// Returns the key for the next new event: the same lines get the same keys in every import.
    pub(super) fn key(&mut self, said: &Strict<WorkroomEventKind>) -> String {
        let (digest, seen) = self.digest(&serde_json::to_vec(said).unwrap_or_default());
        format!("import:{digest:032x}:{seen}")
    }

    fn digest(&mut self, text: &[u8]) -> (u128, u64) {
        let mut hash = Sha256::new();
        // All threads of a caller share their idempotency keys.
        hash.update(self.thread.0.as_bytes());
        hash.update(text);
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.finalize()[..16]);
        let seen = self.seen.entry(digest).or_default();
        *seen += 1;
        (u128::from_be_bytes(digest), *seen)
    }
}

/// Parses JSON in which whole numbers may be written as `10.0`.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).or_else(|error| {
        let whole = repair::whole_numbers(text).ok_or_else(|| explain(&error))?;
        serde_json::from_str(&whole).map_err(|error| explain(&error))
    })
}

fn explain(error: &serde_json::Error) -> String {
    // The error's line number is always 1, so it is left out.
    error.to_string().replace(" at line 1 column", " at column")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the key of a line with only a kind, or the id of an event.
    fn name(lines: &mut Lines<'_>, line: &str) -> String {
        match lines.read(line.as_bytes()).unwrap().unwrap() {
            Line::Said(said) => lines.key(&said),
            Line::Event(event) => event.id.0,
        }
    }

    #[test]
    fn the_same_lines_have_the_same_keys_and_repetitions_their_own() {
        let (one, other) = (ThreadId("thr_1".into()), ThreadId("thr_2".into()));
        let hello = r#"{"event":"message","content":"hello"}"#;
        let same = r#" { "content": "hello", "event": "message" } "#;
        let mut first = Lines::new(&one);
        let (a, b) = (name(&mut first, hello), name(&mut first, hello));
        assert_ne!(a, b);
        let mut second = Lines::new(&one);
        assert_eq!((name(&mut second, same), name(&mut second, same)), (a.clone(), b));
        assert_ne!(name(&mut Lines::new(&other), hello), a);
    }

    #[test]
    fn whole_events_are_known_by_their_id_or_else_by_what_they_say() {
        let thread = ThreadId("thr_1".into());
        let id = |line: &str| name(&mut Lines::new(&thread), line);
        assert_eq!(id(r#"{"seq":7,"id":"evt_1","kind":{"event":"resumed"}}"#), "evt_1");
        let nameless = |seq| format!(r#"{{"seq":{seq},"kind":{{"event":"resumed"}}}}"#);
        assert_eq!(id(&nameless(7)), id(&nameless(7)));
        assert_ne!(id(&nameless(7)), id(&nameless(8)));
        let mut lines = Lines::new(&thread);
        assert_ne!(name(&mut lines, &nameless(7)), name(&mut lines, &nameless(7)));
    }

    #[test]
    fn what_other_programs_write_is_repaired() {
        let thread = ThreadId("thr_1".into());
        let said = |line: &[u8]| match Lines::new(&thread).read(line).unwrap().unwrap() {
            Line::Said(said) => said.0.clone(),
            Line::Event(event) => panic!("{event:?}"),
        };
        let line = b"\xef\xbb\xbf{\"event\":\"message\",\"content\":\"a \\ud83d \xff\"}\r\n";
        assert_eq!(said(line), WorkroomEventKind::Message { content: "a \u{fffd} \u{fffd}".into() });
        let line = br#"{"event":"artifact_linked","path":"a","kind":"log","size":10.0}"#;
        assert!(matches!(said(line), WorkroomEventKind::ArtifactLinked { size: Some(10), .. }));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let thread = ThreadId("thr_1".into());
        for bad in [
            &b"not JSON"[..],
            b"[]",
            b"{}",
            br#"{"event":"shout"}"#,
            br#"{"event":"message"}"#,
            br#"{"event":"message","content":"x","colour":1}"#,
            br#"{"kind":"message"}"#,
            br#"{"kind":{"event":"resumed"},"timestamp":"yesterday"}"#,
            b"{\"event\":\"\xff\"}",
        ] {
            assert!(Lines::new(&thread).read(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        for blank in ["", "\n", " \r\n", "\u{feff}\n"] {
            assert!(Lines::new(&thread).read(blank.as_bytes()).is_ok_and(|line| line.is_none()));
        }
    }
}
