//! Long reads of one state while others write: backups, and the growth of the write-ahead log.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::chance::{self, tell};
use super::log;
use crate::support::{Home, Server};

/// Stops the threads that check this flag, even if the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Writes until `done`, and stores the position of the last response in `head`.
fn write_on(server: &mut Server, thread: &str, head: &AtomicU64, done: &AtomicBool) {
    let mut number = 0;
    while !done.load(Ordering::Relaxed) {
        number += 1;
        let kind = match number % 9 {
            0 => json!({"event": "failure", "error": number.to_string()}),
            1 => json!({"event": "message", "content": "x".repeat(60_000)}),
            _ => json!({"event": "message", "content": format!("@ada {number}")}),
        };
        let events = vec![json!({"thread_id": thread, "kind": kind}); 1 + number % 3];
        let answer = server.ok("event/appendBatch", json!({"events": events}));
        let last = answer["events"].as_array().unwrap().last().unwrap()["seq"].as_u64().unwrap();
        head.fetch_max(last, Ordering::Relaxed);
    }
}

/// `protocol.md`, "The log": a backup has the log up to one moment, including everything acknowledged before it
/// began.
#[test]
fn each_of_frequent_backups_is_a_prefix_of_the_log() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let mut servers = [home.server(), home.server()];
    let (_, thread) = servers[0].thread();
    let (done, head) = (AtomicBool::new(false), AtomicU64::new(2));
    let mut copies: Vec<(u64, PathBuf)> = Vec::new();
    std::thread::scope(|scope| {
        for server in &mut servers {
            let (thread, head, done) = (&thread, &head, &done);
            scope.spawn(move || write_on(server, thread, head, done));
        }
        let _stop = Stop(&done);
        let (_tick, ticks) = channel::<()>();
        // Each copy is as large as everything written until then, and all copies are kept until the end.
        for number in 0..chance::tries(8, 40) {
            assert_eq!(ticks.recv_timeout(Duration::from_millis(100)), Err(RecvTimeoutError::Timeout));
            let copy = folder.path().join(format!("{number}.db"));
            let answered = head.load(Ordering::Relaxed);
            home.run(["backup", copy.to_str().unwrap(), "--json"]).json();
            copies.push((answered, copy));
        }
    });
    let whole = log::read(&mut servers[0]);
    let mut lengths = Vec::new();
    for (answered, copy) in copies {
        let restored = Home::new();
        std::fs::create_dir(restored.path()).unwrap();
        std::fs::rename(&copy, restored.store()).unwrap();
        let log = log::read(&mut restored.server());
        assert!(log.len() as u64 >= answered, "{} events, {answered} were answered", log.len());
        assert!(log == whole[..log.len()], "another history");
        log::assert_sound(&restored);
        lengths.push(log.len());
    }
    assert!(lengths.is_sorted() && lengths.first() < lengths.last(), "nothing was written: {lengths:?}");
}

const MIB: u64 = 1 << 20;
/// The size to which the write-ahead log is truncated: `journal_size_limit` in `store/open.rs`.
const MAX_IDLE_WAL: u64 = 64 * MIB;
/// Twice the size at which the log is checkpointed: `wal_autocheckpoint` in the same file.
const MAX_BUSY_WAL: u64 = 32 * MIB;

fn wal(home: &Home) -> u64 {
    std::fs::metadata(home.path().join("workroom.db-wal")).unwrap().len()
}

/// Writes two megabytes of events.
fn write_some(server: &mut Server, thread: &str) {
    let kind = json!({"event": "message", "content": "x".repeat(100_000)});
    server.ok("event/appendBatch", json!({"events": vec![json!({"thread_id": thread, "kind": kind}); 20]}));
}

/// `architecture.md`, "One write": during a long read of one state, the write-ahead log grows only by what is written
/// in that time, and everybody else reads and writes normally. Afterwards, the log is truncated to 64 MiB.
#[test]
fn a_long_read_lets_the_write_ahead_log_grow_only_by_what_is_written() {
    let home = Home::new();
    let (mut writer, mut other) = (home.server(), home.server());
    let (_, thread) = writer.thread();
    let reader = Connection::open(home.store()).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count = || -> u64 { reader.query_row("SELECT count(*) FROM event", [], |row| row.get(0)).unwrap() };
    assert_eq!(count(), 2);
    let begun = Instant::now();
    let least = Duration::from_secs(if chance::long() { 180 } else { 0 });
    let (mut sizes, mut events): (Vec<u64>, u64) = (vec![wal(&home)], 2);
    while wal(&home) <= MAX_IDLE_WAL || begun.elapsed() < least {
        write_some(&mut writer, &thread);
        events += 20;
        sizes.push(wal(&home));
        assert_eq!(other.ok("event/list", json!({"limit": 1}))["head_seq"], events);
        if sizes.len() > 400 {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    assert_eq!(count(), 2);
    // Each write adds its own size, however large the log already is.
    let growth: Vec<_> = sizes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    tell(&format!("the write-ahead log grew to {} MiB: {growth:?}", wal(&home) / MIB));
    assert!(growth.iter().all(|grown| *grown < 4 * MIB), "{growth:?}");

    reader.execute_batch("COMMIT").unwrap();
    // The first write checkpoints the log, and the next one restarts it.
    for _ in 0..3 {
        write_some(&mut other, &thread);
    }
    assert!(wal(&home) <= MAX_IDLE_WAL, "{} bytes are left", wal(&home));
    for _ in 0..chance::tries(2, 200) {
        write_some(&mut writer, &thread);
        assert!(wal(&home) <= MAX_IDLE_WAL, "{} bytes", wal(&home));
    }
}

/// Readers that come and go all the time: each is short, but there is always one.
#[test]
fn short_overlapping_reads_do_not_let_the_write_ahead_log_grow() {
    let home = Home::new();
    let mut writer = home.server();
    let (_, thread) = writer.thread();
    let done = AtomicBool::new(false);
    let mut largest = 0;
    std::thread::scope(|scope| {
        let _stop = Stop(&done);
        for _ in 0..2 {
            let mut server = home.server();
            let (done, thread) = (&done, &thread);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let page: Value = server.ok("thread/read", json!({"thread_id": thread, "limit": 1}));
                    assert!(page["events"].is_array());
                }
            });
        }
        for _ in 0..chance::tries(16, 1000) {
            write_some(&mut writer, &thread);
            largest = largest.max(wal(&home));
        }
    });
    tell(&format!("the write-ahead log had at most {} MiB", largest / MIB));
    assert!(largest <= MAX_BUSY_WAL, "{largest} bytes");
}
