//! Approvals that expire, even if the clock is set back.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use workroom_protocol::time::Timestamp;

use crate::approvals::{decision, id_of};
use crate::support::clock::{Clock, from_now};
use crate::support::{Home, Server};

fn ask_until(server: &mut Server, thread: &str, expires_at: String) -> Value {
    let params = json!({"thread_id": thread, "tool_name": "t", "summary": "s", "expires_at": expires_at});
    server.ok("approval/request", params)
}

#[test]
fn an_approval_expires_although_nobody_reads_it() {
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
fn the_first_reader_of_an_expired_approval_sees_it_as_expired() {
    let home = Home::new();
    let mut agent = home.agent("acme", "m-1", "builder");
    let (_, thread) = agent.thread();
    let asked = ask_until(&mut agent, &thread, from_now(Duration::from_millis(50)));
    let expires_at = asked["expires_at"].clone();
    // The process that tracks the expiry has ended.
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
fn setting_the_clock_back_does_not_reopen_an_expired_approval() {
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
    // A process with the correct time agrees.
    assert_eq!(home.server().ok("approval/read", id_of(&asked)), expired);

    // A clock that jumps ahead while nobody reads makes nothing expire.
    clock.set("+0");
    let asked = ask_until(&mut server, &thread, from_now(hour));
    assert_eq!(home.server().ok("approval/read", id_of(&asked))["state"], "pending");
}

/// The reads that show the approval as pending.
fn shown_as_waiting(server: &mut Server, room: &str, thread: &str, id: &Value) -> Vec<String> {
    let link = format!("codewhale://workroom/{room}/thread/{thread}");
    let mut shown = Vec::new();
    let mut note = |what: &str, waits: bool| shown.extend(waits.then(|| what.to_owned()));
    let read = server.ok("thread/read", json!({"thread_id": thread}));
    note("thread/read", read["thread"]["status"] == "waiting");
    for active in [json!(null), json!(true)] {
        let listed = server.ok("thread/list", json!({"active": active}));
        note("thread/list", listed["threads"].to_string().contains("waiting"));
    }
    let rooms = server.ok("workroom/list", json!({}));
    note("workroom/list", rooms["workrooms"][0]["active_threads"] != 0);
    for link in [&link, &format!("codewhale://workroom/{room}")] {
        let resolved = server.ok("workroom/resolve", json!({"link": link}));
        note("workroom/resolve", resolved["pending_approvals"] != json!([]));
        note("workroom/resolve status", resolved["thread"]["status"] == "waiting");
        note("workroom/resolve threads", resolved["threads"].to_string().contains("waiting"));
    }
    for view in ["all", "needs_approval", "active"] {
        let listed = server.ok("inbox/list", json!({"view": view}));
        let items = listed["items"].to_string();
        note(view, items.contains("waiting") || items.contains(id.as_str().unwrap()));
        note("inbox/list counts", listed["counts"]["needs_approval"] != 0);
    }
    note("inbox/counts", server.ok("inbox/counts", json!({}))["counts"]["needs_approval"] != 0);
    let pending = server.ok("approval/list", json!({"states": ["pending"]}));
    note("approval/list", pending["approvals"] != json!([]));
    let all = server.ok("approval/list", json!({"states": ["expired"]}));
    note("approval/list expired", all["approvals"].as_array().unwrap().len() != 1);
    note("approval/read", server.ok("approval/read", json!({"approval_id": id}))["state"] != "expired");
    shown
}

/// Creates a thread with some work and an approval, stops the server, and waits until the approval has expired.
fn expired_without_a_server(home: &Home) -> (String, String, Value) {
    let mut agent = home.agent("acme", "m-1", "builder");
    let (room, thread) = agent.thread();
    let asked = ask_until(&mut agent, &thread, from_now(Duration::from_millis(1000)));
    agent.append(&thread, json!({"event": "receipt", "summary": "the rest is done"}));
    agent.kill();
    while json!(Timestamp::from(chrono_now())).as_str() <= asked["expires_at"].as_str() {
        std::thread::yield_now();
    }
    (room, thread, asked["approval_id"].clone())
}

/// A read of a room and a thread, which returns whether it shows that nothing is pending.
type FirstRead = dyn Fn(&mut Server, &str, &str) -> bool;

#[test]
fn any_first_read_shows_the_approval_as_expired() {
    let firsts: [&FirstRead; 8] = [
        &|server, _, thread| {
            server.ok("thread/read", json!({"thread_id": thread}))["thread"]["status"] == "completed"
        },
        &|server, _, _| server.ok("thread/list", json!({}))["threads"][0]["status"] == "completed",
        &|server, _, _| server.ok("thread/list", json!({"active": true}))["threads"] == json!([]),
        &|server, _, _| server.ok("workroom/list", json!({}))["workrooms"][0]["active_threads"] == 0,
        &|server, _, _| server.ok("inbox/list", json!({"view": "needs_approval"}))["items"] == json!([]),
        &|server, _, _| server.ok("inbox/counts", json!({}))["counts"]["needs_approval"] == 0,
        &|server, _, thread| {
            let done = server.ok("inbox/save", json!({"thread_id": thread}));
            done["items"][0]["status"] == "completed" && done["counts"]["needs_approval"] == 0
        },
        &|server, room, _| {
            let link = json!({"link": format!("codewhale://workroom/{room}")});
            server.ok("workroom/resolve", link)["pending_approvals"] == json!([])
        },
    ];
    for (number, first) in firsts.iter().enumerate() {
        let home = Home::new();
        let (room, thread, id) = expired_without_a_server(&home);
        let mut ada = home.server();
        assert!(first(&mut ada, &room, &thread), "read {number}");
        assert_eq!(shown_as_waiting(&mut ada, &room, &thread, &id), [] as [String; 0]);
        let ends = ada.ok("event/list", json!({"kinds": ["approval_decided"]}));
        assert_eq!(ends["events"].as_array().unwrap().len(), 1);
    }
}

/// The same holds if the expiry cannot be written: reads show the state that would be written.
#[cfg(unix)]
#[test]
fn on_a_full_disk_no_expired_approval_is_shown_as_pending() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let home = Home::new();
    let (room, thread, id) = expired_without_a_server(&home);
    let mut ada = home.server();
    let pid = Pid::from_raw(ada.pid().cast_signed()).unwrap();
    ada.ok("server/status", json!({}));
    let limit =
        |bytes| prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    limit(Some(1));
    assert_eq!(
        ada.refusal("event/append", json!({"thread_id": thread, "kind": {"event": "resumed"}})),
        "storage"
    );
    assert_eq!(shown_as_waiting(&mut ada, &room, &thread, &id), [] as [String; 0]);
    limit(None);
    assert_eq!(shown_as_waiting(&mut ada, &room, &thread, &id), [] as [String; 0]);
    let ends = ada.ok("event/list", json!({"kinds": ["approval_decided"]}));
    assert_eq!(ends["events"].as_array().unwrap().len(), 1);
}
