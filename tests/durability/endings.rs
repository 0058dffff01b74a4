//! Servers that are asked to end while something blocks them: a lock of another process, or a huge file.

use std::process::{Child, Command, Stdio};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::Home;

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

/// `protocol.md`, "Requests and answers": SIGTERM ends a server within about two seconds, and requests that could not
/// finish get an error. The server would wait for a lock much longer than this test waits for a message.
#[test]
fn a_server_that_is_told_to_end_answers_writes_that_wait_for_a_lock() {
    for mcp in [false, true] {
        let home = Home::new();
        let (_, thread) = home.server().thread();
        let other = Connection::open(home.store()).unwrap();
        if mcp {
            let mut host = crate::support::Server::spawn(home.command(["mcp"]));
            let client = json!({"name": "h", "version": "1"});
            host.ok(
                "initialize",
                json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}),
            );
            // The host has already begun its session, which is a write.
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let arguments = json!({"thread": thread, "type": "message", "text": "x"});
            host.send("tools/call", json!({"name": "post_update", "arguments": arguments}));
            host.ok("ping", json!({}));
            signal(host.pid(), Signal::TERM);
            let (status, _) = host.wait();
            assert!(status.success());
        } else {
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let mut server = home.server();
            let kind = json!({"event": "message", "content": "x"});
            let params = json!({"thread_id": thread, "kind": kind});
            let ids: Vec<_> = (0..3).map(|_| server.send("event/append", params.clone())).collect();
            server.ok("rpc.discover", json!({}));
            signal(server.pid(), Signal::TERM);
            for (_, answer) in server.answers(ids) {
                assert_eq!(answer["error"]["data"]["kind"], "busy", "{answer}");
            }
            let (status, left) = server.wait();
            assert!(status.success() && left.is_empty(), "{left:?}");
        }
        drop(other);
        assert_eq!(home.server().ok("server/status", json!({}))["head_seq"], 2);
    }
}

/// `protocol.md`, "Limits": a file that is too large is linked without a digest, and does not block other requests.
#[test]
fn a_sparse_file_of_a_tebibyte_is_linked_without_a_digest() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("holes")).unwrap();
    file.set_len(1 << 40).unwrap();
    let mut server = home.server();
    let (room, thread) = server.thread();
    server.ok("workroom/update", json!({"workroom_id": room, "workspace": folder.path()}));
    let link = server.send("artifact/link", json!({"thread_id": thread, "path": "holes", "kind": "log"}));
    let behind = server
        .send("event/append", json!({"thread_id": thread, "kind": {"event": "message", "content": "x"}}));
    let answers = server.answers([link, behind]);
    let artifact = &answers[&link]["result"];
    assert_eq!((&artifact["size"], artifact.get("sha256")), (&json!(1_u64 << 40), None), "{artifact}");
    assert_eq!(artifact["sha256_absent"], "too_large");
    assert_eq!(server.ok("artifact/list", json!({}))["artifacts"][0], *artifact);
    let id = &artifact["artifact_id"];
    let part = server.ok("artifact/read", json!({"artifact_id": id, "max_bytes": 3}));
    assert_eq!((&part["content"], part.get("changed")), (&json!("\0\0\0"), None));
    file.set_len((1 << 40) - 1).unwrap();
    assert_eq!(server.ok("artifact/read", json!({"artifact_id": id, "max_bytes": 3}))["changed"], true);
}

// Names the store that the test below keeps locked.
const HOLD: &str = "WORKROOM_TEST_HOLD";

/// Not a test but the child process of the next one. Run as a test, it does nothing.
#[test]
fn hold_the_store() {
    let Some(store) = std::env::var_os(HOLD) else { return };
    let conn = Connection::open(store).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::io::Write::write_all(&mut std::io::stderr(), b"held\n").unwrap();
    // Until the test kills it.
    std::thread::park();
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn doctor_names_a_process_that_keeps_the_store_locked() {
    let home = Home::new();
    home.server().thread();
    let doctor = || {
        let ran = home.run(["doctor", "--json"]);
        let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let found: Vec<_> = findings.filter(|finding| finding["name"] == "writing").cloned().collect();
        assert_eq!(found.len(), 1);
        (ran.code, found[0].clone())
    };
    assert_eq!(doctor().1["status"], "ok");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["durability::endings::hold_the_store", "--exact", "--nocapture"]).env(HOLD, home.store());
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut holder = Killed(command.spawn().unwrap());
    let mut told = [0; 5];
    std::io::Read::read_exact(holder.0.stderr.as_mut().unwrap(), &mut told).unwrap();
    let pid = holder.0.id();
    let (code, found) = doctor();
    assert_eq!((code, &found["status"]), (Some(1), &json!("wrong")));
    assert!(found["detail"].as_str().unwrap().starts_with(&format!("process {pid} (")), "{found}");
    signal(pid, Signal::STOP);
    let (_, found) = doctor();
    assert!(found["detail"].as_str().unwrap().contains("is suspended"), "{found}");
    assert!(found["advice"].as_str().unwrap().contains(&format!("kill -CONT {pid}")), "{found}");
}
