//! Random histories: replaying the log produces the same projections as writing it did.

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};
use workroom_store as store;

use crate::support::{Home, Server};

/// One step of a history. Numbers select from the items that exist at that time.
#[derive(Debug, Clone)]
enum Step {
    Room(usize),
    UpdateRoom(usize, Value),
    ArchiveRoom(usize, bool),
    MergeRooms(usize, usize),
    Thread(usize),
    UpdateThread(usize, Value),
    ArchiveThread(usize, bool),
    Attach(usize, &'static str, Option<bool>),
    Detach(usize, &'static str),
    Append { who: usize, thread: usize, kind: Value, reply_to: Option<usize> },
    Batch(usize, Vec<Value>),
    Member(usize, &'static str, &'static str, &'static str),
    Ask(usize, usize, Option<usize>),
    End(usize, &'static str),
    Failure(usize, &'static str),
    Import(usize, Vec<(usize, Value, usize)>),
}

fn kind() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-zé修复\" ]{0,20}",
        Just("naïve 登录 needle".to_owned()),
        Just("@ada @bot，@codex".to_owned())
    ];
    (0..11, text).prop_map(|(kind, text)| match kind {
        0 => json!({"event": "message", "content": text}),
        1 => json!({"event": "mention", "mentioned_user": "ada"}),
        2 => json!({"event": "tool_call", "tool_name": "bash", "summary": text}),
        3 => json!({"event": "tool_result", "tool_name": "bash", "success": false}),
        4 => json!({"event": "approval_request", "tool_name": "bash", "summary": text}),
        5 => json!({"event": "artifact_linked", "path": format!("a/{text}"), "kind": "log"}),
        6 => json!({"event": "receipt", "summary": text}),
        7 => json!({"event": "failure", "error": text}),
        8 => json!({"event": "needs_human", "reason": text}),
        9 => json!({"event": "resumed"}),
        _ => json!({"event": "worker_started"}),
    })
}

/// Events that an import can contain in addition to those that clients append.
fn history() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => kind(),
        1 => one_of(&["approved", "denied", "expired"]).prop_map(|decision| json!({
            "event": "approval_decided", "approval_id": "apr_1", "request_event_id": "evt_1", "decision": decision
        })),
        1 => one_of(&["failure_dismissed", "retry_requested"])
            .prop_map(|event| json!({"event": event, "failure_event_id": "evt_1"})),
        1 => Just(json!({"event": "failure", "error": "again", "retry_of": "evt_2"})),
    ]
}

fn reference() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "o/r#1",
        "O/R#1",
        "https://github.com/o/r/pull/1",
        "o/r#2",
        "o/r@abcdef1",
        "https://example.com/x",
    ])
}

fn change_of_room() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"title": "other"}),
        json!({"workspace": "/nowhere", "branch": "b", "repo_identity": {"owner": "o", "name": "r"}}),
        json!({"workspace": null, "branch": null, "repo_identity": null}),
        json!({"visibility": {"shared": {"allowed_tokens": []}}}),
    ])
}

fn change_of_thread() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"title": "other"}),
        json!({"participants": ["a", "b"]}),
        json!({"participants": []}),
    ])
}

fn one_of(names: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    prop::sample::select(names.to_vec())
}

