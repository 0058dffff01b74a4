//! `thread/*`: creating, listing, reading, changing, archiving.

use serde_json::{Value, json};
use workroom_protocol::ErrorKind;
use workroom_protocol::event::WorkroomEventKind;
use workroom_protocol::id::{ThreadId, WorkroomId};
use workroom_protocol::methods::{
    EventList, ThreadArchive, ThreadCreate, ThreadList, ThreadRead, ThreadUpdate, WorkroomCreate,
};
use workroom_protocol::thread::{
    ThreadCreateParams, ThreadListParams, ThreadReadParams, ThreadReadResponse, ThreadStatus,
    WorkroomThreadKind,
};

use crate::support::{Home, Server, contents};

fn titles(server: &mut Server, params: Value) -> Vec<String> {
    server.call::<ThreadList>(params).threads.into_iter().map(|thread| thread.title).collect()
}

fn room(server: &mut Server) -> String {
    server.call::<WorkroomCreate>(json!({})).id.0
}

fn create(server: &mut Server, room: &str, title: &str, kind: &str) -> String {
    server.call::<ThreadCreate>(json!({"workroom_id": room, "title": title, "kind": kind})).id.0
}

#[test]
fn a_new_thread_is_idle() {
    let home = Home::new();
    let mut server = home.server();
    let room = room(&mut server);
    let thread = server.call::<ThreadCreate>(ThreadCreateParams {
        workroom_id: WorkroomId(room.clone()),
        title: "Fix it".into(),
        kind: WorkroomThreadKind::AgentTask,
        external_ref: None,
        participants: Some(["@ada", "bot", "ada"].map(Into::into).into()),
        branch: None,
        idempotency_key: None,
    });
    assert_eq!(thread.workroom_id.0, room);
    assert_eq!(thread.title, "Fix it");
    assert_eq!(thread.kind, WorkroomThreadKind::AgentTask);
    assert_eq!(thread.status, ThreadStatus::Idle);
    assert_eq!(thread.participants, ["ada", "bot"]);
    assert_eq!(thread.external_refs, []);
    assert_eq!(thread.link, format!("codewhale://workroom/{room}/thread/{}", thread.id));
    assert_eq!(thread.head_seq, 2);
    let read = server.call::<ThreadRead>(json!({"thread_id": thread.id}));
    assert_eq!(read.thread, thread);
    assert!(matches!(read.events[0].read().unwrap().kind, WorkroomEventKind::ThreadCreated { .. }));
    assert!(!read.more);
}

#[test]
fn an_invalid_thread_is_refused_with_the_field() {
    let home = Home::new();
    let mut server = home.server();
    let room = room(&mut server);
    let base = json!({"workroom_id": room, "title": "t", "kind": "channel"});
    let mut check = |field: &str, value: Value, path: &str| {
        let mut params = base.clone();
        params[field] = value;
        assert_eq!(server.misfit("thread/create", params), path);
    };
    check("title", json!(""), "title");
    check("kind", json!("chat"), "kind");
    check("participants", json!(["two words"]), "participants[0]");
    check("participants", json!(["ada", ""]), "participants[1]");
    check("participants", json!(vec!["ada"; 201]), "participants");
    check(
        "external_ref",
        json!({"kind": "git_hub_issue", "owner": "o", "repo": "r", "number": 0}),
        "external_ref.number",
    );
    check("external_ref", json!({"kind": "git_hub_issue", "owner": "o", "repo": "r"}), "external_ref.number");
    let params = json!({"workroom_id": "wr_0", "title": "t", "kind": "channel"});
    assert_eq!(server.refused::<ThreadCreate>(params), ErrorKind::NotFound);
    assert_eq!(server.call::<ThreadList>(json!({})).threads, []);
}

#[test]
fn the_thread_with_the_newest_activity_comes_first() {
    let home = Home::new();
    let mut server = home.server();
    let (one, other) = (room(&mut server), room(&mut server));
    let first = create(&mut server, &one, "first", "channel");
    create(&mut server, &other, "second", "agent_task");
    create(&mut server, &one, "third", "channel");
    assert_eq!(titles(&mut server, json!({})), ["third", "second", "first"]);
    server.say(&first, "x");
    assert_eq!(titles(&mut server, json!({})), ["first", "third", "second"]);
    assert_eq!(titles(&mut server, json!({"workroom_id": one})), ["first", "third"]);
    assert_eq!(server.refused::<ThreadList>(json!({"workroom_id": "wr_0"})), ErrorKind::NotFound);
}

