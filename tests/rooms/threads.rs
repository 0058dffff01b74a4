//! `thread/*`: creating, listing, reading, changing, archiving.

use serde_json::{Value, json};

use crate::support::{Home, Server};

fn titles(server: &mut Server, params: Value) -> Vec<String> {
    let threads = server.ok("thread/list", params);
    threads["threads"].as_array().unwrap().iter().map(|t| t["title"].as_str().unwrap().into()).collect()
}

fn room(server: &mut Server) -> String {
    server.ok("workroom/create", json!({}))["id"].as_str().unwrap().into()
}

fn create(server: &mut Server, room: &str, title: &str, kind: &str) -> String {
    let params = json!({"workroom_id": room, "title": title, "kind": kind});
    server.ok("thread/create", params)["id"].as_str().unwrap().into()
}

/// The contents of a page of messages.
fn contents(page: &Value) -> Vec<&str> {
    page["events"].as_array().unwrap().iter().filter_map(|e| e["kind"]["content"].as_str()).collect()
}

#[test]
fn a_new_thread_is_idle() {
    let home = Home::new();
    let mut server = home.server();
    let room = room(&mut server);
    let thread = server.ok(
        "thread/create",
        json!({"workroom_id": room, "title": "Fix it", "kind": "agent_task", "participants": ["@ada", "bot", "ada"]}),
    );
    let id = thread["id"].as_str().unwrap();
    assert_eq!(thread["workroom_id"], room);
    assert_eq!(thread["title"], "Fix it");
    assert_eq!(thread["kind"], "agent_task");
    assert_eq!(thread["status"], "idle");
    assert_eq!(thread["participants"], json!(["ada", "bot"]));
    assert_eq!(thread["external_refs"], json!([]));
    assert_eq!(thread["link"], format!("codewhale://workroom/{room}/thread/{id}"));
    assert_eq!(thread["head_seq"], 2);
    let read = server.ok("thread/read", json!({"thread_id": id}));
    assert_eq!(read["thread"], thread);
    assert_eq!(read["events"][0]["kind"]["event"], "thread_created");
    assert_eq!(read["more"], false);
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
    assert_eq!(server.refusal("thread/create", params), "not_found");
    assert_eq!(server.ok("thread/list", json!({}))["threads"], json!([]));
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
    assert_eq!(server.refusal("thread/list", json!({"workroom_id": "wr_0"})), "not_found");
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
    server.ok("thread/archive", json!({"thread_id": gone}));
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
        let mut cursor = Value::Null;
        loop {
            let params = json!({"limit": limit, "cursor": cursor, "workroom_id": room});
            let page = server.ok("thread/list", params);
            let titles = page["threads"].as_array().unwrap().iter().map(|t| t["title"].as_str().unwrap());
            seen.extend(titles.filter(|title| title.starts_with(&format!("{limit}."))).map(str::to_owned));
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
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
        server.ok("thread/create", params);
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
    let page = server.ok("thread/read", json!({"thread_id": thread, "limit": 2}));
    assert_eq!(contents(&page), ["4", "5"]);
    assert_eq!(page["more"], true);
    let before = page["events"][0]["seq"].clone();
    let page = server.ok("thread/read", json!({"thread_id": thread, "limit": 3, "before_seq": before}));
    assert_eq!(contents(&page), ["1", "2", "3"]);
    assert_eq!(page["more"], true);
    let before = page["events"][0]["seq"].clone();
    let page = server.ok("thread/read", json!({"thread_id": thread, "limit": 2, "before_seq": before}));
    assert_eq!(contents(&page), ["0"]);
    assert_eq!(page["events"][0]["kind"]["event"], "thread_created");
    assert_eq!(page["more"], false);
    let page = server.ok("thread/read", json!({"thread_id": thread, "before_seq": 0}));
    assert_eq!((page["events"].clone(), page["more"].clone()), (json!([]), json!(false)));
    let page = server.ok("thread/read", json!({"thread_id": thread, "before_seq": u64::MAX}));
    assert_eq!(contents(&page).len(), 6);
}

#[test]
fn a_thread_can_be_read_from_a_position() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    for number in 0..5 {
        server.say(&thread, &number.to_string());
    }
    let mut after = json!(0);
    let mut seen = Vec::new();
    loop {
        let page = server.ok("thread/read", json!({"thread_id": thread, "limit": 2, "after_seq": after}));
        let events = page["events"].as_array().unwrap();
        seen.extend(contents(&page).into_iter().map(str::to_owned));
        if page["more"] == false {
            assert_eq!(page["head_seq"], events.last().unwrap()["seq"]);
            break;
        }
        after = events.last().unwrap()["seq"].clone();
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    let beyond = json!({"thread_id": thread, "after_seq": 1000});
    assert_eq!(server.refusal("thread/read", beyond), "cursor_expired");
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
        let page =
            server.ok("thread/read", json!({"thread_id": thread, direction: at, "max_bytes": max_bytes}));
        assert_eq!(contents(&page).iter().map(|text| text.len()).collect::<Vec<_>>(), sizes, "{max_bytes}");
        assert_eq!(page["more"], true);
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
    let updated = server.ok("thread/update", json!({"thread_id": thread, "title": "New"}));
    assert_eq!(updated["title"], "New");
    let updated = server.ok("thread/update", json!({"thread_id": thread, "participants": ["@bot"]}));
    assert_eq!((&updated["title"], &updated["participants"]), (&json!("New"), &json!(["bot"])));
    let same = server.ok("thread/update", json!({"thread_id": thread}));
    assert_eq!(same, updated);
    let cleared = server.ok("thread/update", json!({"thread_id": thread, "participants": []}));
    assert_eq!(cleared["participants"], json!([]));
    assert_eq!(server.refusal("thread/update", json!({"thread_id": "thr_0", "title": "x"})), "not_found");
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
    assert_eq!(server.ok("event/list", json!({}))["head_seq"], 4);
    for method in ["thread/read", "thread/archive", "thread/unarchive"] {
        assert_eq!(server.refusal(method, json!({"thread_id": "thr_0"})), "not_found");
    }
}
