//! Stores with a long history, which are created once through the real server and kept for later runs.
//!
//! A thread has 49 events on average, and a room has ten threads. Half of the events are a person's and half an
//! agent's. The mix of results, failures and questions is typical for agents, and all threads are active at the same
//! time.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use workroom_store::{FILE_NAME, SCHEMA_VERSION};

use crate::Outcome;
use crate::driver::Driver;
use crate::floors::Draw;
use crate::home::{OWNER, member, scratch, server};

// Increase this whenever the content of a history changes.
const SHAPE: u32 = 1;
const EVENTS_PER_THREAD: usize = 50;
const THREADS_PER_ROOM: usize = 10;
// The maximum in one request.
const BATCH: usize = 1000;

/// A store that is kept. To write to it or start a server on it, make a copy.
pub struct History {
    pub events: usize,
    folder: PathBuf,
    /// The ids of every thread and its room.
    pub threads: Vec<(String, String)>,
}

impl History {
    /// Returns the store with this many events, created if there is none with this schema.
    pub fn of(events: usize) -> Outcome<Self> {
        let folder = scratch().join(format!("bench-history-{events}-{SCHEMA_VERSION}-{SHAPE}"));
        if !folder.exists() {
            // The store is created completely or not at all: an interrupted run must not leave a partial store.
            let unfinished = folder.with_extension("unfinished");
            let _ = std::fs::remove_dir_all(&unfinished);
            std::fs::create_dir_all(&unfinished)?;
            write(&unfinished, events)?;
            std::fs::rename(&unfinished, &folder)?;
        }
        let names = std::fs::read_to_string(folder.join(NAMES))?;
        let pairs = names.lines().filter_map(|line| line.split_once(' '));
        let threads = pairs.map(|(room, thread)| (room.to_owned(), thread.to_owned())).collect();
        Ok(Self { events, folder, threads })
    }

    pub fn store(&self) -> PathBuf {
        self.folder.join(FILE_NAME)
    }
}

const NAMES: &str = "threads.txt";

fn write(folder: &Path, events: usize) -> Outcome<()> {
    let threads = events / EVENTS_PER_THREAD;
    let rooms = threads / THREADS_PER_ROOM;
    let relaxed = ["app-server", "--durability", "relaxed"];
    let mut person = Driver::spawn(server(folder).args(relaxed))?;
    let room_ids = created(&mut person, rooms, "workroom/create", |number, params| {
        let _ = write!(params, r#"{{"title":"Room {number}: {}"}}"#, words(number as u64, 4));
    })?;
    let thread_ids = created(&mut person, threads, "thread/create", |number, params| {
        let (room, title) = (&room_ids[number % rooms], words(number as u64 + 1_000_000, 5));
        let _ = write!(params, r#"{{"workroom_id":"{room}","title":"{title}","kind":"agent_task"}}"#);
    })?;
    let mut agent = Driver::spawn(server(folder).args(relaxed).args(["--agent", "acme/m-1/builder"]))?;
    let mut written = rooms + threads;
    let mut is_persons = false;
    while written < events {
        // The two writers take turns. Requests are pipelined, so most of the time is spent in the store.
        let batches = (events - written).div_ceil(BATCH).min(10);
        let (first, last) = (written, events);
        let writer = if is_persons { &mut person } else { &mut agent };
        writer.flood(
            (batches, 4),
            "event/appendBatch",
            |number, params| {
                let begin = first + number * BATCH;
                let kind = if is_persons { said } else { worked };
                write_batch(params, begin..last.min(begin + BATCH), &thread_ids, kind);
            },
            |_, _| Ok(()),
        )?;
        written = last.min(written + batches * BATCH);
        is_persons = !is_persons;
    }
    agent.finish()?;
    person.finish()?;
    let names: String = thread_ids
        .iter()
        .enumerate()
        .map(|(number, thread)| format!("{} {thread}\n", room_ids[number % rooms]))
        .collect();
    Ok(std::fs::write(folder.join(NAMES), names)?)
}

/// Creates `count` objects, and returns their ids.
fn created(
    server: &mut Driver,
    count: usize,
    method: &str,
    params: impl FnMut(usize, &mut String),
) -> Outcome<Vec<String>> {
    let mut ids = vec![String::new(); count];
    server.flood((count, 64), method, params, |number, answer| {
        ids[number] = member(answer, "id")?;
        Ok(())
    })?;
    Ok(ids)
}

fn write_batch(
    params: &mut String,
    events: std::ops::Range<usize>,
    threads: &[String],
    kind: fn(u64) -> Value,
) {
    params.push_str(r#"{"events":["#);
    for (index, number) in events.enumerate() {
        // The step and the number of threads have no common divisor, so every thread gets the same number of events.
        let thread = &threads[number * 7919 % threads.len()];
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(params, r#"{comma}{{"thread_id":"{thread}","kind":{}}}"#, kind(number as u64));
    }
    params.push_str("]}");
}

/// Returns the next event of the person.
fn said(number: u64) -> Value {
    let content = words(number, 12 + number % 20);
    match number % 100 {
        0 => serde_json::json!({"event": "message", "content": format!("@builder {content}")}),
        1 => serde_json::json!({"event": "resumed"}),
        _ => serde_json::json!({"event": "message", "content": content}),
    }
}

/// Returns the next event of the agent.
fn worked(number: u64) -> Value {
    let text = words(number, 8 + number % 30);
    // The kinds are random; in a fixed order, one thread would get all the failures.
    match Draw::of(number).below(200) {
        0 => serde_json::json!({"event": "approval_request", "tool_name": "shell", "summary": text}),
        1 => serde_json::json!({"event": "needs_human", "reason": text}),
        2..4 => serde_json::json!({"event": "failure", "error": text}),
        4..6 => serde_json::json!({"event": "message", "content": format!("@{OWNER} {text}")}),
        6..40 => serde_json::json!({"event": "receipt", "summary": text}),
        40..80 => serde_json::json!({"event": "tool_call", "tool_name": "shell", "summary": text}),
        80..120 => serde_json::json!({"event": "tool_result", "tool_name": "shell", "success": true}),
        _ => serde_json::json!({"event": "message", "content": text}),
    }
}

/// Returns words of an invented language with three thousand words.
fn words(seed: u64, count: u64) -> String {
    const SYLLABLES: [&str; 15] =
        ["ba", "co", "di", "fu", "ge", "la", "mo", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu"];
    let mut draw = Draw::of(seed);
    let mut text = String::new();
    for index in 0..count {
        if index > 0 {
            text.push(' ');
        }
        for _ in 0..2 + draw.below(2) {
            text.push_str(SYLLABLES[draw.below(15) as usize]);
        }
    }
    text
}
