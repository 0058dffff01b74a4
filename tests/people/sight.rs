//! What a caller is not allowed to see appears in no list, count, search, link, subscription or error.

use serde_json::{Value, json};

use crate::support::{Home, Server};

/// A room that bob belongs to and one that he does not, each with a thread, an event and an artifact.
struct World {
    home: Home,
    ada: Server,
    seen: [String; 2],
    hidden: [String; 2],
    event: String,
    artifact: String,
    token: Value,
    secret: String,
    _folder: tempfile::TempDir,
}

const WORD: &str = "quokka";

fn world() -> World {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "x").unwrap();
    let hidden = ada.ok("workroom/create", json!({"title": WORD, "workspace": folder.path()}));
    let hidden = hidden["id"].as_str().unwrap().to_owned();
    let params = json!({"workroom_id": hidden, "title": WORD, "kind": "agent_task"});
    let hidden_thread = ada.ok("thread/create", params)["id"].as_str().unwrap().to_owned();
    let event = ada.say(&hidden_thread, WORD)["id"].as_str().unwrap().to_owned();
    let artifact =
        ada.ok("artifact/link", json!({"thread_id": hidden_thread, "path": "a.txt", "kind": WORD}));
    ada.say(&thread, "seen");
    let scopes = ["read", "post", "approve", "admin"];
    let create =
        json!({"handle": "bob", "kind": "human", "scopes": scopes, "role": "owner", "workrooms": [room]});
    let mut made = ada.ok("token/create", create);
    World {
        home,
        ada,
        seen: [room, thread],
        hidden: [hidden, hidden_thread],
        event,
        artifact: artifact["artifact_id"].as_str().unwrap().into(),
        secret: made["secret"].as_str().unwrap().into(),
        token: made["token"].take(),
        _folder: folder,
    }
}

#[test]
fn no_result_and_no_error_reveals_a_hidden_room() {
    let mut world = world();
    let mut bob = world.home.bearer(&world.secret);
    let [room, thread] = &world.hidden;
    for (method, params) in [
        ("workroom/list", json!({"include_archived": true})),
        ("workroom/list", json!({"query": WORD})),
        ("thread/list", json!({})),
        ("event/list", json!({})),
        ("event/list", json!({"kinds": ["artifact_linked", "member_changed"]})),
        ("artifact/list", json!({})),
        ("search/query", json!({"query": WORD})),
        ("audit/list", json!({})),
        ("token/list", json!({})),
    ] {
        let answer = bob.ok(method, params.clone()).to_string();
        for hidden in [WORD, room, thread, &world.event, &world.artifact] {
            assert!(!answer.contains(hidden), "{method} {params}: {answer}");
        }
    }
    assert_eq!(bob.ok("workroom/list", json!({}))["workrooms"].as_array().unwrap().len(), 1);
    assert_eq!(bob.ok("thread/list", json!({}))["threads"].as_array().unwrap().len(), 1);
    world.ada.ok("server/status", json!({}));
}

