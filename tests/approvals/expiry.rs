//! Approvals that end by the clock, also one that is set back.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use workroom_protocol::time::Timestamp;

use crate::support::clock::{Clock, from_now};
use crate::support::{Home, Server};
use crate::{decision, id_of};

fn ask_until(server: &mut Server, thread: &str, expires_at: String) -> Value {
    let params = json!({"thread_id": thread, "tool_name": "t", "summary": "s", "expires_at": expires_at});
    server.ok("approval/request", params)
}

#[test]
fn an_approval_expires_while_nobody_asks() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    ada.ok("event/subscribe", json!({"thread_id": thread, "kinds": ["approval_decided"]}));
    let asked = ask_until(&mut agent, &thread, from_now(Duration::from_millis(700)));
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
    let asked = ask_until(&mut agent, &thread, from_now(Duration::from_millis(50)));
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

#[test]
fn a_clock_that_is_set_back_brings_nothing_back() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let clock = Clock::new();
    let mut server = clock.server(&home);
    let hour = Duration::from_secs(3600);
    let asked = ask_until(&mut server, &thread, from_now(hour));
    assert_eq!(server.ok("approval/read", id_of(&asked))["state"], "pending");
    clock.set("+2h");
    let expired = server.ok("approval/read", id_of(&asked));
    assert_eq!(expired["state"], "expired");
    for back in ["+0", "-24h"] {
        clock.set(back);
        assert_eq!(server.ok("approval/read", id_of(&asked)), expired);
        assert_eq!(server.ok("approval/list", json!({"states": ["pending"]}))["approvals"], json!([]));
    }
    // A process with the right time agrees.
    assert_eq!(home.server().ok("approval/read", id_of(&asked)), expired);

    // A clock that leaps only while nobody looks has not made anything expire.
    clock.set("+0");
    let asked = ask_until(&mut server, &thread, from_now(hour));
    assert_eq!(home.server().ok("approval/read", id_of(&asked))["state"], "pending");
}
