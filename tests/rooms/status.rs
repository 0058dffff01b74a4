//! The status of a thread follows from its events, and pending items are settled by their answers.

use serde_json::{Value, json};
use workroom_protocol::methods::{
    ThreadArchive, ThreadCreate, ThreadRead, ThreadUnarchive, WorkroomList, WorkroomRead,
};
use workroom_protocol::thread::ThreadStatus::{self, Active, Archived, Completed, Failed, Idle, Waiting};

use crate::support::{Home, Server};

fn status(server: &mut Server, thread: &str) -> ThreadStatus {
    server.call::<ThreadRead>(json!({"thread_id": thread, "limit": 1})).thread.status
}

/// How many threads of the newest room are active.
fn active_threads(server: &mut Server) -> usize {
    server.call::<WorkroomList>(json!({})).workrooms[0].active_threads
}

fn message() -> Value {
    json!({"event": "message", "content": "x"})
}

fn needs_human() -> Value {
    json!({"event": "needs_human", "reason": "which one?"})
}

fn failure() -> Value {
    json!({"event": "failure", "error": "no luck"})
}

fn receipt() -> Value {
    json!({"event": "receipt", "summary": "done"})
}

fn approval_request() -> Value {
    json!({"event": "approval_request", "tool_name": "bash", "summary": "rm -r build"})
}

fn reply(server: &mut Server, thread: &str, kind: Value, to: &Value) -> Value {
    let params = json!({"thread_id": thread, "kind": kind, "reply_to": to});
    server.ok("event/append", params)["event"].take()
}

#[test]
fn the_status_follows_the_life_of_a_thread() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    assert_eq!(status(&mut server, &thread), Idle);
    let mut step = |kind: Value, expected: ThreadStatus| {
        server.append(&thread, kind.clone());
        assert_eq!(status(&mut server, &thread), expected, "{kind}");
        let active = matches!(expected, Active | Waiting | Failed);
        assert_eq!(active_threads(&mut server), usize::from(active), "{kind}");
    };
    step(message(), Active);
    step(json!({"event": "worker_started"}), Active);
    step(needs_human(), Waiting);
    step(json!({"event": "resumed"}), Active);
    step(failure(), Failed);
    step(receipt(), Completed);
    step(json!({"event": "tool_call", "tool_name": "bash", "summary": "ls"}), Active);
    step(receipt(), Completed);
    let archived = server.call::<ThreadArchive>(json!({"thread_id": thread}));
    assert_eq!(archived.status, Archived);
    let back = server.call::<ThreadUnarchive>(json!({"thread_id": thread}));
    assert_eq!(back.status, Completed);
    assert_eq!(server.call::<WorkroomRead>(json!({"workroom_id": room})).head_seq, 12);
}

#[test]
fn every_kind_of_event_leads_to_its_status() {
    let home = Home::new();
    let mut server = home.server();
    for (kind, expected) in [
        (message(), Active),
        (json!({"event": "mention", "mentioned_user": "ada"}), Active),
        (json!({"event": "tool_call", "tool_name": "t", "summary": "s"}), Active),
        (json!({"event": "tool_result", "tool_name": "t", "success": false}), Active),
        (json!({"event": "artifact_linked", "path": "a", "kind": "log"}), Active),
        (json!({"event": "resumed"}), Active),
        (json!({"event": "worker_started"}), Active),
        (approval_request(), Waiting),
        (needs_human(), Waiting),
        (failure(), Failed),
        (receipt(), Completed),
    ] {
        let (_, thread) = server.thread();
        server.append(&thread, kind.clone());
        assert_eq!(status(&mut server, &thread), expected, "{kind}");
    }
}

#[test]
fn a_question_is_settled_only_by_a_persons_reply() {
    let home = Home::new();
    let mut agent = home.agent("anthropic", "claude", "bot");
    let mut person = home.server();
    let (_, thread) = person.thread();
    let first = agent.append(&thread, needs_human())["id"].clone();
    let second = agent.append(&thread, needs_human())["id"].clone();
    person.say(&thread, "not a reply");
    assert_eq!(status(&mut person, &thread), Waiting);
    reply(&mut agent, &thread, message(), &first);
    assert_eq!(status(&mut person, &thread), Waiting);
    reply(&mut person, &thread, message(), &first);
    assert_eq!(status(&mut person, &thread), Waiting);
    reply(&mut person, &thread, message(), &second);
    assert_eq!(status(&mut person, &thread), Active);
}

#[test]
fn resumed_settles_the_question_it_replies_to_or_all_of_them() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let first = server.append(&thread, needs_human())["id"].clone();
    server.append(&thread, needs_human());
    reply(&mut server, &thread, json!({"event": "resumed"}), &first);
    assert_eq!(status(&mut server, &thread), Waiting);
    server.append(&thread, needs_human());
    server.append(&thread, json!({"event": "resumed"}));
    assert_eq!(status(&mut server, &thread), Active);
}

#[test]
fn an_approval_stays_pending_whatever_is_said() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let request = server.append(&thread, approval_request())["id"].clone();
    reply(&mut server, &thread, message(), &request);
    reply(&mut server, &thread, json!({"event": "resumed"}), &request);
    server.append(&thread, json!({"event": "resumed"}));
    server.append(&thread, failure());
    server.append(&thread, receipt());
    assert_eq!(status(&mut server, &thread), Waiting);
}

#[test]
fn a_failure_stays_open_during_conversation_until_work_begins() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.append(&thread, failure());
    server.say(&thread, "oh no");
    assert_eq!(status(&mut server, &thread), Failed);
    server.append(&thread, json!({"event": "worker_started"}));
    assert_eq!(status(&mut server, &thread), Active);
    server.append(&thread, failure());
    assert_eq!(status(&mut server, &thread), Failed);
}

#[test]
fn a_receipt_of_the_failed_agent_settles_its_failure_with_any_model() {
    let home = Home::new();
    let mut first = home.agent_of("claude", "bot", "one session");
    let mut person = home.server();
    let (_, thread) = person.thread();
    first.append(&thread, failure());
    let mut second = home.agent_of("gpt", "bot", "one session");
    second.append(&thread, receipt());
    // If the failure were still open, this event would show it again.
    second.append(&thread, json!({"event": "worker_started"}));
    assert_eq!(status(&mut person, &thread), Active);
}

#[test]
fn the_room_counts_each_active_thread_once() {
    let home = Home::new();
    let mut server = home.server();
    let (room, first) = server.thread();
    let params = json!({"workroom_id": room, "title": "second", "kind": "channel"});
    let second = server.call::<ThreadCreate>(params).id.0;
    let mut counts = Vec::new();
    for (thread, kind) in
        [(&first, message()), (&first, failure()), (&second, needs_human()), (&second, approval_request())]
    {
        server.append(thread, kind);
        counts.push(active_threads(&mut server));
    }
    server.append(&first, receipt());
    counts.push(active_threads(&mut server));
    server.call::<ThreadArchive>(json!({"thread_id": second}));
    counts.push(active_threads(&mut server));
    server.call::<ThreadUnarchive>(json!({"thread_id": second}));
    counts.push(active_threads(&mut server));
    assert_eq!(counts, [1, 1, 2, 2, 1, 0, 1]);
}