#[test]
fn a_hidden_item_is_refused_with_the_same_words_as_a_missing_one() {
    let world = world();
    let mut bob = world.home.bearer(&world.secret);
    let nothing = |prefix: &str| format!("{prefix}0198c000000070008000000000000000");
    let ([room, thread], [seen, seen_thread]) = (&world.hidden, &world.seen);
    let kind = json!({"event": "message", "content": "x"});
    let calls = |room: &str, thread: &str, event: &str, artifact: &str| {
        let link = |path: String| json!({"link": format!("codewhale://workroom/{path}")});
        vec![
            ("workroom/read", json!({"workroom_id": room})),
            ("workroom/update", json!({"workroom_id": room, "title": "x"})),
            ("workroom/archive", json!({"workroom_id": room})),
            ("workroom/unarchive", json!({"workroom_id": room})),
            ("workroom/link", json!({"workroom_id": room})),
            ("workroom/link", json!({"workroom_id": seen, "thread_id": thread})),
            ("workroom/link", json!({"workroom_id": seen, "event_id": event})),
            ("workroom/resolve", link(room.to_owned())),
            ("workroom/resolve", link(format!("{room}/thread/{thread}"))),
            ("workroom/resolve", link(format!("{seen}/thread/{thread}"))),
            ("workroom/resolve", link(format!("{room}/event/{event}"))),
            ("workroom/resolve", link(format!("{seen}/event/{event}"))),
            ("thread/create", json!({"workroom_id": room, "title": "x", "kind": "channel"})),
            ("thread/list", json!({"workroom_id": room})),
            ("thread/read", json!({"thread_id": thread})),
            ("thread/update", json!({"thread_id": thread, "title": "x"})),
            ("thread/archive", json!({"thread_id": thread})),
            ("thread/unarchive", json!({"thread_id": thread})),
            ("thread/attachRef", json!({"thread_id": thread, "ref": "o/r#1"})),
            ("thread/attachRef", json!({"thread_id": thread, "ref": "#1"})),
            ("thread/detachRef", json!({"thread_id": thread, "ref": "o/r#1"})),
            ("event/append", json!({"thread_id": thread, "kind": kind})),
            ("event/append", json!({"thread_id": seen_thread, "kind": kind, "reply_to": event})),
            ("event/appendBatch", json!({"events": [{"thread_id": thread, "kind": kind}]})),
            ("event/read", json!({"event_id": event})),
            ("event/list", json!({"workroom_id": room})),
            ("event/list", json!({"thread_id": thread})),
            ("event/list", json!({"workroom_id": seen, "thread_id": thread})),
            ("event/subscribe", json!({"workroom_id": room})),
            ("event/subscribe", json!({"thread_id": thread})),
            ("artifact/link", json!({"thread_id": thread, "path": "a.txt", "kind": "x"})),
            ("artifact/list", json!({"workroom_id": room})),
            ("artifact/list", json!({"thread_id": thread})),
            ("artifact/read", json!({"artifact_id": artifact})),
            ("search/query", json!({"query": "x", "workroom_id": room})),
            ("member/list", json!({"workroom_id": room})),
            ("member/add", json!({"workroom_id": room, "handle": "x", "kind": "human", "role": "viewer"})),
            ("member/update", json!({"workroom_id": room, "handle": "ada", "role": "viewer"})),
            ("member/remove", json!({"workroom_id": room, "handle": "ada"})),
            (
                "token/create",
                json!({"handle": "x", "kind": "human", "scopes": ["read"], "workrooms": [room]}),
            ),
            ("audit/list", json!({"workroom_id": room})),
        ]
    };
    let missing = [nothing("wr_"), nothing("thr_"), nothing("evt_"), nothing("art_")];
    let hidden = calls(room, thread, &world.event, &world.artifact);
    let missing_calls = calls(&missing[0], &missing[1], &missing[2], &missing[3]);
    for ((method, of_hidden), (_, of_missing)) in hidden.into_iter().zip(missing_calls) {
        let mut refused = bob.err(method, of_hidden.clone()).to_string();
        assert!(refused.contains("not_found"), "{method} {of_hidden}: {refused}");
        for (id, none) in [room, thread, &world.event, &world.artifact].into_iter().zip(&missing) {
            refused = refused.replace(id.as_str(), none);
        }
        assert_eq!(refused, bob.err(method, of_missing).to_string(), "{method} {of_hidden}");
    }
}

#[test]
fn a_subscription_to_everything_contains_only_visible_events() {
    let mut world = world();
    let mut bob = world.home.bearer(&world.secret);
    bob.ok("event/subscribe", json!({"after_seq": 0}));
    // The history of the visible room: its creation, its thread, a message, and bob's membership.
    let history: Vec<_> = (0..4).map(|_| bob.notification()["event"]["workroom_id"].take()).collect();
    assert_eq!(history, vec![json!(world.seen[0]); 4]);
    let (hidden, seen) = (world.hidden[1].clone(), world.seen[1].clone());
    world.ada.say(&hidden, WORD);
    world.ada.say(&seen, "after");
    assert_eq!(bob.notification()["event"]["kind"]["content"], "after");
    bob.assert_quiet();
}

#[test]
fn membership_changes_take_effect_during_a_subscription() {
    let mut world = world();
    let unlimited = json!({"handle": "carol", "kind": "human", "scopes": ["read"]});
    let mut carol = world.home.bearer(&world.ada.token(unlimited));
    assert_eq!(carol.ok("workroom/list", json!({}))["workrooms"], json!([]));
    let all = carol.ok("event/subscribe", json!({}))["subscription_id"].take();
    let [room, thread] = world.hidden.clone();
    world.ada.say(&thread, "before");
    world
        .ada
        .ok("member/add", json!({"workroom_id": room, "handle": "carol", "kind": "human", "role": "viewer"}));
    world.ada.say(&thread, "inside");
    loop {
        let told = carol.notification();
        assert_eq!(told["subscription_id"], all);
        match told["event"]["kind"]["content"].as_str() {
            Some("inside") => break,
            // She may also read what was written at the moment when she was added.
            Some("before") | None => {}
            other => panic!("{other:?}"),
        }
    }
    let one = carol.ok("event/subscribe", json!({"thread_id": thread}))["subscription_id"].take();
    world.ada.ok("member/remove", json!({"workroom_id": room, "handle": "carol"}));
    let ended = json!({"subscription_id": one, "reason": "not_found"});
    assert_eq!(carol.notification(), ended);
    world.ada.say(&thread, "outside");
    carol.assert_quiet();
    assert_eq!(carol.refusal("thread/read", json!({"thread_id": thread})), "not_found");
}

