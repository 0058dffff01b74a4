//! Power loss and damaged disks: files truncated anywhere, and files with flipped bits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::channel;

use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use workroom_store::{EventFilter, KindSet, PageSize, Read, Scope, StorageReason, Store, StoreError, View};

use super::{chance, log};
use crate::support::{Home, PATIENCE, Server};

const WAL_HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

/// What was written, and the content of the disk at that time.
struct Recorded {
    store: Vec<u8>,
    wal: Vec<u8>,
    /// Every event, as acknowledged.
    log: Vec<Value>,
    /// The length of the write-ahead log after each response, and the length of the log.
    answers: Vec<(usize, usize)>,
}

impl Recorded {
    /// How many events were acknowledged when the write-ahead log had this length. These must be stored.
    fn answered_at(&self, wal: usize) -> usize {
        self.answers.iter().take_while(|(size, _)| *size <= wal).last().map_or(0, |(_, head)| *head)
    }
}

fn wal_of(home: &Home) -> std::path::PathBuf {
    home.path().join("workroom.db-wal")
}

/// Writes like those of a client, each in its own commit.
fn write(server: &mut Server, room: &str, thread: &str, number: usize, random: &mut SmallRng) {
    let text = |random: &mut SmallRng| format!("{number} {}", "text ".repeat(random.random_range(0..200)));
    let kind = match random.random_range(0..8) {
        0 => {
            let params = json!({"workroom_id": room, "title": number.to_string(), "kind": "channel"});
            return drop(server.ok("thread/create", params));
        }
        1 => {
            let params = json!({"thread_id": thread, "tool_name": "t", "summary": number.to_string()});
            return drop(server.ok("approval/request", params));
        }
        2 => {
            let kind = json!({"event": "message", "content": text(random)});
            let events = vec![json!({"thread_id": thread, "kind": kind}); 5];
            return drop(server.ok("event/appendBatch", json!({"events": events})));
        }
        3 => json!({"event": "failure", "error": number.to_string()}),
        4 => json!({"event": "receipt", "summary": number.to_string()}),
        _ => json!({"event": "message", "content": text(random)}),
    };
    server.append(thread, kind);
}

/// Records `before` writes that are in the store's file, and `writes` that are only in the write-ahead log.
fn record(before: usize, writes: usize, random: &mut SmallRng) -> Recorded {
    let home = Home::new();
    let mut server = home.server();
    let mut answers = Vec::new();
    let mut note = |server: &mut Server| {
        let head = server.ok("event/list", json!({"limit": 1}))["head_seq"].as_u64().unwrap();
        let size = std::fs::metadata(wal_of(&home)).map_or(0, |metadata| metadata.len());
        answers.push((size as usize, head as usize));
    };
    let room = server.ok("workroom/create", json!({"title": "Room"}))["id"].as_str().unwrap().to_owned();
    note(&mut server);
    let params = json!({"workroom_id": room, "title": "Thread", "kind": "agent_task"});
    let thread = server.ok("thread/create", params)["id"].as_str().unwrap().to_owned();
    note(&mut server);
    for number in 0..before + writes {
        if number > 0 && number == before {
            // The last process that ends checkpoints the write-ahead log into the store's file.
            drop(server);
            server = home.server();
            note(&mut server);
        }
        write(&mut server, &room, &thread, number, random);
        note(&mut server);
    }
    let store = std::fs::read(home.store()).unwrap();
    let wal = std::fs::read(wal_of(&home)).unwrap();
    let log = log::read(&mut server);
    // These belong to a write-ahead log that no longer exists.
    let begun = answers.iter().rposition(|(size, _)| *size == 0).unwrap_or(0);
    Recorded { store, wal, log, answers: answers.split_off(begun) }
}

/// The result of opening a store with these files: the requested part of the log.
type Opened = Result<Vec<Value>, StoreError>;

/// A part of the log, and the direction in which it is read.
#[derive(Debug, Clone, Copy)]
struct Reading {
    scope: Scope,
    /// The events of the scope: those that have this field as the event at this index has it.
    like: Option<(&'static str, usize)>,
    newest_first: bool,
}

impl Reading {
    const WHOLE: Self = Self { scope: Scope::All, like: None, newest_first: false };

    /// The part of a log that this reading returns.
    fn of(self, log: &[Value]) -> Vec<Value> {
        let is_in = |event: &Value| self.like.is_none_or(|(field, index)| event[field] == log[index][field]);
        let mut events: Vec<Value> = log.iter().filter(|event| is_in(event)).cloned().collect();
        if self.newest_first {
            events.reverse();
        }
        events
    }