#[test]
fn threads_are_listed_by_activity_and_kind() {
    let home = Home::new();
    let mut server = home.server();
    let room = room(&mut server);
    create(&mut server, &room, "idle", "channel");
    let active = create(&mut server, &room, "active", "agent_task");
    server.say(&active, "x");
    let done = create(&mut server, &room, "done", "agent_task");
    server.append(&done, json!({"event": "receipt", "summary": "x"}));
    let gone = create(&mut server, &room, "gone", "direct_message");
    server.call::<ThreadArchive>(json!({"thread_id": gone}));
    let mut check = |params: Value, expected: &[&str]| {
        assert_eq!(titles(&mut server, params.clone()), expected, "{params}");
    };
    check(json!({}), &["done", "active", "idle"]);
    check(json!({"active": true}), &["active"]);
    check(json!({"active": false}), &["gone", "done", "idle"]);
    check(json!({"kinds": ["agent_task"]}), &["done", "active"]);
    check(json!({"kinds": ["agent_task", "channel"]}), &["done", "active", "idle"]);
    check(json!({"kinds": ["receipt_log", "approval_queue"]}), &[]);
    check(json!({"kinds": []}), &[]);
    check(json!({"kinds": ["channel"], "active": false, "workroom_id": room}), &["idle"]);
    assert_eq!(server.misfit("thread/list", json!({"kinds": ["chat"]})), "kinds[0]");
}

#[test]
fn pages_hold_every_thread_once_while_others_write() {
    let home = Home::new();
    let mut server = home.server();
    let room = room(&mut server);
    for limit in 1..=6 {
        let threads: Vec<_> =
            (0..5).map(|n| create(&mut server, &room, &format!("{limit}.{n}"), "channel")).collect();
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let page = server.call::<ThreadList>(ThreadListParams {
                limit: Some(limit),
                cursor,
                workroom_id: Some(WorkroomId(room.clone())),
                ..ThreadListParams::default()
            });
            let titles = page.threads.into_iter().map(|thread| thread.title);
            seen.extend(titles.filter(|title| title.starts_with(&format!("{limit}."))));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
            server.say(&threads[0], "still to come");
            server.say(&threads[4], "was seen");
        }
        let expected: Vec<_> = (0..5).rev().map(|n| format!("{limit}.{n}")).collect();
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_page_of_large_threads_is_limited_by_its_bytes() {
    let home = Home::new();
    let mut server = home.server();
    let room = room(&mut server);
    let handles: Vec<_> = (0..200).map(|n| format!("{n:0>500}")).collect();
    for number in 0..15 {
        let title = number.to_string();
        let params = json!({"workroom_id": room, "title": title, "kind": "channel", "participants": handles});
        server.call::<ThreadCreate>(params);
    }
    let mut seen = 0;
    let mut cursor = Value::Null;
    loop {
        let page = server.ok("thread/list", json!({"cursor": cursor}));
        assert!(page.to_string().len() < 1_500_000);
        seen += page["threads"].as_array().unwrap().len();
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, 15);
}

#[test]
fn a_thread_can_be_read_backwards_from_its_end() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let (_, other) = server.thread();
    for number in 0..6 {
        server.say(&thread, &number.to_string());
        server.say(&other, "elsewhere");
    }
    let mut read = |limit: Option<u32>, before_seq: Option<u64>| {
        server.call::<ThreadRead>(ThreadReadParams {
            thread_id: ThreadId(thread.clone()),
            before_seq,
            after_seq: None,
            limit,
            max_bytes: None,
        })
    };
    let first = |page: &ThreadReadResponse| page.events[0].read().unwrap();
    let page = read(Some(2), None);
    assert_eq!((contents(&page.events), page.more), (vec!["4".into(), "5".into()], true));
    let page = read(Some(3), Some(first(&page).seq));
    assert_eq!((contents(&page.events), page.more), (vec!["1".into(), "2".into(), "3".into()], true));
    let page = read(Some(2), Some(first(&page).seq));
    assert_eq!((contents(&page.events), page.more), (vec!["0".into()], false));
    assert!(matches!(first(&page).kind, WorkroomEventKind::ThreadCreated { .. }));
    let page = read(None, Some(0));
    assert_eq!((page.events.len(), page.more), (0, false));
    let page = read(None, Some(u64::MAX));
    assert_eq!(contents(&page.events).len(), 6);
}

