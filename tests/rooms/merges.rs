//! Merging two workrooms.

use serde_json::{Value, json};
use workroom_protocol::ErrorKind;
use workroom_protocol::methods::{
    ApprovalDecide, ArtifactRead, EventList, EventRead, SearchQuery, ThreadList, WorkroomLink, WorkroomList,
    WorkroomMerge, WorkroomRead,
};
use workroom_store as store;

use crate::support::{Home, Server};

/// Two rooms of the local user, each with a thread in which an agent asked, failed, mentioned and linked something.
struct World {
    home: Home,
    ada: Server,
    bot: Server,
    from: Value,
    into: Value,
    threads: Vec<Value>,
    asked: Vec<Value>,
    artifact: Value,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let home = Home::new();
        let (mut ada, mut bot) = (home.server(), home.agent("p", "m", "bot"));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "of the first").unwrap();
        let from = ada.ok("workroom/create", json!({"title": "From", "workspace": folder.path()}));
        let into = bot.ok("workroom/create", json!({"title": "Into"}));
        let (mut threads, mut asked) = (Vec::new(), Vec::new());
        for room in [&from, &into] {
            let params = json!({"workroom_id": room["id"], "title": "T", "kind": "agent_task"});
            let thread = ada.ok("thread/create", params);
            let id = thread["id"].as_str().unwrap();
            let ask = json!({"thread_id": id, "tool_name": "t", "summary": "s"});
            asked.push(bot.ok("approval/request", ask));
            bot.append(id, json!({"event": "needs_human", "reason": "needle?"}));
            bot.append(id, json!({"event": "failure", "error": "!"}));
            bot.say(id, "@ada look");
            threads.push(thread);
        }
        let link = json!({"thread_id": threads[0]["id"], "path": "a.txt", "kind": "log"});
        let artifact = bot.ok("artifact/link", link);
        Self { home, ada, bot, from, into, threads, asked, artifact, folder }
    }

    fn merge(&mut self) -> Value {
        let params = json!({"workroom_id": self.from["id"], "into": self.into["id"]});
        self.ada.ok("workroom/merge", params)
    }

    /// Checks that lists and inboxes match a replay of the log.
    fn check(&self) {
        let report = store::check(&self.home.path(), false, &mut |_, _| {}).unwrap();
        assert!(report.damage.is_empty() && report.stale.is_empty(), "{report:?}");
    }
}

fn counts(server: &mut Server) -> Value {
    server.ok("inbox/counts", json!({}))["counts"].take()
}

#[test]
fn threads_move_and_every_link_still_resolves() {
    let mut world = World::new();
    let before = world.ada.ok("event/list", json!({"limit": 200}))["events"].take();
    let room = world.merge();
    assert_eq!((&room["id"], &room["title"]), (&world.into["id"], &json!("Into")));

    let rooms = world.ada.call::<WorkroomList>(json!({"include_archived": true})).workrooms;
    assert_eq!(rooms.len(), 1, "{rooms:?}");
    assert_eq!(rooms[0].active_threads, 2);
    for id in [&world.from["id"], &world.into["id"]] {
        let threads = world.ada.call::<ThreadList>(json!({"workroom_id": id})).threads;
        assert_eq!(threads.len(), 2, "{threads:?}");
        assert!(threads.iter().all(|thread| world.into["id"] == *thread.workroom_id.0));
        assert_eq!(world.into["id"], *world.ada.call::<WorkroomRead>(json!({"workroom_id": id})).id.0);
        let events = world.ada.call::<EventList>(json!({"workroom_id": id, "limit": 200})).events;
        assert_eq!(events.len(), before.as_array().unwrap().len() + 2);
        let found = world.ada.call::<SearchQuery>(json!({"query": "needle", "workroom_id": id}));
        assert_eq!(found.hits.len(), 2);
    }
    let after = world.ada.ok("event/list", json!({"limit": 200}))["events"].take();
    assert_eq!(after.as_array().unwrap()[..before.as_array().unwrap().len()], before.as_array().unwrap()[..]);

    let event = &before.as_array().unwrap()[5];
    let (room, thread, id) = (
        event["workroom_id"].as_str().unwrap(),
        event["thread_id"].as_str().unwrap(),
        event["id"].as_str().unwrap(),
    );
    assert_eq!(room, world.from["id"]);
    for link in [
        format!("codewhale://workroom/{room}"),
        format!("codewhale://workroom/{room}/thread/{thread}"),
        format!("codewhale://workroom/{room}/event/{id}"),
        format!("codewhale://workroom/{room}/thread/{thread}/event/{id}"),
        thread.to_owned(),
        id.to_owned(),
    ] {
        let resolved = world.ada.ok("workroom/resolve", json!({"link": link}));
        assert_eq!(resolved["link"]["workroom_id"], world.into["id"], "{link}");
    }
    let link = json!({"workroom_id": room, "thread_id": thread, "event_id": id});
    let url = world.ada.call::<WorkroomLink>(link).url;
    assert!(url.contains(world.into["id"].as_str().unwrap()), "{url}");
    world.check();
}

