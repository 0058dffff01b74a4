//! `event/*`: appending, reading, listing.

use serde_json::{Value, json};
use workroom_protocol::methods::{EventAppend, EventList, EventRead, EventSubscribe};
use workroom_protocol::{ErrorKind, Json};

use crate::support::{Home, Server};

fn append(thread: &str, content: &str) -> Value {
    json!({"thread_id": thread, "kind": {"event": "message", "content": content}})
}

fn head(server: &mut Server) -> u64 {
    server.call::<EventList>(json!({"limit": 1})).head_seq
}

fn seqs(page: &Value) -> Vec<u64> {
    page["events"].as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()).collect()
}

#[test]
fn an_event_is_returned_as_it_was_appended() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let event = server.say(&thread, "grüße 🐳 \u{0} \\ \"");
    assert_eq!(event["seq"], 3);
    assert_eq!(event["thread_id"], thread);
    assert_eq!(event["workroom_id"], room);
    assert_eq!(event["kind"]["content"], "grüße 🐳 \u{0} \\ \"");
    let read = server.call::<EventRead>(json!({"event_id": event["id"]})).event;
    assert_eq!(read.text(), event.to_string());
    let listed = server.call::<EventList>(json!({"after_seq": 2})).events;
    assert_eq!(listed.iter().map(Json::text).collect::<Vec<_>>(), [event.to_string()]);
    for id in ["evt_00000000000000000000000000000000", "", "x"] {
        assert_eq!(server.refused::<EventRead>(json!({"event_id": id})), ErrorKind::NotFound);
    }
}

#[test]
fn every_kind_for_clients_is_accepted_unchanged() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    for kind in [
        json!({"event": "message", "content": "x"}),
        json!({"event": "mention", "mentioned_user": "ada"}),
        json!({"event": "tool_call", "tool_name": "bash", "summary": "ls", "call_id": "1"}),
        json!({"event": "tool_result", "tool_name": "bash", "success": true, "summary": "a b", "call_id": "1"}),
        json!({"event": "receipt", "summary": "x"}),
        json!({"event": "failure", "error": "x"}),
        json!({"event": "needs_human", "reason": "x"}),
        json!({"event": "resumed"}),
        json!({"event": "worker_started", "summary": "x"}),
    ] {
        assert_eq!(server.append(&thread, kind.clone())["kind"], kind);
    }
    let mention = server.append(&thread, json!({"event": "mention", "mentioned_user": "@ada"}));
    assert_eq!(mention["kind"]["mentioned_user"], "ada");
}

#[test]
fn kinds_reserved_for_the_server_are_refused() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let before = head(&mut server);
    let issue = json!({"kind": "git_hub_issue", "owner": "o", "repo": "r", "number": 1});
    let id = |prefix: &str| format!("{prefix}_{}", "0".repeat(32));
    for kind in [
        json!({"event": "approval_decided", "approval_id": id("apr"), "decision": "approved"}),
        json!({"event": "ref_attached", "ref": issue, "primary": true}),
        json!({"event": "ref_detached", "ref": issue}),
        json!({"event": "workroom_created", "title": "x", "owner": "ada", "visibility": "private"}),
        json!({"event": "workroom_updated", "change": {"title": "x"}}),
        json!({"event": "thread_created", "title": "x", "thread_kind": "channel"}),
        json!({"event": "thread_updated", "archived": true}),
        json!({"event": "member_changed", "handle": "ada", "role": "owner"}),
        json!({"event": "failure_dismissed", "failure_event_id": id("evt")}),
        json!({"event": "retry_requested", "failure_event_id": id("evt")}),
    ] {
        let path = server.misfit("event/append", json!({"thread_id": thread, "kind": kind}));
        assert_eq!(path, "kind.event", "{kind}");
        let batch = json!({"events": [append(&thread, "a"), {"thread_id": thread, "kind": kind}]});
        assert_eq!(server.misfit("event/appendBatch", batch), "events[1].kind.event", "{kind}");
    }
    assert_eq!(head(&mut server), before);
}

#[test]
fn invalid_params_are_refused_with_the_field() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let mut check = |kind: Value, path: &str| {
        assert_eq!(server.misfit("event/append", json!({"thread_id": thread, "kind": kind})), path, "{kind}");
    };
    check(json!({"event": "shout"}), "kind.event");
    check(json!({"event": "message"}), "kind.content");
    check(json!({"event": "message", "content": 1}), "kind.content");
    check(json!({"event": "message", "content": "x", "actor": "ada"}), "kind.actor");
    check(json!({"event": "mention", "mentioned_user": "two words"}), "kind.mentioned_user");
    check(json!("message"), "kind");
    let claimed = json!({"thread_id": thread, "kind": {"event": "resumed"}, "actor": {"kind": "human", "handle": "bob"}});
    assert_eq!(server.misfit("event/append", claimed), "actor");
    assert_eq!(server.refused::<EventAppend>(append("thr_0", "x")), ErrorKind::NotFound);
}

