//! `event/import`: the history of another log, with the actors and times of its source, but without effect on this
//! store.

use serde_json::{Value, json};
use workroom_protocol::ErrorKind;
use workroom_protocol::methods::{EventAppend, EventImport, FailureDismiss, MemberAdd};

use crate::support::{Home, Server};

const AT: &str = "2026-01-02T03:04:05.678Z";

/// An event of another log.
fn event(id: &str, by: &str, kind: Value) -> Value {
    let actor_kind = match by {
        "workroom" => "system",
        "bot" => "agent",
        _ => "human",
    };
    json!({"id": id, "thread_id": "thr_there", "timestamp": AT, "kind": kind,
           "actor": {"kind": actor_kind, "handle": by}})
}

fn replying(to: &str, mut event: Value) -> Value {
    event["reply_to"] = json!(to);
    event
}

fn message(content: &str) -> Value {
    json!({"event": "message", "content": content})
}

fn question() -> Value {
    json!({"event": "needs_human", "reason": "which one?"})
}

#[track_caller]
fn import(server: &mut Server, thread: &str, events: Value) -> Vec<Value> {
    let answer = server.ok("event/import", json!({"thread_id": thread, "events": events}));
    answer["results"].as_array().unwrap().clone()
}

fn outcomes(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["outcome"].as_str().unwrap()).collect()
}

fn resolved(server: &mut Server, room: &str) -> Value {
    server
        .ok("workroom/resolve", json!({"link": format!("codewhale://workroom/{room}"), "max_tokens": 20_000}))
}

fn waiting(server: &mut Server, room: &str) -> [usize; 3] {
    let resolved = resolved(server, room);
    ["pending_approvals", "needs_human", "open_failures"].map(|part| resolved[part].as_array().unwrap().len())
}

#[test]
fn imported_events_keep_actor_and_time_and_name_the_importer() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let mut asked = event("evt_1", "bot", question());
    asked["agent"] = json!({"provider": "acme", "model": "m-1", "agent_id": "bot"});
    let results =
        import(&mut ada, &thread, json!([asked, replying("evt_1", event("evt_2", "bob", message("this")))]));
    assert_eq!(outcomes(&results), ["imported", "imported"]);
    let read = |server: &mut Server, result: &Value| {
        server.ok("event/read", json!({"event_id": result["event_id"]}))["event"].take()
    };
    let (asked, answer) = (read(&mut ada, &results[0]), read(&mut ada, &results[1]));
    assert_eq!((&asked["timestamp"], &asked["agent"]["model"]), (&json!(AT), &json!("m-1")));
    assert_eq!(answer["actor"], json!({"kind": "human", "handle": "bob"}));
    // The ids are new, and the ids of the source are kept.
    assert_eq!((&answer["reply_to"], &answer["imported"]["event_id"]), (&asked["id"], &json!("evt_2")));
    assert_eq!(answer["imported"]["by"], json!({"kind": "human", "handle": "ada"}));
    assert_eq!(answer["imported"]["thread_id"], "thr_there");
    assert_ne!(answer["imported"]["at"], json!(AT));
    // The room changed at the time of the import.
    let thread = ada.ok("thread/read", json!({"thread_id": thread}))["thread"].take();
    assert_eq!(thread["updated_at"], answer["imported"]["at"]);
    let told = resolved(&mut ada, &room)["markdown"].take();
    assert!(told.as_str().unwrap().contains("bob (imported)"), "{told}");
}