#[test]
fn open_items_stay_open_and_inbox_counts_stay_the_same() {
    let mut world = World::new();
    world
        .ada
        .ok("workroom/setNotificationLevel", json!({"workroom_id": world.from["id"], "level": "mentions"}));
    let (ada, bot) = (counts(&mut world.ada), counts(&mut world.bot));
    world.merge();
    assert_eq!((counts(&mut world.ada), counts(&mut world.bot)), (ada.clone(), bot));
    let of_room = json!({"workroom_id": world.from["id"]});
    assert_eq!(world.ada.ok("inbox/counts", of_room)["counts"], ada);
    let items = world.ada.ok("inbox/list", json!({"view": "all"}));
    for item in items["items"].as_array().unwrap() {
        assert_eq!(item["workroom_id"], world.into["id"]);
        let level = if item["thread_id"] == world.threads[0]["id"] { "mentions" } else { "all" };
        assert_eq!(item["level"], level, "levels are those from before");
    }
    world.check();

    // Work continues in the moved threads.
    for (thread, asked) in world.threads.iter().zip(&world.asked) {
        let id = thread["id"].as_str().unwrap();
        let decide = json!({
            "approval_id": asked["approval_id"], "action_digest": asked["action_digest"], "decision": "approved",
        });
        assert_eq!(world.into["id"], *world.ada.call::<ApprovalDecide>(decide).workroom_id.0);
        let failure = json!({"thread_id": id, "limit": 200});
        let events = world.ada.ok("thread/read", failure)["events"].take();
        let failed =
            events.as_array().unwrap().iter().find(|event| event["kind"]["event"] == "failure").unwrap();
        let retried = world.ada.ok("failure/retry", json!({"failure_event_id": failed["id"]}));
        assert_eq!(retried["event"]["workroom_id"], world.into["id"]);
        assert_eq!(world.bot.say(id, "on it")["workroom_id"], world.into["id"]);
    }
    let read = json!({"artifact_id": world.artifact["artifact_id"]});
    let content = world.ada.call::<ArtifactRead>(read).content;
    assert_eq!(content, "of the first", "paths stay in their folder");
    assert!(world.folder.path().exists());
    let archive = json!({"thread_id": world.threads[0]["id"], "upto_seq": 1});
    world.ada.ok("inbox/archive", archive);
    world.check();
}

#[test]
fn subscriptions_continue_for_moved_threads() {
    let mut world = World::new();
    let mut other = world.home.server();
    let of_room = other.ok("event/subscribe", json!({"workroom_id": world.from["id"], "kinds": ["message"]}));
    let of_thread =
        other.ok("event/subscribe", json!({"thread_id": world.threads[0]["id"], "kinds": ["message"]}));
    other.assert_quiet();
    world.merge();
    let thread = world.threads[0]["id"].as_str().unwrap().to_owned();
    let said = world.bot.say(&thread, "after")["id"].take();
    let mut told: Vec<Value> = (0..2)
        .map(|_| {
            let note = other.notification();
            assert_eq!(note["event"]["id"], said);
            note["subscription_id"].clone()
        })
        .collect();
    let mut expected = vec![of_room["subscription_id"].clone(), of_thread["subscription_id"].clone()];
    told.sort_by_key(Value::to_string);
    expected.sort_by_key(Value::to_string);
    assert_eq!(told, expected);
    other.assert_quiet();
}