#[test]
fn a_reply_must_be_to_an_event_of_the_same_thread() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let (_, other) = server.thread();
    let question = server.say(&thread, "?")["id"].clone();
    let elsewhere = server.say(&other, "?")["id"].clone();
    let room_event = server.ok("event/list", json!({"limit": 1}))["events"][0]["id"].clone();
    let before = head(&mut server);
    for to in [elsewhere, room_event, json!("evt_00000000000000000000000000000000"), json!("x")] {
        let mut params = append(&thread, "!");
        params["reply_to"] = to;
        assert_eq!(server.refused::<EventAppend>(params), ErrorKind::NotFound);
    }
    assert_eq!(head(&mut server), before);
    let mut params = append(&thread, "!");
    params["reply_to"] = question.clone();
    assert_eq!(server.ok("event/append", params)["event"]["reply_to"], question);
}

#[test]
fn an_event_over_the_size_limit_is_refused_with_the_limit() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let limit = 1024 * 1024;
    let frame = r#"{"event":"message","content":""}"#.len();
    let error = server.err("event/append", append(&thread, &"x".repeat(limit - frame + 1)));
    assert_eq!((&error["code"], &error["data"]["limit"]), (&json!(1007), &json!(limit)));
    server.say(&thread, &"x".repeat(limit - frame));
    // It is larger than the limit of a page but still returned.
    let page = server.ok("event/list", json!({"after_seq": 2}));
    assert_eq!(seqs(&page), [3]);
}

#[test]
fn a_batch_is_written_in_order() {
    let home = Home::new();
    let mut server = home.server();
    let (_, one) = server.thread();
    let (_, two) = server.thread();
    let batch = json!({"events": [append(&one, "a"), append(&two, "b"), append(&one, "c")]});
    let written = server.ok("event/appendBatch", batch);
    assert_eq!(seqs(&written), [5, 6, 7]);
    assert_eq!(server.ok("event/list", json!({"after_seq": 4}))["events"], written["events"]);
}

#[test]
fn a_batch_is_written_completely_or_not_at_all() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let before = server.ok("thread/read", json!({"thread_id": thread}));
    let mut bad_reply = append(&thread, "b");
    bad_reply["reply_to"] = json!("evt_00000000000000000000000000000000");
    for (bad, kind) in [
        (append("thr_0", "b"), "not_found"),
        (bad_reply, "not_found"),
        (json!({"thread_id": thread, "kind": {"event": "message", "content": 1}}), "invalid_params"),
        (append(&thread, &"x".repeat(2_000_000)), "too_large"),
    ] {
        let batch = json!({"events": [append(&thread, "a"), bad, append(&thread, "c")]});
        assert_eq!(server.refusal("event/appendBatch", batch), kind);
    }
    assert_eq!(server.ok("thread/read", json!({"thread_id": thread})), before);
    let found = server.ok("search/query", json!({"query": "a"}));
    assert_eq!(found["hits"], json!([]));
}

#[test]
fn a_batch_has_from_one_to_a_thousand_events() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let batch = |count| json!({"events": vec![append(&thread, "x"); count]});
    assert_eq!(server.misfit("event/appendBatch", batch(0)), "events");
    let error = server.err("event/appendBatch", batch(1001));
    assert_eq!((&error["code"], &error["data"]["limit"]), (&json!(1007), &json!(1000)));
    assert_eq!(head(&mut server), 2);
    assert_eq!(seqs(&server.ok("event/appendBatch", batch(1000))), (3..=1002).collect::<Vec<_>>());
}

