//! Failures can be retried one attempt at a time or dismissed, and questions can be answered.

use serde_json::{Value, json};

use crate::support::{Home, Server};

fn fail(server: &mut Server, thread: &str) -> Value {
    server.append(thread, json!({"event": "failure", "error": "no luck"}))
}

fn of(failure: &Value) -> Value {
    json!({"failure_event_id": failure["id"]})
}

fn open(server: &mut Server, room: &str, section: &str) -> Vec<Value> {
    let link = json!({"link": format!("codewhale://workroom/{room}")});
    server.ok("workroom/resolve", link)[section].as_array().unwrap().clone()
}

fn status(server: &mut Server, thread: &str) -> Value {
    server.ok("thread/read", json!({"thread_id": thread}))["thread"]["status"].take()
}

#[test]
fn only_one_attempt_runs_at_a_time_and_its_outcome_is_linked() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    let first = fail(&mut agent, &thread);
    assert_eq!(first["kind"].get("retry_of"), None);
    let mut params = of(&first);
    params["note"] = json!("with more memory");
    let retry = ada.ok("failure/retry", params)["event"].take();
    let asked = json!({
        "event": "retry_requested", "failure_event_id": first["id"], "attempt": 2, "note": "with more memory",
    });
    assert_eq!((&retry["kind"], &retry["reply_to"]), (&asked, &first["id"]));
    let error = ada.err("failure/retry", of(&first));
    assert_eq!(error["data"]["kind"], "conflict");
    assert!(error["message"].as_str().unwrap().contains(retry["id"].as_str().unwrap()), "{error}");

    // It fails again. Only the last failure stays open.
    let second = fail(&mut agent, &thread);
    assert_eq!((&second["kind"]["retry_of"], &second["kind"]["attempt"]), (&retry["id"], &json!(2)));
    let standing = open(&mut ada, &room, "open_failures");
    assert_eq!(
        (standing.len(), &standing[0]["event_id"], &standing[0]["attempt"]),
        (1, &second["id"], &json!(2))
    );
    assert_eq!(ada.refusal("failure/retry", of(&first)), "conflict");

    // It succeeds.
    let retry = ada.ok("failure/retry", of(&second))["event"].take();
    assert_eq!(retry["kind"]["attempt"], 3);
    let receipt = agent.append(&thread, json!({"event": "receipt", "summary": "done"}));
    assert_eq!(receipt["kind"]["retry_of"], retry["id"]);
    assert!(open(&mut ada, &room, "open_failures").is_empty());
    assert_eq!(ada.refusal("failure/retry", of(&second)), "conflict");
    assert_eq!(ada.refusal("failure/dismiss", of(&second)), "conflict");
}

#[test]
fn another_agent_reports_the_outcome_by_replying_to_the_retry_request() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let mut other = home.agent("acme", "m-2", "fixer");
    let (room, thread) = ada.thread();
    let failure = fail(&mut agent, &thread);
    let retry = ada.ok("failure/retry", of(&failure))["event"].take();
    // An unrelated receipt of another agent is not the outcome of the attempt.
    let apart = other.append(&thread, json!({"event": "receipt", "summary": "something else"}));
    assert_eq!(apart["kind"].get("retry_of"), None);
    assert_eq!(open(&mut ada, &room, "open_failures").len(), 1);
    let kind = json!({"event": "receipt", "summary": "fixed"});
    let done = json!({"thread_id": thread, "kind": kind, "reply_to": retry["id"]});
    assert_eq!(other.ok("event/append", done)["event"]["kind"]["retry_of"], retry["id"]);
    assert!(open(&mut ada, &room, "open_failures").is_empty());
}

#[test]
fn a_client_cannot_set_the_links_that_the_server_sets() {
    let home = Home::new();
    let mut agent = home.agent("acme", "m-1", "builder");
    let (_, thread) = agent.thread();
    let kind = json!({"event": "failure", "error": "x", "retry_of": "evt_00000000000070008000000000000000", "attempt": 9});
    let failure = agent.append(&thread, kind);
    assert_eq!(failure["kind"], json!({"event": "failure", "error": "x"}));
}

#[test]
fn a_dismissed_failure_stays_dismissed() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    let failure = fail(&mut agent, &thread);
    ada.ok("failure/retry", of(&failure));
    let mut params = of(&failure);
    params["reason"] = json!("flaky runner");
    let dismissed = ada.ok("failure/dismiss", params)["event"].take();
    assert_eq!(dismissed["kind"]["reason"], "flaky runner");
    assert!(open(&mut ada, &room, "open_failures").is_empty());
    assert_eq!(ada.refusal("failure/dismiss", of(&failure)), "conflict");
    let said = ada.say(&thread, "x");
    assert_eq!(ada.refusal("failure/retry", of(&said)), "conflict");
    assert_eq!(ada.refusal("failure/retry", json!({"failure_event_id": "evt_0"})), "not_found");
}

#[test]
fn retrying_the_request_for_an_attempt_starts_only_one() {
    let home = Home::new();
    let mut ada = home.server();
    let (_, thread) = ada.thread();
    let failure = fail(&mut ada, &thread);
    let mut params = of(&failure);
    params["idempotency_key"] = json!("k");
    let first = ada.ok("failure/retry", params.clone());
    assert_eq!(ada.ok("failure/retry", params), first);
}

#[test]
fn a_question_is_settled_by_a_persons_reply_or_by_resumed() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    let need = json!({"event": "needs_human", "reason": "which one?"});
    let question = agent.append(&thread, need.clone());
    assert_eq!(status(&mut ada, &thread), "waiting");
    let reply = |id: &Value| json!({"thread_id": thread, "kind": {"event": "message", "content": "this"}, "reply_to": id});
    agent.ok("event/append", reply(&question["id"]));
    ada.say(&thread, "not a reply");
    assert_eq!(open(&mut ada, &room, "needs_human").len(), 1);
    ada.ok("event/append", reply(&question["id"]));
    assert!(open(&mut ada, &room, "needs_human").is_empty());
    agent.append(&thread, need.clone());
    agent.append(&thread, need);
    agent.append(&thread, json!({"event": "resumed"}));
    assert!(open(&mut ada, &room, "needs_human").is_empty());
}