#[test]
fn a_thread_can_be_read_from_a_position() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    for number in 0..5 {
        server.say(&thread, &number.to_string());
    }
    let mut after = 0;
    let mut seen = Vec::new();
    loop {
        let params = json!({"thread_id": thread, "limit": 2, "after_seq": after});
        let page = server.call::<ThreadRead>(params);
        seen.extend(contents(&page.events));
        after = page.events.last().unwrap().read().unwrap().seq;
        if !page.more {
            assert_eq!(page.head_seq, after);
            break;
        }
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    let beyond = json!({"thread_id": thread, "after_seq": 1000});
    assert_eq!(server.refused::<ThreadRead>(beyond), ErrorKind::CursorExpired);
    let both = json!({"thread_id": thread, "after_seq": 1, "before_seq": 3});
    assert_eq!(server.misfit("thread/read", both), "after_seq");
}

#[test]
fn a_page_respects_its_byte_limit_and_has_at_least_one_event() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    for size in [10, 2000, 10] {
        server.say(&thread, &"x".repeat(size));
    }
    let mut check = |direction: &str, at: u64, max_bytes: u64, sizes: &[usize]| {
        let params = json!({"thread_id": thread, direction: at, "max_bytes": max_bytes});
        let page = server.call::<ThreadRead>(params);
        let read: Vec<_> = contents(&page.events).iter().map(String::len).collect();
        assert_eq!((&*read, page.more), (sizes, true), "{max_bytes}");
    };
    check("after_seq", 2, 1, &[10]);
    check("after_seq", 3, 1, &[2000]);
    check("after_seq", 2, 1500, &[10]);
    check("before_seq", 100, 1, &[10]);
    check("before_seq", 100, 1500, &[10]);
    check("before_seq", 5, 1, &[2000]);
    for bad in [0, 1024 * 1024 + 1] {
        let params = json!({"thread_id": thread, "max_bytes": bad});
        assert_eq!(server.misfit("thread/read", params), "max_bytes");
    }
    assert_eq!(server.misfit("thread/read", json!({"thread_id": thread, "limit": 0})), "limit");
}

#[test]
fn an_update_changes_title_and_participants() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let updated = server.call::<ThreadUpdate>(json!({"thread_id": thread, "title": "New"}));
    assert_eq!(updated.title, "New");
    let updated = server.call::<ThreadUpdate>(json!({"thread_id": thread, "participants": ["@bot"]}));
    assert_eq!((&*updated.title, &*updated.participants), ("New", &["bot".to_owned()][..]));
    let same = server.call::<ThreadUpdate>(json!({"thread_id": thread}));
    assert_eq!(same, updated);
    let cleared = server.call::<ThreadUpdate>(json!({"thread_id": thread, "participants": []}));
    assert_eq!(cleared.participants, [""; 0]);
    let unknown = json!({"thread_id": "thr_0", "title": "x"});
    assert_eq!(server.refused::<ThreadUpdate>(unknown), ErrorKind::NotFound);
}

#[test]
fn archiving_again_changes_nothing() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let id = json!({"thread_id": thread});
    for method in ["thread/unarchive", "thread/archive", "thread/unarchive"] {
        let once = server.ok(method, id.clone());
        let twice = server.ok(method, id.clone());
        assert_eq!(once, twice, "{method}");
        assert_eq!(once.get("archived_at").is_some(), method == "thread/archive");
    }
    assert_eq!(server.call::<EventList>(json!({})).head_seq, 4);
    for method in ["thread/read", "thread/archive", "thread/unarchive"] {
        assert_eq!(server.refusal(method, json!({"thread_id": "thr_0"})), "not_found");
    }
}