#[test]
fn merging_gives_nobody_more_access() {
    let mut world = World::new();
    let merge = json!({"workroom_id": world.from["id"], "into": world.into["id"]});
    // An agent owns no workroom.
    assert_eq!(world.bot.refused::<WorkroomMerge>(merge.clone()), ErrorKind::Forbidden);
    let secret = world.ada.token(json!({
        "handle": "bob", "kind": "human", "scopes": ["read", "post"], "role": "contributor",
        "workrooms": [world.from["id"]],
    }));
    let mut bob = world.home.bearer(&secret);
    let hidden = bob.err("workroom/merge", merge.clone());
    let nothing = json!({"workroom_id": world.into["id"], "into": "wr_00000000000000000000000000000000"});
    assert_eq!(hidden["data"]["kind"], "forbidden");
    assert_eq!(bob.refused::<WorkroomMerge>(nothing), ErrorKind::NotFound);

    let refused = world.ada.err("workroom/merge", merge.clone());
    assert_eq!(refused["data"]["kind"], "conflict");
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("bob (contributor there, no member here)"), "{message}");
    let add =
        |role: &str| json!({"workroom_id": world.into["id"], "handle": "bob", "kind": "human", "role": role});
    world.ada.ok("member/add", add("viewer"));
    let refused = world.ada.err("workroom/merge", merge.clone());
    assert!(
        refused["message"].as_str().unwrap().contains("bob (contributor there, viewer here)"),
        "{refused}"
    );
    let update = json!({"workroom_id": world.into["id"], "handle": "bob", "role": "contributor"});
    world.ada.ok("member/update", update);
    let refused = world.ada.err("workroom/merge", merge.clone());
    assert!(refused["message"].as_str().unwrap().contains("a token of bob is limited"), "{refused}");
    let (from, into) = (world.from["id"].clone(), world.into["id"].clone());
    let secret = world.ada.token(json!({
        "handle": "bob", "kind": "human", "scopes": ["read", "post"], "workrooms": [from, into],
    }));
    let limited = world.ada.ok("token/list", json!({}))["tokens"].take();
    let limited = limited.as_array().unwrap().iter().find(|t| t["workrooms"].as_array().unwrap().len() == 1);
    world.ada.ok("token/revoke", json!({"token_id": limited.unwrap()["token_id"]}));
    drop(bob);
    let mut bob = world.home.bearer(&secret);
    world.ada.ok("workroom/merge", merge.clone());
    assert_eq!(world.ada.ok("workroom/merge", merge)["id"], world.into["id"], "twice is once");

    // Bob sees the events of both rooms, by their ids and in lists, until he is no longer a member.
    let events = bob.ok("event/list", json!({"limit": 200}))["events"].take();
    assert!(events.as_array().unwrap().iter().any(|event| event["workroom_id"] == world.from["id"]));
    let id = events[0]["id"].clone();
    bob.call::<EventRead>(json!({"event_id": id}));
    world.ada.ok("member/remove", json!({"workroom_id": world.into["id"], "handle": "bob"}));
    assert_eq!(bob.refused::<EventRead>(json!({"event_id": id})), ErrorKind::NotFound);
    assert_eq!(bob.ok("event/list", json!({}))["events"], json!([]));
    world.check();
}

#[test]
fn a_merged_room_can_be_merged_again() {
    let mut world = World::new();
    world.merge();
    let last = world.ada.ok("workroom/create", json!({"title": "Last"}));
    world.ada.ok("workroom/merge", json!({"workroom_id": world.into["id"], "into": last["id"]}));
    for id in [&world.from["id"], &world.into["id"]] {
        assert_eq!(world.ada.ok("workroom/read", json!({"workroom_id": id}))["id"], last["id"]);
    }
    let list = world.ada.ok("event/list", json!({"workroom_id": last["id"], "limit": 200}));
    let all = world.ada.ok("event/list", json!({"limit": 200}));
    assert_eq!(list["events"], all["events"]);
    world.check();
}
