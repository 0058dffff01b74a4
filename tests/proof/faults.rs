//! Failing disks and unusable homes are reported by name, lose no acknowledged writes, and recover when repaired.

use std::path::PathBuf;
use std::process::Command;

use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::{Value, json};

use super::{chance, log};
use crate::support::{Home, Server, repository};

/// The library that makes the disk fail, built from `faults.c`.
fn library() -> PathBuf {
    let source = repository().join("tests/proof/faults.c");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    // Tests run in parallel. Each builds its own library, and the last one wins.
    let mine = tempfile::Builder::new().suffix(".so").tempfile_in(&folder).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(mine.path()).arg(source).arg("-ldl");
    assert!(cc.status().expect("a C compiler: `apt-get install gcc`").success());
    let library = folder.join("faults.so");
    mine.persist(&library).unwrap();
    library
}

/// Which calls fail, and how.
#[derive(Debug, Clone, Copy)]
struct Fault {
    call: &'static str,
    errno: i32,
    /// The number of the first call that fails.
    from: u32,
    /// The number of failures from then on.
    count: u32,
}

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
const SHORT: i32 = 0;
const ALWAYS: u32 = 1 << 30;

/// A server whose disk fails while the flag file exists.
struct Failing<'a> {
    home: &'a Home,
    library: &'a PathBuf,
    fault: Fault,
}

impl Failing<'_> {
    fn flag(&self) -> PathBuf {
        self.home.path().parent().unwrap().join("failing")
    }

    fn server(&self) -> Server {
        let mut command = self.home.command(["app-server"]);
        command
            .env("LD_PRELOAD", self.library)
            .env("FAULT_WHILE", self.flag())
            .env("FAULT_CALL", self.fault.call)
            .env("FAULT_FROM", self.fault.from.to_string())
            .env("FAULT_COUNT", self.fault.count.to_string())
            .env("FAULT_ERRNO", self.fault.errno.to_string());
        Server::spawn(command)
    }

    fn fail(&self) {
        std::fs::write(self.flag(), "").unwrap();
    }

    fn mend(&self) {
        std::fs::remove_file(self.flag()).unwrap();
    }
}

fn append(thread: &str, key: &str) -> Value {
    let content = format!("{key} {}", "x".repeat(5000));
    let kind = json!({"event": "message", "content": content});
    json!({"thread_id": thread, "kind": kind, "idempotency_key": key})
}

/// Writes while the disk fails, repairs it, and retries the refused writes. Returns whether anything failed.
fn check(library: &PathBuf, fault: Fault, random: &mut SmallRng) -> bool {
    let home = Home::new();
    let failing = Failing { home: &home, library, fault };
    let mut server = failing.server();
    let (_, thread) = server.thread();
    let mut acknowledged = Vec::new();
    let mut refused = Vec::new();
    failing.fail();
    for number in 0..8 {
        let key = number.to_string();
        let id = server.send("event/append", append(&thread, &key));
        let mut answer = server.answer(id);
        match answer.get("error") {
            None => acknowledged.push((key, answer["result"]["event"].take())),
            Some(error) => {
                let expected: &[&str] = if fault.errno == ENOSPC { &["disk_full", "io"] } else { &["io"] };
                let reason = error["data"]["reason"].as_str().unwrap_or_default();
                assert!(error["code"] == 1008 && expected.contains(&reason), "{fault:?}: {error}");
                refused.push(key);
            }
        }
    }
    failing.mend();
    let failed = !refused.is_empty();
    // If the server is killed now, only what the disk has stored remains.
    if random.random_bool(0.5) {
        server.kill();
        server = home.server();
    }
    for key in refused {
        let event = server.ok("event/append", append(&thread, &key))["event"].take();
        acknowledged.push((key, event));
    }
    for server in [server, home.server()].iter_mut() {
        let log = log::read(server);
        assert_eq!(log.len(), 2 + acknowledged.len(), "{fault:?}");
        for (key, event) in &acknowledged {
            let seq = event["seq"].as_u64().unwrap() as usize;
            assert_eq!(&log[seq - 1], event, "{fault:?}: {key}");
        }
    }
    log::assert_sound(&home);
    failed
}

fn check_all(faults: impl Fn(&mut SmallRng) -> Fault, tries: usize) {
    let library = library();
    let mut random = chance::random(chance::seed(), 0);
    let mut failed = 0;
    for _ in 0..tries {
        let fault = faults(&mut random);
        failed += usize::from(check(&library, fault, &mut random));
    }
    assert!(failed > tries / 2, "the disk has hardly ever failed: {failed} of {tries}");
}