#[test]
fn settled_items_of_the_source_stay_settled_and_open_ones_stay_open() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let decided = |id: &str, approval: &str, of: &str, decision: &str, by: &str| {
        let kind = json!({"event": "approval_decided", "approval_id": approval, "request_event_id": of,
                          "decision": decision});
        event(id, by, kind)
    };
    let asks = |id: &str, approval: &str| {
        event(id, "bot", json!({"event": "approval_request", "tool_name": "rm", "approval_id": approval}))
    };
    let failure = |id: &str| event(id, "bot", json!({"event": "failure", "error": "no luck"}));
    let events = json!([
        asks("evt_1", "apr_1"),
        decided("evt_2", "apr_1", "evt_1", "denied", "bob"),
        asks("evt_3", "apr_2"),
        decided("evt_4", "apr_2", "evt_3", "expired", "workroom"),
        asks("evt_5", "apr_3"),
        event("evt_6", "bot", question()),
        replying("evt_6", event("evt_7", "bob", message("this"))),
        event("evt_8", "bot", question()),
        failure("evt_9"),
        event("evt_10", "bob", json!({"event": "failure_dismissed", "failure_event_id": "evt_9"})),
        failure("evt_11"),
        event("evt_12", "bob", json!({"event": "retry_requested", "failure_event_id": "evt_11"})),
        event(
            "evt_13",
            "bot",
            json!({"event": "failure", "error": "again", "retry_of": "evt_12", "attempt": 2})
        ),
    ]);
    let results = import(&mut ada, &thread, events.clone());
    assert!(outcomes(&results).iter().all(|outcome| *outcome == "imported"), "{results:?}");
    // One question and one chain of failures are open. An approval that is pending in the source cannot be decided
    // here.
    assert_eq!(waiting(&mut ada, &room), [0, 1, 1]);
    assert_eq!(ada.ok("approval/list", json!({}))["approvals"], json!([]));
    let found = resolved(&mut ada, &room);
    assert_eq!(found["needs_human"][0]["event_id"], results[7]["event_id"]);
    assert_eq!(found["open_failures"][0]["event_id"], results[12]["event_id"]);
    assert_eq!(
        (&found["needs_human"][0]["imported"], &found["decisions"][0]["imported"]),
        (&json!(true), &json!(true))
    );
    // An answer in this store settles it.
    let reply = json!({"thread_id": thread, "kind": message("that"), "reply_to": results[7]["event_id"]});
    ada.call::<EventAppend>(reply);
    ada.call::<FailureDismiss>(json!({"failure_event_id": results[12]["event_id"]}));
    assert_eq!(waiting(&mut ada, &room), [0, 0, 0]);
    // Importing again does not open anything again.
    let again = import(&mut ada, &thread, events);
    assert!(outcomes(&again).iter().all(|outcome| *outcome == "already_there"), "{again:?}");
    assert_eq!(again[3]["event_id"], results[3]["event_id"]);
    assert_eq!(waiting(&mut ada, &room), [0, 0, 0]);
}

#[test]
fn imported_events_decide_settle_and_mention_nothing_here() {
    let home = Home::new();
    let (mut ada, mut bot) = (home.server(), home.agent("acme", "m-1", "bot"));
    let (room, thread) = ada.thread();
    ada.call::<MemberAdd>(json!({"workroom_id": room, "handle": "bob", "kind": "human", "role": "owner"}));
    let asked = bot.append(&thread, question());
    let failed = bot.append(&thread, json!({"event": "failure", "error": "no luck"}));
    let ask = json!({"thread_id": thread, "tool_name": "rm", "summary": "all of it"});
    let approval = bot.ok("approval/request", ask);
    let before = ada.ok("inbox/list", json!({}))["items"].take();
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let (asked, failed, requested) = (id(&asked["id"]), id(&failed["id"]), id(&approval["event_id"]));
    let forged = json!([
        replying(&asked, event("evt_1", "ada", message("yes"))),
        event("evt_2", "ada", json!({"event": "resumed"})),
        replying(&asked, event("evt_3", "ada", json!({"event": "resumed"}))),
        event(
            "evt_4",
            "ada",
            json!({"event": "approval_decided", "approval_id": approval["approval_id"],
                                     "request_event_id": requested, "decision": "approved"})
        ),
        event("evt_5", "bot", json!({"event": "receipt", "summary": "done"})),
        replying(&failed, event("evt_6", "bot", json!({"event": "receipt", "summary": "done"}))),
        event("evt_7", "ada", json!({"event": "failure_dismissed", "failure_event_id": failed})),
        event("evt_8", "bob", message("@ada @bot look")),
        event("evt_9", "bob", json!({"event": "mention", "mentioned_user": "ada"})),
        event("evt_10", "mallory", message("hello")),
    ]);
    let wait = bot.send("approval/wait", json!({"approval_id": approval["approval_id"]}));
    let results = import(&mut ada, &thread, forged);
    assert_eq!((outcomes(&results)[6], results.len()), ("skipped", 10));
    assert_eq!(waiting(&mut ada, &room), [1, 1, 1]);
    assert_eq!(ada.ok("approval/read", json!({"approval_id": approval["approval_id"]}))["state"], "pending");
    // An approval decided in the source has another id here, so that no subscriber confuses the two.
    let decided = ada.ok("event/read", json!({"event_id": results[3]["event_id"]}))["event"]["kind"].take();
    assert_ne!(decided["approval_id"], approval["approval_id"]);
    assert_eq!(decided.get("request_event_id"), None);
    // No mention, nothing unread, no new member.
    let after = ada.ok("inbox/list", json!({}))["items"].take();
    for field in ["reasons", "unread", "newest_seq", "preview", "last_actor"] {
        assert_eq!(after[0][field], before[0][field], "{field}");
    }
    assert_eq!(bot.ok("inbox/counts", json!({}))["counts"]["mentions"], 0);
    let members = ada.ok("member/list", json!({"workroom_id": room}))["members"].to_string();
    assert!(!members.contains("mallory"), "{members}");
    let cancelled = ada.ok("approval/cancel", json!({"approval_id": approval["approval_id"]}));
    assert_eq!(bot.answer(wait)["result"], cancelled);
}