fn step() -> impl Strategy<Value = Step> {
    let some = 0..100usize;
    prop_oneof![
        1 => some.clone().prop_map(Step::Room),
        1 => (some.clone(), change_of_room()).prop_map(|(room, change)| Step::UpdateRoom(room, change)),
        1 => (some.clone(), any::<bool>()).prop_map(|(room, archived)| Step::ArchiveRoom(room, archived)),
        1 => (some.clone(), some.clone()).prop_map(|(from, into)| Step::MergeRooms(from, into)),
        2 => some.clone().prop_map(Step::Thread),
        1 => (some.clone(), change_of_thread()).prop_map(|(thread, change)| Step::UpdateThread(thread, change)),
        1 => (some.clone(), any::<bool>()).prop_map(|(thread, archived)| Step::ArchiveThread(thread, archived)),
        2 => (some.clone(), reference(), any::<Option<bool>>()).prop_map(|(thread, what, primary)| Step::Attach(thread, what, primary)),
        1 => (some.clone(), reference()).prop_map(|(thread, what)| Step::Detach(thread, what)),
        8 => (some.clone(), some.clone(), kind(), prop::option::of(some.clone()))
            .prop_map(|(who, thread, kind, reply_to)| Step::Append { who, thread, kind, reply_to }),
        1 => (some.clone(), prop::collection::vec(kind(), 1..6)).prop_map(|(thread, kinds)| Step::Batch(thread, kinds)),
        2 => (some.clone(), one_of(&["add", "update", "remove"]), one_of(&["bob", "BOB", "bot", "codex"]), one_of(&["viewer", "owner"]))
            .prop_map(|(room, verb, handle, role)| Step::Member(room, verb, handle, role)),
        3 => (some.clone(), some.clone(), prop::option::of(some.clone()))
            .prop_map(|(who, thread, older)| Step::Ask(who, thread, older)),
        3 => (some.clone(), one_of(&["approved", "denied", "cancel"])).prop_map(|(approval, how)| Step::End(approval, how)),
        2 => (some.clone(), prop::collection::vec((0..6usize, history(), 0..6usize), 1..6))
            .prop_map(|(thread, events)| Step::Import(thread, events)),
        3 => (some, one_of(&["retry", "dismiss"])).prop_map(|(event, verb)| Step::Failure(event, verb)),
    ]
}

/// What a history has created so far.
#[derive(Default)]
struct World {
    rooms: Vec<Value>,
    threads: Vec<Value>,
    events: Vec<Value>,
    approvals: Vec<Value>,
}

fn pick(from: &[Value], number: usize) -> Value {
    from.get(number % from.len().max(1)).cloned().unwrap_or_else(|| json!("none"))
}

/// Calls a method that may be refused, but must not cause an internal error.
fn call(server: &mut Server, method: &str, params: Value) -> Option<Value> {
    let id = server.send(method, params.clone());
    let mut answer = server.answer(id);
    let code = answer["error"]["code"].as_i64().unwrap_or(0);
    assert!([0, 1001, 1002, 1004, 1009, -32602].contains(&code), "{method} {params}: {answer}");
    answer.get_mut("result").map(Value::take)
}