    /// Reads to the end, page by page.
    fn read(self, store: &Store, limit: usize) -> Opened {
        let filter = EventFilter { scope: self.scope, kinds: KindSet::ALL };
        let size = PageSize { limit, max_bytes: 1 << 20 };
        let mut log: Vec<Value> = Vec::new();
        loop {
            let last = log.last().map(|event| event["seq"].as_u64().unwrap());
            let (events, more) = store.read(Read::LATEST, |view| match self.newest_first {
                false => view.events_after(&filter, last.unwrap_or(0), i64::MAX as u64, size),
                true => view.events_before(&filter, last.unwrap_or(u64::MAX), size),
            })?;
            for event in events {
                let event = serde_json::from_str(event.json.text());
                log.push(event.map_err(|error| StoreError::Internal(error.to_string()))?);
            }
            if !more {
                return Ok(log);
            }
        }
    }
}

/// All ways to read a log.
fn all_readings(recorded: &Recorded) -> Vec<Reading> {
    let folder = folder();
    std::fs::write(folder.path().join("workroom.db"), &recorded.store).unwrap();
    std::fs::write(folder.path().join("workroom.db-wal"), &recorded.wal).unwrap();
    let store = Store::open(folder.path(), Default::default(), || "ada".into(), &mut |_, _| {}).unwrap();
    let whole = EventFilter { scope: Scope::All, kinds: KindSet::ALL };
    let size = PageSize { limit: recorded.log.len(), max_bytes: usize::MAX };
    let read = |view: View<'_>| view.events_after(&whole, 0, i64::MAX as u64, size);
    let (events, _) = store.read(Read::LATEST, read).unwrap();
    assert_eq!(events.len(), recorded.log.len());
    let scopes = events.iter().zip(&recorded.log).enumerate().filter_map(|(index, (event, told))| {
        match told["kind"]["event"].as_str().unwrap() {
            "workroom_created" => Some((Scope::Workroom(event.workroom), Some(("workroom_id", index)))),
            "thread_created" => Some((Scope::Thread(event.thread.unwrap()), Some(("thread_id", index)))),
            _ => None,
        }
    });
    let scopes = std::iter::once((Scope::All, None)).chain(scopes);
    scopes
        .flat_map(|(scope, like)| [false, true].map(|newest_first| Reading { scope, like, newest_first }))
        .collect()
}

/// A folder for files that are opened thousands of times, in memory if possible.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Opens these files in a separate folder and reads from them. Fails the test if that panics or does not end.
#[track_caller]
fn readings(store: &[u8], wal: &[u8], what: &str, readings: Vec<Reading>) -> Result<Vec<Opened>, StoreError> {
    let folder = folder();
    std::fs::write(folder.path().join("workroom.db"), store).unwrap();
    std::fs::write(folder.path().join("workroom.db-wal"), wal).unwrap();
    let (tell, told) = channel();
    let path = folder.path().to_owned();
    let read = move || {
        let store = Store::open(&path, Default::default(), || "ada".into(), &mut |_, _| {})?;
        Ok(readings.into_iter().map(|reading| reading.read(&store, 10)).collect())
    };
    std::thread::spawn(move || tell.send(catch_unwind(AssertUnwindSafe(read))));
    let ended = told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what}: does not end"));
    ended.unwrap_or_else(|_| panic!("{what}: panics"))
}

/// Opens these files and reads the log.
#[track_caller]
fn opened(store: &[u8], wal: &[u8], what: &str) -> Opened {
    readings(store, wal, what, vec![Reading::WHOLE])?.remove(0)
}

/// Truncates the write-ahead log at each of these places, and asserts that exactly the events acknowledged by then
/// are stored.
fn check_cuts(recorded: &Recorded, cuts: impl IntoIterator<Item = usize>) {
    for cut in cuts {
        let what = format!("cut at {cut} of {}", recorded.wal.len());
        match opened(&recorded.store, &recorded.wal[..cut], &what) {
            Err(error) => panic!("{what}: {error}"),
            Ok(log) => {
                assert_eq!(log.len(), recorded.answered_at(cut), "{what}");
                assert!(log == recorded.log[..log.len()], "{what}: events are not those that were answered");
            }
        }
    }
}

/// `protocol.md`, "The log": an acknowledged write survives power loss. What the disk did not store is missing at the
/// end of the write-ahead log: everything acknowledged before is stored, and nothing else.
#[test]
fn a_truncated_write_ahead_log_contains_everything_acknowledged_before() {
    let seed = chance::seed();
    for (part, before) in [0, 40].into_iter().enumerate() {
        let mut random = chance::random(seed, part);
        let recorded = record(before, chance::tries(40, 150), &mut random);
        let length = recorded.wal.len();
        let frames = (length - WAL_HEADER) / FRAME;
        let boundaries: Vec<_> = (0..=frames).map(|frame| WAL_HEADER + frame * FRAME).collect();
        let chosen: Vec<_> =
            boundaries.choose_multiple(&mut random, chance::tries(150, usize::MAX)).copied().collect();
        let around = chosen.into_iter().flat_map(|at| [at - 1, at, at + 1]).filter(|at| *at <= length);
        check_cuts(&recorded, around);
        let anywhere: Vec<_> =
            (0..chance::tries(150, 10_000)).map(|_| random.random_range(0..=length)).collect();
        check_cuts(&recorded, anywhere);
    }
}