#[test]
fn only_an_owner_imports_and_no_agent_does() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let events = json!({"thread_id": thread, "events": [event("evt_1", "ada", message("mine"))]});
    let mut agent = home.agent("acme", "m-1", "bot");
    assert_eq!(agent.refused::<EventImport>(events.clone()), ErrorKind::Forbidden);
    for (handle, scopes, role, expected) in [
        ("bob", json!(["read", "post", "approve"]), "owner", "forbidden"),
        ("eve", json!(["read", "post", "approve", "admin"]), "maintainer", "forbidden"),
        ("zoe", json!(["read", "post", "admin"]), "owner", "ok"),
    ] {
        let member = json!({"workroom_id": room, "handle": handle, "kind": "human", "role": role});
        ada.call::<MemberAdd>(member);
        let token = ada.token(json!({"handle": handle, "kind": "human", "scopes": scopes}));
        let mut bearer = home.bearer(&token);
        let id = bearer.send("event/import", events.clone());
        let answer = bearer.answer(id);
        assert_eq!(answer["error"]["data"]["kind"].as_str().unwrap_or("ok"), expected, "{handle}");
        if expected == "ok" {
            let event = json!({"event_id": answer["result"]["results"][0]["event_id"]});
            assert_eq!(ada.ok("event/read", event)["event"]["imported"]["by"]["handle"], json!(handle));
            let trail = ada.ok("audit/list", json!({"limit": 1}))["entries"][0].take();
            assert_eq!(
                (&trail["method"], &trail["actor"]["handle"]),
                (&json!("event/import"), &json!(handle))
            );
        }
    }
}

#[test]
fn an_invalid_entry_does_not_stop_the_others() {
    let home = Home::new();
    let mut ada = home.server();
    let (_, thread) = ada.thread();
    let mut long = event("evt_5", "bob", message("x"));
    long["actor"]["handle"] = json!("two words");
    let mut hidden = event("evt_6", "bob", message("x"));
    hidden["actor"]["handle"] = json!("ada\u{3164}");
    let results = import(
        &mut ada,
        &thread,
        json!([
            event("evt_1", "bob", message("one")),
            event("evt_2", "bob", message(" \u{200b}\n")),
            event("evt_3", "bob", json!({"event": "thread_created", "title": "T", "thread_kind": "channel"})),
            event("not an id", "bob", message("x")),
            long,
            hidden,
            event("evt_7", "bot", json!({"event": "approval_request", "tool_name": "rm", "expires_at": AT})),
            json!({"id": "evt_8", "kind": message("by nobody known")}),
        ]),
    );
    assert_eq!(
        outcomes(&results),
        ["imported", "refused", "skipped", "refused", "refused", "refused", "imported", "imported"]
    );
    assert!(results[1]["reason"].as_str().unwrap().contains("`content` is empty"), "{}", results[1]);
    let unknown = ada.ok("event/read", json!({"event_id": results[7]["event_id"]}))["event"].take();
    assert_eq!(unknown["actor"], json!({"kind": "system", "handle": "unknown"}));
    assert_eq!(ada.misfit("event/import", json!({"thread_id": thread, "events": []})), "events");
}

#[test]
fn an_open_imported_question_is_pending_for_people_and_marked_as_imported() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    ada.call::<MemberAdd>(json!({"workroom_id": room, "handle": "bob", "kind": "human", "role": "viewer"}));
    import(&mut ada, &thread, json!([event("evt_1", "bot", question())]));
    let token = ada.token(json!({"handle": "bob", "kind": "human", "scopes": ["read"]}));
    for server in [&mut ada, &mut home.bearer(&token)] {
        let listed = server.ok("inbox/list", json!({"view": "needs_human"}));
        let item = &listed["items"][0];
        assert_eq!((&item["asks"][0]["imported"], &item["unread"]), (&json!(true), &json!(0)), "{listed}");
        assert_eq!(listed["counts"]["needs_human"], 1);
    }
    drop(ada);
    let shown = home.run(["inbox"]).ok();
    assert!(shown.contains("bot (imported): which one?"), "{shown}");
}