/// `protocol.md`, "Errors" and "The log": a write that the disk refuses results in a `storage` error. Writes
/// acknowledged before stay, and a retry writes the refused ones once.
#[test]
fn a_failing_nth_write_loses_nothing_that_was_acknowledged() {
    let errors = [EIO, ENOSPC];
    let fault = |random: &mut SmallRng| Fault {
        call: "write",
        errno: errors[random.random_range(0..2)],
        from: random.random_range(1..100),
        count: [1, 2, ALWAYS][random.random_range(0..3)],
    };
    check_all(fault, chance::tries(25, 2000));
}

/// Failing syncs, after which the content of the disk is unknown.
#[test]
fn a_failing_nth_sync_loses_nothing_that_was_acknowledged() {
    let fault = |random: &mut SmallRng| Fault {
        call: "sync",
        errno: EIO,
        from: random.random_range(1..8),
        count: [1, 2, ALWAYS][random.random_range(0..3)],
    };
    check_all(fault, chance::tries(15, 1000));
}

/// A disk that writes only part of the data, and nothing the next time.
#[test]
fn a_partial_write_is_completed() {
    let library = library();
    let mut random = chance::random(chance::seed(), 0);
    for _ in 0..chance::tries(5, 200) {
        let fault = Fault { call: "write", errno: SHORT, from: random.random_range(1..50), count: ALWAYS };
        assert!(!check(&library, fault, &mut random), "{fault:?}: a write that could go on was refused");
    }
}

/// `protocol.md`, "Errors": data that cannot be read results in a `storage` error until it can be read.
#[test]
fn failing_reads_are_reported_and_succeed_once_possible() {
    let library = library();
    let mut failed = 0;
    for from in 1..chance::tries(12, 100) {
        let home = Home::new();
        let (_, thread) = home.server().thread();
        let mut writer = home.server();
        for number in 0..5 {
            writer.ok("event/append", append(&thread, &number.to_string()));
        }
        let expected = log::read(&mut writer);
        let fault = Fault { call: "read", errno: EIO, from: from as u32, count: ALWAYS };
        let failing = Failing { home: &home, library: &library, fault };
        failing.fail();
        let mut server = failing.server();
        for (method, params) in [
            ("event/list", json!({"limit": 200})),
            ("workroom/list", json!({})),
            ("event/append", append(&thread, "once")),
        ] {
            let id = server.send(method, params);
            let answer = server.answer(id);
            if let Some(error) = answer.get("error") {
                // SQLite reports some unreadable pages of its own as damage.
                let reason = error["data"]["reason"].as_str().unwrap_or_default();
                assert!(["io", "cannot_open", "corrupt"].contains(&reason), "{method} from {from}: {error}");
                failed += 1;
            }
        }
        failing.mend();
        let event = server.ok("event/append", append(&thread, "once"))["event"].take();
        let log = log::read(&mut server);
        assert_eq!(log[..expected.len()], expected);
        assert_eq!(log[expected.len()..], [event]);
        drop((server, writer));
        log::assert_sound(&home);
    }
    assert!(failed > 0, "nothing has failed");
}

/// `protocol.md`, "The log": also if the disk fails while the last server checkpoints the write-ahead log.
#[test]
fn a_disk_failure_during_shutdown_loses_nothing() {
    let library = library();
    let mut random = chance::random(chance::seed(), 0);
    for round in 0..chance::tries(15, 500) {
        let call = ["write", "sync", "truncate"][round % 3];
        let fault = Fault { call, errno: EIO, from: random.random_range(1..6), count: ALWAYS };
        let home = Home::new();
        let failing = Failing { home: &home, library: &library, fault };
        let mut server = failing.server();
        let (_, thread) = server.thread();
        for number in 0..5 {
            server.ok("event/append", append(&thread, &number.to_string()));
        }
        let expected = log::read(&mut server);
        failing.fail();
        assert!(server.wait().0.success(), "{fault:?}");
        // The next server opens the store on the repaired disk.
        failing.mend();
        assert_eq!(log::read(&mut failing.server()), expected, "{fault:?}");
        log::assert_sound(&home);
    }
}

/// `protocol.md`, "Errors": a server without a place for its store starts, names what is missing, and writes nowhere.
#[test]
fn without_a_home_there_is_no_store_and_the_error_names_the_reason() {
    let home = Home::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = home.command(["app-server"]);
    // A relative home, like an empty one, must not make the server use the account's own folder.
    command.env_remove("WORKROOM_HOME").env("HOME", "nowhere").current_dir(&elsewhere);
    let mut server = Server::spawn(command);
    for (method, params) in [("workroom/list", json!({})), ("workroom/create", json!({"title": "x"}))] {
        let error = server.err(method, params);
        assert_eq!(error["data"]["reason"], "cannot_open", "{error}");
        assert!(error["message"].as_str().unwrap().contains("WORKROOM_HOME"), "{error}");
    }
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0);
}