#[test]
fn a_list_continues_from_a_position() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let (_, other) = server.thread();
    for number in 0..4 {
        server.say(&thread, &number.to_string());
        server.say(&other, &number.to_string());
    }
    let mut check = |scope: Value, expected: &[u64]| {
        for limit in [1, 2, 5, 200] {
            let mut seen = Vec::new();
            let mut after = 0;
            loop {
                let mut params = scope.clone();
                params["after_seq"] = json!(after);
                params["limit"] = json!(limit);
                let page = server.ok("event/list", params);
                seen.extend(seqs(&page));
                assert_eq!(page["head_seq"], 12);
                if page["more"] == false {
                    break;
                }
                after = *seen.last().unwrap();
            }
            assert_eq!(seen, expected, "{scope} {limit}");
        }
    };
    check(json!({}), &(1..=12).collect::<Vec<_>>());
    check(json!({"workroom_id": room}), &[1, 2, 5, 7, 9, 11]);
    check(json!({"thread_id": thread}), &[2, 5, 7, 9, 11]);
    check(json!({"workroom_id": room, "thread_id": thread}), &[2, 5, 7, 9, 11]);
    assert_eq!(
        server.refused::<EventList>(json!({"workroom_id": room, "thread_id": other})),
        ErrorKind::NotFound
    );
    assert_eq!(server.refused::<EventList>(json!({"thread_id": "thr_0"})), ErrorKind::NotFound);
}

#[test]
fn a_list_contains_only_the_requested_kinds() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    for kind in [
        json!({"event": "message", "content": "x"}),
        json!({"event": "failure", "error": "x"}),
        json!({"event": "tool_call", "tool_name": "x", "summary": "x"}),
        json!({"event": "receipt", "summary": "x"}),
        json!({"event": "failure", "error": "x"}),
        json!({"event": "message", "content": "x"}),
    ] {
        server.append(&thread, kind);
    }
    let mut check = |kinds: &[&str], expected: &[u64]| {
        for scope in [json!({}), json!({"thread_id": thread})] {
            let mut params = scope;
            params["kinds"] = json!(kinds);
            assert_eq!(seqs(&server.ok("event/list", params.clone())), expected, "{params}");
            params["limit"] = json!(1);
            let page = server.ok("event/list", params);
            assert_eq!(seqs(&page), expected[..expected.len().min(1)]);
            assert_eq!(page["more"], expected.len() > 1);
        }
    };
    check(&["message"], &[3, 8]);
    check(&["failure", "receipt"], &[4, 6, 7]);
    check(&["failure", "message"], &[3, 4, 7, 8]);
    check(&["resumed"], &[]);
    check(&[], &[]);
    assert_eq!(server.misfit("event/list", json!({"kinds": ["shout"]})), "kinds");
}

#[test]
fn a_position_from_another_store_has_expired() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let epoch = server.ok("server/status", json!({}))["epoch"].clone();
    server.call::<EventList>(json!({"after_seq": 2, "epoch": epoch}));
    for params in [
        json!({"after_seq": 3}),
        json!({"after_seq": u64::MAX}),
        json!({"after_seq": 1, "epoch": "another"}),
        json!({"thread_id": thread, "epoch": "another"}),
    ] {
        assert_eq!(server.refused::<EventList>(params.clone()), ErrorKind::CursorExpired, "{params}");
        assert_eq!(server.refused::<EventSubscribe>(params.clone()), ErrorKind::CursorExpired, "{params}");
    }
    for bad in [json!(-1), json!(1.5), json!("1")] {
        assert_eq!(server.misfit("event/list", json!({"after_seq": bad})), "after_seq");
    }
}

#[test]
fn a_blank_event_is_refused_and_settles_nothing() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let asked =
        home.agent("acme", "m-1", "bot").append(&thread, json!({"event": "needs_human", "reason": "?"}));
    for blank in
        ["", " ", "\n\t\r", "\u{a0}\u{3000}", "\u{200b}\u{feff}", "\u{3164}", "\u{2800}\u{ad}", "\u{e0020}"]
    {
        for (kind, path) in [
            (json!({"event": "message", "content": blank}), "kind.content"),
            (json!({"event": "receipt", "summary": blank}), "kind.summary"),
            (json!({"event": "failure", "error": blank}), "kind.error"),
            (json!({"event": "needs_human", "reason": blank}), "kind.reason"),
        ] {
            let params = json!({"thread_id": thread, "kind": kind, "reply_to": asked["id"]});
            assert_eq!(server.misfit("event/append", params.clone()), path, "{blank:?}");
            let path = format!("events[0].{path}");
            assert_eq!(server.misfit("event/appendBatch", json!({"events": [params]})), path, "{blank:?}");
        }
    }
    let read = server.ok("thread/read", json!({"thread_id": thread}));
    assert_eq!((&read["thread"]["status"], &read["head_seq"]), (&json!("waiting"), &json!(3)));
    drop(server);
    let refused = home.run(["reply", asked["id"].as_str().unwrap(), "\u{200b} "]).failed();
    assert!(refused.contains("`content` is empty"), "{refused}");
}
