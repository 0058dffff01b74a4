//! Rooms, threads and events, as a client sees them.

mod actors;
mod artifacts;
mod checkouts;
mod events;
mod imports;
mod keys;
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
use workroom_protocol::methods::{ThreadRead, WorkroomList};
use workroom_protocol::thread::ThreadStatus;

#[test]
fn events_of_a_thread_in_a_room_are_stored_and_returned() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let event = server.say(&thread, "hello");
    assert_eq!(event["kind"], json!({"event": "message", "content": "hello"}));
    assert_eq!(event["actor"], json!({"kind": "human", "handle": "ada"}));

    let read = server.call::<ThreadRead>(json!({"thread_id": thread}));
    assert_eq!(read.thread.status, ThreadStatus::Active);
    assert_eq!(read.events.last().unwrap().text(), event.to_string());
    let rooms = server.call::<WorkroomList>(json!({})).workrooms;
    assert_eq!((&*rooms[0].id.0, rooms[0].active_threads), (&*room, 1));
}

#[test]
fn a_live_subscription_starts_exactly_between_the_writes_before_and_after_it() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    // Sent in one write, so that both appends can share a commit.
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
