//! Rooms, threads and events as a client sees them.

mod actors;
mod artifacts;
mod checkouts;
mod events;
mod imports;
mod links;
mod merges;
mod references;
mod repositories;
mod search;
mod status;
mod threads;
mod workrooms;
#[cfg(unix)]
mod workspaces;

use crate::support::Home;
use serde_json::json;

#[test]
fn a_room_with_a_thread_takes_events_and_gives_them_back() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let event = server.say(&thread, "hello");
    assert_eq!(event["kind"], json!({"event": "message", "content": "hello"}));
    assert_eq!(event["actor"], json!({"kind": "human", "handle": "ada"}));

    let read = server.ok("thread/read", json!({"thread_id": thread}));
    assert_eq!(read["thread"]["status"], "active");
    assert_eq!(read["events"].as_array().unwrap().last().unwrap(), &event);
    let rooms = server.ok("workroom/list", json!({}));
    assert_eq!(rooms["workrooms"][0]["id"], room);
    assert_eq!(rooms["workrooms"][0]["active_threads"], 1);
}

#[test]
fn a_live_subscription_begins_between_the_writes_sent_before_and_after_it() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    // Sent in one write, so that both appends could share a commit.
    let line = |id: u64, method: &str, params: serde_json::Value| {
        format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    };
    let say = |id, content| {
        let kind = json!({"event": "message", "content": content});
        line(id, "event/append", json!({"thread_id": thread, "kind": kind}))
    };
    let subscribe = line(101, "event/subscribe", json!({"thread_id": thread}));
    server.send_raw([say(100, "before"), subscribe, say(102, "after")].concat());
    for id in 100..=102 {
        server.answer(id);
    }
    assert_eq!(server.notification()["event"]["kind"]["content"], "after");
    server.assert_quiet();
}
