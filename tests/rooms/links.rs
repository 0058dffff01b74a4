//! `workroom/link`: the links that people and agents share.

use serde_json::json;
use workroom_protocol::ErrorKind;
use workroom_protocol::methods::{WorkroomCreate, WorkroomLink};

use crate::support::Home;

#[test]
fn links_name_a_room_a_thread_or_an_event() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let event = server.say(&thread, "x")["id"].as_str().unwrap().to_owned();
    let base = format!("codewhale://workroom/{room}");
    for (params, url, title) in [
        (json!({"workroom_id": room}), base.clone(), "Room"),
        (json!({"workroom_id": room, "thread_id": thread}), format!("{base}/thread/{thread}"), "Thread"),
        (json!({"workroom_id": room, "event_id": event}), format!("{base}/event/{event}"), "Thread"),
        (
            json!({"workroom_id": room, "thread_id": thread, "event_id": event}),
            format!("{base}/thread/{thread}/event/{event}"),
            "Thread",
        ),
    ] {
        let link = server.call::<WorkroomLink>(params);
        assert_eq!((link.markdown, link.url), (format!("[{title}]({url})"), url));
    }
}

#[test]
fn a_title_cannot_break_out_of_its_markdown_link() {
    let home = Home::new();
    let mut server = home.server();
    let room = server.call::<WorkroomCreate>(json!({"title": "a](https://evil.example) [b"}));
    let markdown = server.call::<WorkroomLink>(json!({"workroom_id": room.id})).markdown;
    assert!(markdown.starts_with(r"[a\](https://evil.example) \[b](codewhale://"), "{markdown}");
}

#[test]
fn targets_outside_the_room_or_thread_are_not_found() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let event = server.say(&thread, "x")["id"].clone();
    let (other_room, other_thread) = server.thread();
    for params in [
        json!({"workroom_id": other_room, "thread_id": thread}),
        json!({"workroom_id": other_room, "event_id": event}),
        json!({"workroom_id": other_room, "thread_id": other_thread, "event_id": event}),
        json!({"workroom_id": room, "thread_id": other_thread}),
        json!({"workroom_id": room, "thread_id": "thr_1"}),
        json!({"workroom_id": room, "event_id": "evt_1"}),
    ] {
        assert_eq!(server.refused::<WorkroomLink>(params.clone()), ErrorKind::NotFound, "{params}");
    }
}
