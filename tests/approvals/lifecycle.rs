//! The life of an approval from request to end.

use serde_json::{Value, json};

use crate::approvals::{ask, decision, id_of};
use crate::support::Home;

fn events(server: &mut crate::support::Server, thread: &str) -> Vec<Value> {
    let mut listed = server.ok("event/list", json!({"thread_id": thread}));
    let mut events = listed["events"].as_array_mut().unwrap().split_off(1);
    events.iter_mut().map(|event| event["kind"].take()).collect()
}

#[test]
fn an_approval_is_requested_and_decided_and_the_thread_shows_both() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    let params = json!({
        "thread_id": thread, "tool_name": "shell", "summary": "git push", "risk": "high",
        "arguments": {"argv": ["git", "push"]}, "options": ["once", "session"],
        "expires_at": "2099-01-01T00:00:00.000Z",
    });
    let asked = agent.ok("approval/request", params);
    assert_eq!((&asked["state"], &asked["workroom_id"]), (&json!("pending"), &json!(room)));
    assert_eq!(asked["requested_by"], json!({"kind": "agent", "handle": "builder"}));
    assert_eq!((&asked["agent"]["model"], &asked["risk"]), (&json!("m-1"), &json!("high")));
    assert_eq!(asked["arguments"], json!({"argv": ["git", "push"]}));
    assert_eq!(ada.ok("thread/read", json!({"thread_id": thread}))["thread"]["status"], "waiting");
    assert_eq!(ada.ok("approval/read", id_of(&asked)), asked);
    assert_eq!(ada.ok("approval/list", json!({"states": ["pending"]}))["approvals"], json!([asked]));

    let mut decide = decision(&asked, "approved");
    decide["reason"] = json!("go ahead");
    decide["scope"] = json!("session");
    let decided = ada.ok("approval/decide", decide);
    for (field, value) in [
        ("state", json!("approved")),
        ("decision", json!("approved")),
        ("reason", json!("go ahead")),
        ("scope", json!("session")),
        ("decided_by", json!({"kind": "human", "handle": "ada"})),
        ("decided_via", json!("app-server")),
        ("action_digest", asked["action_digest"].clone()),
    ] {
        assert_eq!(decided[field], value, "{field}");
    }
    assert!(decided["decided_at"].is_string());
    assert_eq!(agent.ok("approval/wait", id_of(&asked)), decided);
    assert_eq!(ada.ok("approval/list", json!({"states": ["pending"]}))["approvals"], json!([]));
    assert_ne!(ada.ok("thread/read", json!({"thread_id": thread}))["thread"]["status"], "waiting");

    let events = events(&mut ada, &thread);
    assert_eq!(events[0]["approval_id"], asked["approval_id"]);
    let told = json!({
        "event": "approval_decided", "approval_id": asked["approval_id"], "request_event_id": asked["event_id"],
        "decision": "approved", "reason": "go ahead", "scope": "session", "decided_via": "app-server",
        "decided_how": {"surface": "app-server", "terminal": false},
    });
    assert_eq!(events[1], told);
}

#[test]
fn the_first_decision_wins_and_the_second_learns_about_it() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let asked = ask(&mut agent, &thread);
    let denied = ada.ok("approval/decide", decision(&asked, "denied"));
    for again in ["denied", "approved"] {
        let error = ada.err("approval/decide", decision(&asked, again));
        assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(1009), &json!("already_decided")));
        assert_eq!(error["data"]["approval"], denied);
    }
    assert_eq!(ada.refusal("approval/cancel", id_of(&asked)), "already_decided");
}

#[test]
fn neither_the_requester_nor_any_agent_can_decide() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let own = ask(&mut ada, &thread);
    assert_eq!(ada.refusal("approval/decide", decision(&own, "approved")), "forbidden");
    assert_eq!(agent.refusal("approval/decide", decision(&own, "approved")), "forbidden");
    let mut other = home.agent("acme", "m-2", "reviewer");
    let asked = ask(&mut agent, &thread);
    assert_eq!(other.refusal("approval/decide", decision(&asked, "approved")), "forbidden");
    assert_eq!(ada.ok("approval/read", id_of(&asked))["state"], "pending");
}