fn flipped(bytes: &[u8], random: &mut SmallRng) -> (Vec<u8>, usize) {
    let at = random.random_range(0..bytes.len());
    let mut flipped = bytes.to_vec();
    flipped[at] ^= 1 << random.random_range(0..8);
    (flipped, at)
}

/// `protocol.md`, "The log": a damaged write-ahead log ends before its first damaged page. Nothing after it is
/// returned, and nothing that was not written.
#[test]
fn a_flipped_bit_in_the_write_ahead_log_ends_it_there() {
    let mut random = chance::random(chance::seed(), 0);
    let recorded = record(20, 40, &mut random);
    for _ in 0..chance::tries(200, 10_000) {
        let (wal, at) = flipped(&recorded.wal, &mut random);
        let what = format!("a bit flipped at {at} of the write-ahead log");
        let whole = if at < WAL_HEADER { 0 } else { (at - WAL_HEADER) / FRAME * FRAME + WAL_HEADER };
        match opened(&recorded.store, &wal, &what) {
            Err(error) => panic!("{what}: {error}"),
            Ok(log) => {
                assert_eq!(log.len(), recorded.answered_at(whole), "{what}");
                assert!(log == recorded.log[..log.len()], "{what}: events are not those that were answered");
            }
        }
    }
}

/// Whether an error reports that the files are not those of an undamaged store.
fn says_damaged(error: &StoreError) -> bool {
    // This includes bits that distinguish a store from other files, and bits of its version.
    let reasons = [StorageReason::Corrupt, StorageReason::NotAStore, StorageReason::NewerVersion];
    matches!(error, StoreError::Storage { reason, .. } if reasons.contains(reason))
}

/// `protocol.md`, "The log": reads return what was written, and all of it, or the store reports `corrupt`.
#[test]
fn a_flipped_bit_in_the_store_changes_no_event_and_hides_none() {
    let mut random = chance::random(chance::seed(), 0);
    let recorded = record(60, 1, &mut random);
    let asked = all_readings(&recorded);
    let expected: Vec<_> = asked.iter().map(|reading| reading.of(&recorded.log)).collect();
    let (mut refused, tries) = (0, chance::tries(400, 20_000));
    for _ in 0..tries {
        let (store, at) = flipped(&recorded.store, &mut random);
        let what = format!("a bit flipped at {at} of the store");
        let read = match readings(&store, &recorded.wal, &what, asked.clone()) {
            Ok(read) => read,
            Err(error) => {
                assert!(says_damaged(&error), "{what}: {error:?}");
                refused += 1;
                continue;
            }
        };
        for ((reading, expected), read) in asked.iter().zip(&expected).zip(&read) {
            match read {
                Ok(read) => assert!(
                    read == expected,
                    "{what}: {reading:?} is another one, of {} instead of {}",
                    read.iter().map(|e| e["seq"].to_string()).collect::<Vec<_>>().join(","),
                    expected.len()
                ),
                Err(error) => assert!(says_damaged(error), "{what}, {reading:?}: {error:?}"),
            }
        }
        refused += usize::from(read.iter().any(Result::is_err));
    }
    // Most of the file is not the log. `workroom check` compares the rest, which is derived from the log.
    assert!(refused > tries / 50, "bits of events were among those that flipped: {refused} of {tries}");
}

/// `protocol.md`, "Errors": a real server also reports a damaged store, and never crashes.
#[test]
fn a_server_on_damaged_files_answers_everything() {
    let mut random = chance::random(chance::seed(), 0);
    let recorded = record(30, 10, &mut random);
    for _ in 0..chance::tries(15, 1000) {
        let home = Home::new();
        std::fs::create_dir(home.path()).unwrap();
        std::fs::write(home.store(), flipped(&recorded.store, &mut random).0).unwrap();
        std::fs::write(wal_of(&home), flipped(&recorded.wal, &mut random).0).unwrap();
        let mut server = home.server();
        let calls = [
            ("event/list", json!({"limit": 200})),
            ("workroom/list", json!({})),
            ("thread/list", json!({})),
            ("approval/list", json!({})),
            ("inbox/list", json!({})),
            ("search/query", json!({"query": "text"})),
            ("workroom/create", json!({"title": "x"})),
        ];
        for (method, params) in calls {
            let id = server.send(method, params);
            let answer = server.answer(id);
            let error = &answer["error"]["data"]["reason"];
            let fine = answer.get("result").is_some() || error == "corrupt" || error == "not_a_store";
            assert!(fine, "{method}: {answer}");
            if method == "event/list" && answer.get("result").is_some() {
                let events = answer["result"]["events"].as_array().unwrap();
                assert!(recorded.log.starts_with(events), "the log is another one");
            }
        }
    }
}