fn take(step: Step, servers: &mut [Server; 3], world: &mut World) {
    let with = |mut params: Value, name: &str, id: Value| {
        params[name] = id;
        params
    };
    let owner = &mut servers[0];
    match step {
        Step::Room(who) => {
            let room = call(&mut servers[who % 3], "workroom/create", json!({"title": "Room"}));
            world.rooms.extend(room.map(|room| room["id"].clone()));
        }
        Step::UpdateRoom(room, change) => {
            call(owner, "workroom/update", with(change, "workroom_id", pick(&world.rooms, room)));
        }
        Step::ArchiveRoom(room, archived) => {
            let method = if archived { "workroom/archive" } else { "workroom/unarchive" };
            call(owner, method, json!({"workroom_id": pick(&world.rooms, room)}));
        }
        Step::MergeRooms(from, into) => {
            let params = json!({"workroom_id": pick(&world.rooms, from), "into": pick(&world.rooms, into)});
            call(owner, "workroom/merge", params);
        }
        Step::Thread(room) => {
            let params =
                json!({"workroom_id": pick(&world.rooms, room), "title": "Thread", "kind": "channel"});
            world.threads.extend(call(owner, "thread/create", params).map(|thread| thread["id"].clone()));
        }
        Step::UpdateThread(thread, change) => {
            call(owner, "thread/update", with(change, "thread_id", pick(&world.threads, thread)));
        }
        Step::ArchiveThread(thread, archived) => {
            let method = if archived { "thread/archive" } else { "thread/unarchive" };
            call(owner, method, json!({"thread_id": pick(&world.threads, thread)}));
        }
        Step::Attach(thread, what, primary) => {
            let params = json!({"thread_id": pick(&world.threads, thread), "ref": what, "primary": primary});
            call(owner, "thread/attachRef", params);
        }
        Step::Detach(thread, what) => {
            call(owner, "thread/detachRef", json!({"thread_id": pick(&world.threads, thread), "ref": what}));
        }
        Step::Append { who, thread, kind, reply_to } => {
            let mut params = json!({"thread_id": pick(&world.threads, thread), "kind": kind});
            if let Some(event) = reply_to {
                params["reply_to"] = pick(&world.events, event);
            }
            let appended = call(&mut servers[who % 3], "event/append", params);
            world.events.extend(appended.map(|answer| answer["event"]["id"].clone()));
        }
        Step::Batch(thread, kinds) => {
            let thread = pick(&world.threads, thread);
            let events: Vec<_> =
                kinds.iter().map(|kind| json!({"thread_id": thread, "kind": kind})).collect();
            call(owner, "event/appendBatch", json!({"events": events}));
        }
        Step::Member(room, verb, handle, role) => {
            let mut params = json!({"workroom_id": pick(&world.rooms, room), "handle": handle});
            if verb != "remove" {
                params["role"] = json!(role);
                params["display_name"] = json!(handle.to_lowercase());
            }
            if verb == "add" {
                params["kind"] = json!(if handle == "codex" { "agent" } else { "human" });
            }
            call(owner, &format!("member/{verb}"), params);
        }
        Step::Ask(who, thread, older) => {
            let older = older.map(|older| pick(&world.approvals, older)["approval_id"].clone());
            let params = json!({
                "thread_id": pick(&world.threads, thread), "tool_name": "t", "summary": "s", "supersedes": older,
            });
            world.approvals.extend(call(&mut servers[who % 3], "approval/request", params));
        }
        Step::End(approval, how) => {
            let approval = pick(&world.approvals, approval);
            let id = approval["approval_id"].as_str().unwrap_or("none");
            let digest = approval["action_digest"].as_str().unwrap_or("none");
            match how {
                "cancel" => call(owner, "approval/cancel", json!({"approval_id": id})),
                how => call(
                    owner,
                    "approval/decide",
                    json!({"approval_id": id, "action_digest": digest, "decision": how}),
                ),
            };
        }
        Step::Import(thread, events) => {
            let event = |(id, kind, reply): &(usize, Value, usize)| {
                json!({"id": format!("evt_{id}"), "kind": kind, "reply_to": format!("evt_{reply}"),
                       "thread_id": format!("thr_{}", reply % 2),
                       "actor": {"kind": if id % 2 == 0 { "human" } else { "agent" }, "handle": "bob"}})
            };
            let events: Vec<_> = events.iter().map(event).collect();
            let params = json!({"thread_id": pick(&world.threads, thread), "events": events});
            let imported = call(owner, "event/import", params);
            let results = imported.map(|mut answer| answer["results"].take());
            let ids = results.iter().flat_map(|results| results.as_array().unwrap());
            world.events.extend(ids.map(|result| result["event_id"].clone()).filter(|id| id.is_string()));
        }
        Step::Failure(event, verb) => {
            call(owner, &format!("failure/{verb}"), json!({"failure_event_id": pick(&world.events, event)}));
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_rebuild_from_the_log_gives_the_same_rows(steps in prop::collection::vec(step(), 1..80)) {
        let home = Home::new();
        let mut servers = [home.server(), home.agent("p", "m1", "bot"), home.agent("p", "m2", "bot")];
        let mut world = World::default();
        for first in [Step::Room(0), Step::Thread(0)].into_iter().chain(steps) {
            take(first, &mut servers, &mut world);
        }
        let report = store::check(&home.path(), false, &mut |_, _| {}).unwrap();
        prop_assert!(report.events >= 2);
        prop_assert!(report.damage.is_empty() && report.stale.is_empty(), "{:?}", report);
    }
}