#[test]
fn a_shared_room_is_visible_to_the_tokens_that_it_names() {
    let mut world = world();
    let [room, thread] = world.hidden.clone();
    let share =
        |tokens: Value| json!({"workroom_id": room, "visibility": {"shared": {"allowed_tokens": tokens}}});
    world.ada.ok("workroom/update", share(json!([world.token["token_id"]])));
    let mut bob = world.home.bearer(&world.secret);
    bob.ok("thread/read", json!({"thread_id": thread}));
    bob.say(&thread, "guest");
    assert_eq!(bob.refusal("workroom/update", json!({"workroom_id": room, "title": "x"})), "forbidden");
    world.ada.ok("workroom/update", share(json!([])));
    // Having taken part gives no access.
    assert_eq!(bob.refusal("thread/read", json!({"thread_id": thread})), "not_found");
}

#[test]
fn a_token_gives_no_access_to_files_of_this_machine() {
    let mut world = world();
    let [room, thread] = world.seen.clone();
    let mut bob = world.home.bearer(&world.secret);
    let home = world.home.path().to_str().unwrap().to_owned();
    // Choosing the folder of a room does not help, not even that of the store.
    for folder in ["/", "/etc", &home] {
        let update = json!({"workroom_id": room, "workspace": folder});
        assert_eq!(bob.refusal("workroom/update", update), "forbidden", "{folder}");
    }
    assert_eq!(bob.refusal("workroom/update", json!({"workroom_id": room, "workspace": null})), "forbidden");
    let unlimited = json!({"handle": "codex", "kind": "agent", "scopes": ["read", "post"]});
    let mut codex = world.home.bearer(&world.ada.token(unlimited));
    assert_eq!(codex.refusal("workroom/create", json!({"title": "x", "workspace": home})), "forbidden");
    codex.ok("workroom/create", json!({"title": "x"}));
    // The files of the store can never be artifacts, no matter who chose the folder.
    let above = std::path::Path::new(&home).parent().unwrap();
    let store = world.home.store();
    for folder in [above, std::path::Path::new(&home)] {
        let update = json!({"workroom_id": room, "workspace": folder, "allow_any_workspace": true});
        world.ada.ok("workroom/update", update);
        let path = store.strip_prefix(folder).unwrap();
        for server in [&mut bob, &mut world.ada] {
            for name in [path.to_owned(), path.with_extension("db-wal")] {
                let link = json!({"thread_id": thread, "path": name, "kind": "file"});
                assert_eq!(server.misfit("artifact/link", link), "path", "{}", name.display());
            }
        }
        // Not even if a client recorded one before as an artifact that was not measured.
        let linked = json!({"event": "artifact_linked", "path": path, "kind": "file"});
        world.ada.append(&thread, linked);
        let artifacts = bob.ok("artifact/list", json!({"thread_id": thread}))["artifacts"].take();
        let read = json!({"artifact_id": artifacts[0]["artifact_id"]});
        assert_eq!(bob.refusal("artifact/read", read), "unsupported");
    }
    let status = bob.ok("server/status", json!({}));
    assert_eq!(status["store"].get("path"), None);
    assert!(!status.to_string().contains(&home));
}

#[test]
fn a_token_limited_to_some_rooms_cannot_create_others() {
    let world = world();
    let mut bob = world.home.bearer(&world.secret);
    assert_eq!(bob.refusal("workroom/create", json!({"title": "x"})), "forbidden");
}

#[test]
fn a_token_without_limits_sees_the_room_that_it_creates_and_so_does_the_owner() {
    let mut world = world();
    let unlimited = json!({"handle": "codex", "kind": "agent", "scopes": ["read", "post"]});
    let mut codex = world.home.bearer(&world.ada.token(unlimited));
    let (room, thread) = codex.thread();
    codex.say(&thread, "x");
    codex.ok("workroom/update", json!({"workroom_id": room, "title": "mine"}));
    let members = world.ada.ok("member/list", json!({"workroom_id": room}))["members"].take();
    let members: Vec<_> = members.as_array().unwrap().iter().map(|m| (&m["handle"], &m["role"])).collect();
    assert_eq!(json!(members), json!([["codex", "maintainer"], ["ada", "owner"]]));
}

#[test]
fn an_idempotent_result_is_not_revealed_to_another_token() {
    let mut world = world();
    let [seen, _] = world.seen.clone();
    let scopes = json!(["read", "post"]);
    let unlimited = json!({"handle": "bob", "kind": "human", "scopes": scopes});
    let mut wide = world.home.bearer(&world.ada.token(unlimited));
    let [room, _] = world.hidden.clone();
    world
        .ada
        .ok("member/add", json!({"workroom_id": room, "handle": "bob", "kind": "human", "role": "owner"}));
    let create = json!({"workroom_id": room, "title": WORD, "kind": "channel", "idempotency_key": "k"});
    wide.ok("thread/create", create.clone());
    let mut narrow = world.home.bearer(&world.secret);
    assert_eq!(narrow.refusal("thread/create", create), "not_found");
    narrow.ok("workroom/read", json!({"workroom_id": seen}));
}
