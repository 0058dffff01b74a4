//! Rooms, threads and events as a client sees them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use serde_json::json;
use support::Home;

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
