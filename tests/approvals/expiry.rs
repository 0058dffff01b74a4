//! Approvals that end by the clock, also one that is set back.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use workroom_protocol::time::Timestamp;

use crate::support::{Home, Server};
use crate::{decision, id_of};

fn after(now: SystemTime, wait: Duration) -> Value {
    let millis = (now + wait).duration_since(UNIX_EPOCH).unwrap().as_millis();
    json!(Timestamp::from_millis(millis as i64))
}

fn ask_until(server: &mut Server, thread: &str, expires_at: Value) -> Value {
    let params = json!({"thread_id": thread, "tool_name": "t", "summary": "s", "expires_at": expires_at});
    server.ok("approval/request", params)
}

#[test]
fn an_approval_expires_while_nobody_asks() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    ada.ok("event/subscribe", json!({"thread_id": thread, "kinds": ["approval_decided"]}));
    let asked = ask_until(&mut agent, &thread, after(SystemTime::now(), Duration::from_millis(700)));
    let told = ada.notification()["event"].take();
    assert_eq!((&told["kind"]["decision"], &told["actor"]["kind"]), (&json!("expired"), &json!("system")));
    let expired = agent.ok("approval/wait", id_of(&asked));
    assert_eq!((&expired["state"], expired.get("decision")), (&json!("expired"), None));
    let error = ada.err("approval/decide", decision(&asked, "approved"));
    assert_eq!((&error["code"], &error["data"]["approval"]), (&json!(1009), &expired));
    let all = ada.ok("event/list", json!({"kinds": ["approval_decided"]}));
    assert_eq!(all["events"].as_array().unwrap().len(), 1, "several processes end it once");
}

#[test]
fn what_has_expired_is_told_so_by_the_first_to_look() {
    let home = Home::new();
    let mut agent = home.agent("acme", "m-1", "builder");
    let (_, thread) = agent.thread();
    let asked = ask_until(&mut agent, &thread, after(SystemTime::now(), Duration::from_millis(50)));
    let expires_at = asked["expires_at"].clone();
    // The process that keeps the time is gone.
    agent.kill();
    let mut ada = home.server();
    while json!(Timestamp::from(chrono_now())).as_str() <= expires_at.as_str() {
        std::thread::yield_now();
    }
    assert_eq!(ada.refusal("approval/decide", decision(&asked, "approved")), "already_decided");
    assert_eq!(ada.ok("approval/read", id_of(&asked))["state"], "expired");
}

fn chrono_now() -> chrono::DateTime<chrono::Utc> {
    SystemTime::now().into()
}

/// The library that makes a process believe in another time: `libfaketime`, which `.ci/run` installs.
fn faketime() -> PathBuf {
    let places = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .map(|arch| format!("/usr/lib/{arch}/faketime/libfaketime.so.1"));
    let found = places.iter().map(Path::new).find(|path| path.exists());
    found.expect("libfaketime: `apt-get install faketime`").to_owned()
}

#[test]
fn a_clock_that_is_set_back_brings_nothing_back() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let clock = tempfile::NamedTempFile::new().unwrap();
    let set = |offset: &str| std::fs::write(clock.path(), offset).unwrap();
    set("+0");
    let mut command = home.command(["app-server"]);
    command
        .env("LD_PRELOAD", faketime())
        .env("FAKETIME_TIMESTAMP_FILE", clock.path())
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let mut server = Server::spawn(command);
    let hour = Duration::from_secs(3600);
    let asked = ask_until(&mut server, &thread, after(SystemTime::now(), hour));
    assert_eq!(server.ok("approval/read", id_of(&asked))["state"], "pending");
    set("+2h");
    let expired = server.ok("approval/read", id_of(&asked));
    assert_eq!(expired["state"], "expired");
    for back in ["+0", "-24h"] {
        set(back);
        assert_eq!(server.ok("approval/read", id_of(&asked)), expired);
        assert_eq!(server.ok("approval/list", json!({"states": ["pending"]}))["approvals"], json!([]));
    }
    // A process with the right time agrees.
    assert_eq!(home.server().ok("approval/read", id_of(&asked)), expired);

    // A clock that leaps only while nobody looks has not made anything expire.
    set("+0");
    let asked = ask_until(&mut server, &thread, after(SystemTime::now(), hour));
    assert_eq!(home.server().ok("approval/read", id_of(&asked))["state"], "pending");
}
