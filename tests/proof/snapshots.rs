//! Reading one state for long, while others write on: backups, and the write-ahead log meanwhile.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use super::chance::{self, tell};
use super::log;
use crate::support::{Home, Server};

/// Stops those who look at it, also when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Writes until `done`, and tells the position of the last answer in `head`.
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

/// `protocol.md`, "The log": a backup has the log up to one moment, with all that was answered before it began.
#[test]
fn a_backup_every_100_ms_is_each_time_a_beginning_of_the_log() {
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
        // Each copy is as long as all that was written until then, and they are kept until the end.
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
/// What the write-ahead log is cut back to: `journal_size_limit` in `store/open.rs`.
const MAX_IDLE_WAL: u64 = 64 * MIB;
/// Twice the size at which the log is put into the store: `wal_autocheckpoint` there.
const MAX_BUSY_WAL: u64 = 32 * MIB;

fn wal(home: &Home) -> u64 {
    std::fs::metadata(home.path().join("workroom.db-wal")).unwrap().len()
}

/// Two megabytes of events.
fn write_some(server: &mut Server, thread: &str) {
    let kind = json!({"event": "message", "content": "x".repeat(100_000)});
    server.ok("event/appendBatch", json!({"events": vec![json!({"thread_id": thread, "kind": kind}); 20]}));
}

/// `architecture.md`, "One write": while somebody reads one state for long, the write-ahead log grows by what is
/// written meanwhile and no more; everybody else reads and writes on; after it, the log is cut back to 64 MiB.
#[test]
fn a_reader_that_stays_makes_the_write_ahead_log_grow_by_what_is_written_and_no_more() {
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
    // Each write adds what it is, however much is there already.
    let growth: Vec<_> = sizes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    tell(&format!("the write-ahead log grew to {} MiB: {growth:?}", wal(&home) / MIB));
    assert!(growth.iter().all(|grown| *grown < 4 * MIB), "{growth:?}");

    reader.execute_batch("COMMIT").unwrap();
    // The first write puts it all into the store, the next begins the log anew.
    for _ in 0..3 {
        write_some(&mut other, &thread);
    }
    assert!(wal(&home) <= MAX_IDLE_WAL, "{} bytes are left", wal(&home));
    for _ in 0..chance::tries(2, 200) {
        write_some(&mut writer, &thread);
        assert!(wal(&home) <= MAX_IDLE_WAL, "{} bytes", wal(&home));
    }
}

/// The same of readers that come and go all the time: each is short, but there is always one.
#[test]
fn readers_that_come_and_go_do_not_make_the_write_ahead_log_grow() {
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