#[test]
fn a_decision_applies_only_to_the_action_that_was_viewed() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let (one, other) =
        (ask(&mut agent, &thread), json!({"thread_id": thread, "tool_name": "shell", "summary": "rm -rf /"}));
    let other = agent.ok("approval/request", other);
    assert_ne!(one["action_digest"], other["action_digest"]);
    let mut wrong = decision(&other, "approved");
    wrong["action_digest"] = one["action_digest"].clone();
    let error = ada.err("approval/decide", wrong);
    assert_eq!(error["data"]["kind"], "conflict");
    let message = error["message"].as_str().unwrap();
    assert!(
        [&one, &other].iter().all(|a| message.contains(a["action_digest"].as_str().unwrap())),
        "{message}"
    );
    assert_eq!(ada.ok("approval/read", id_of(&other))["state"], "pending");
}

#[test]
fn the_requester_and_everyone_who_could_decide_can_cancel() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let mut other = home.agent("acme", "m-2", "reviewer");
    let (_, thread) = ada.thread();
    for by_agent in [true, false] {
        let asked = ask(&mut agent, &thread);
        assert_eq!(other.refusal("approval/cancel", id_of(&asked)), "forbidden");
        let mut params = id_of(&asked);
        params["reason"] = json!("not needed");
        let cancelled = if by_agent { &mut agent } else { &mut ada }.ok("approval/cancel", params);
        assert_eq!((&cancelled["state"], &cancelled["reason"]), (&json!("cancelled"), &json!("not needed")));
        assert_eq!(cancelled.get("decision"), None);
        assert_eq!(ada.refusal("approval/decide", decision(&asked, "approved")), "already_decided");
    }
}

#[test]
fn a_new_request_can_supersede_an_older_one() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let older = ask(&mut agent, &thread);
    let again = json!({
        "thread_id": thread, "tool_name": "shell", "summary": "git push --force", "supersedes": older["approval_id"],
    });
    let mut other = home.agent("acme", "m-2", "reviewer");
    assert_eq!(other.refusal("approval/request", again.clone()), "conflict");
    let newer = agent.ok("approval/request", again.clone());
    assert_eq!(ada.ok("approval/read", id_of(&older))["state"], "superseded");
    assert_eq!(ada.refusal("approval/decide", decision(&older, "approved")), "already_decided");
    assert_eq!(agent.refusal("approval/request", again), "already_decided");
    ada.ok("approval/decide", decision(&newer, "approved"));
}

#[test]
fn a_request_in_a_plain_event_is_also_an_approval() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let bare = json!({"event": "approval_request", "tool_name": "shell"});
    let one = agent.append(&thread, bare.clone());
    let batch = json!({"events": [{"thread_id": thread, "kind": bare}]});
    let two = agent.ok("event/appendBatch", batch)["events"][0].take();
    for event in [one, two] {
        let approval = ada.ok("approval/read", id_of(&event["kind"]));
        assert_eq!((&approval["event_id"], &approval["summary"]), (&event["id"], &json!("")));
        assert_eq!(ada.ok("approval/decide", decision(&approval, "approved"))["state"], "approved");
    }
    assert_ne!(ada.ok("thread/read", json!({"thread_id": thread}))["thread"]["status"], "waiting");
    // A client cannot set the fields that the server sets.
    let forged = json!({
        "event": "approval_request", "tool_name": "shell", "action_digest": "sha256:0",
        "approval_id": "apr_00000000000070008000000000000000",
    });
    let event = agent.append(&thread, forged);
    assert_ne!(event["kind"]["approval_id"], "apr_00000000000070008000000000000000");
    assert_ne!(event["kind"]["action_digest"], "sha256:0");
}

#[test]
fn a_retry_of_the_request_is_the_same_approval() {
    let home = Home::new();
    let mut agent = home.agent_of("m-1", "builder", "one session");
    let (_, thread) = agent.thread();
    let params = json!({"thread_id": thread, "tool_name": "t", "summary": "s", "idempotency_key": "k"});
    let first = agent.ok("approval/request", params.clone());
    drop(agent);
    let mut agent = home.agent_of("m-1", "builder", "one session");
    assert_eq!(agent.ok("approval/request", params.clone()), first);
    let mut other = params;
    other["summary"] = json!("another");
    assert_eq!(agent.refusal("approval/request", other), "conflict");
    assert_eq!(agent.ok("approval/list", json!({}))["approvals"].as_array().unwrap().len(), 1);
}

#[test]
fn invalid_params_are_refused_with_the_field() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let with = |name: &str, value: Value| {
        let mut params = json!({"thread_id": thread, "tool_name": "t", "summary": "s"});
        params[name] = value;
        params
    };
    for (name, value, path) in [
        ("tool_name", json!(""), "tool_name"),
        ("risk", json!("extreme"), "risk"),
        ("options", json!([""]), "options[0]"),
        ("options", json!(vec!["x"; 21]), "options"),
        ("expires_at", json!("2020-01-01T00:00:00.000Z"), "expires_at"),
        ("state", json!("approved"), "state"),
    ] {
        assert_eq!(agent.misfit("approval/request", with(name, value)), path);
    }
    assert_eq!(agent.refusal("approval/request", with("arguments", json!("x".repeat(70_000)))), "too_large");
    assert_eq!(agent.refusal("approval/request", with("summary", json!("x".repeat(20_000)))), "too_large");
    let asked = ask(&mut agent, &thread);
    let mut scoped = decision(&asked, "approved");
    scoped["scope"] = json!("always");
    assert_eq!(ada.misfit("approval/decide", scoped), "scope");
    assert_eq!(ada.misfit("approval/decide", decision(&asked, "expired")), "decision");
    let nowhere = json!({"approval_id": "apr_00000000000070008000000000000000"});
    for method in ["approval/read", "approval/wait", "approval/cancel"] {
        assert_eq!(ada.refusal(method, nowhere.clone()), "not_found");
    }
}

#[test]
fn approvals_come_in_pages_newest_first() {
    let home = Home::new();
    let mut agent = home.agent("acme", "m-1", "builder");
    let (room, thread) = agent.thread();
    let mut asked: Vec<_> = (0..5).map(|_| ask(&mut agent, &thread)).collect();
    asked.reverse();
    for about in [json!({"workroom_id": room}), json!({"thread_id": thread}), json!({})] {
        let mut params = about;
        params["limit"] = json!(3);
        let first = agent.ok("approval/list", params.clone());
        assert_eq!(first["approvals"], json!(asked[..3]));
        params["cursor"] = first["next_cursor"].clone();
        let second = agent.ok("approval/list", params);
        assert_eq!((&second["approvals"], second.get("next_cursor")), (&json!(asked[3..]), None));
    }
}

#[test]
fn the_context_of_a_thread_has_what_is_needed_to_decide() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    let asked = ask(&mut agent, &thread);
    let link = json!({"link": format!("codewhale://workroom/{room}/thread/{thread}")});
    let told = ada.ok("workroom/resolve", link.clone());
    assert_eq!(told["pending_approvals"][0]["approval_id"], asked["approval_id"]);
    assert!(told["markdown"].as_str().unwrap().contains(asked["approval_id"].as_str().unwrap()));
    ada.ok("approval/decide", decision(&asked, "denied"));
    let told = ada.ok("workroom/resolve", link);
    assert_eq!(told["pending_approvals"], json!([]));
    assert_eq!(told["decisions"][0]["approval_id"], asked["approval_id"]);
}
