//! The order of requests, cancelling, and orderly shutdown.
#![cfg(target_os = "linux")]

use std::fmt::Write as _;

use crate::support::wire::{Raw, append, assert_answered, long_thread, request, requests, talk};
use crate::support::{Home, Server, contents};
use serde_json::{Value, json};
use workroom_protocol::methods::{
    ApprovalRequest, ArtifactList, Discover, Status, ThreadCreate, ThreadRead, WorkroomCreate,
};
use workroom_protocol::server::Empty;

fn cancel(id: Value) -> String {
    format!("{}\n", json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": id}}))
}

#[test]
fn a_read_sees_every_write_sent_before_it() {
    const COUNT: u64 = 500;
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let mut input = String::new();
    for id in 1..=COUNT {
        input += &append(2 * id, &thread, &id.to_string());
        input += &request(2 * id + 1, "thread/read", json!({"thread_id": thread, "limit": 1}));
    }
    let mut seen = 0;
    for line in talk(home.command(["app-server"]), input).lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        let id = answer["id"].as_u64().unwrap();
        if id % 2 == 1 {
            seen += 1;
            let last: u64 =
                answer["result"]["events"][0]["kind"]["content"].as_str().unwrap().parse().unwrap();
            assert!(last >= id / 2, "{id} saw only {last}");
        }
    }
    assert_eq!(seen, COUNT);
}

#[test]
fn writes_of_every_kind_commit_in_the_order_sent() {
    const SECRET: &str = "correct horse battery";
    let home = Home::new();
    let folder = home.path().parent().unwrap().join("work");
    std::fs::create_dir_all(&folder).unwrap();
    // Large enough that reading it takes longer than any write.
    std::fs::File::create(folder.join("big")).unwrap().set_len(8 << 20).unwrap();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let say = |content: u32| {
        let kind = json!({"event": "message", "content": content.to_string()});
        ("event/append", json!({"thread_id": thread, "kind": kind}))
    };
    let repo = json!({"owner": "octocat", "name": "hello"});
    let calls = [
        say(0),
        ("workroom/update", json!({"workroom_id": room, "workspace": folder, "repo_identity": repo})),
        ("artifact/link", json!({"thread_id": thread, "path": "big", "kind": "log"})),
        say(1),
        ("thread/attachRef", json!({"thread_id": thread, "ref": "#12"})),
        say(2),
        ("thread/update", json!({"thread_id": thread, "title": "Other"})),
        ("thread/detachRef", json!({"thread_id": thread, "url": "octocat/hello#12"})),
        say(3),
        ("workroom/create", json!({"title": "New", "workspace": env!("CARGO_MANIFEST_DIR")})),
        ("thread/archive", json!({"thread_id": thread})),
        say(4),
        // Checking a secret takes longer than any write.
        ("approver/set", json!({"secret": SECRET})),
        (
            "member/add",
            json!({"workroom_id": room, "handle": "bob", "kind": "human", "role": "maintainer", "approver_secret": SECRET}),
        ),
        (
            "member/update",
            json!({"workroom_id": room, "handle": "bob", "role": "owner", "approver_secret": SECRET}),
        ),
        ("member/update", json!({"workroom_id": room, "handle": "bob", "role": "viewer"})),
        say(5),
        ("approver/off", json!({"secret": SECRET})),
        // Without the secret: it is off by then.
        ("member/update", json!({"workroom_id": room, "handle": "bob", "role": "maintainer"})),
        say(6),
    ];
    let after_seq = server.call::<Status>(Empty {}).head_seq;
    let read = ("event/list", json!({"after_seq": after_seq, "limit": 200}));
    let lines = calls.iter().chain([&read]).enumerate();
    server.send_raw(
        lines.map(|(id, (method, params))| request(id, method, params.clone())).collect::<String>(),
    );
    let mut answers: Vec<Value> =
        (0..=calls.len()).map(|_| serde_json::from_str(&server.line()).unwrap()).collect();
    answers.sort_by_key(|answer| answer["id"].as_u64());
    assert!(answers.iter().all(|answer| answer["result"].is_object()), "{answers:?}");
    let events = answers[calls.len()]["result"]["events"].as_array().unwrap();
    let told: Vec<_> = events.iter().map(|event| event["kind"]["event"].as_str().unwrap()).collect();
    let expected = [
        "message",
        "workroom_updated",
        "artifact_linked",
        "message",
        "ref_attached",
        "message",
        "thread_updated",
        "ref_detached",
        "message",
        "workroom_created",
        "thread_updated",
        "message",
        "member_changed",
        "member_changed",
        "member_changed",
        "message",
        "member_changed",
        "message",
    ];
    assert_eq!(told, expected);
    let roles: Vec<_> = events.iter().filter_map(|event| event["kind"]["role"].as_str()).collect();
    assert_eq!(roles, ["maintainer", "owner", "viewer", "maintainer"]);
}

/// A room on a folder with a file that takes very long to read, and a thread in the room.
fn slow_file(home: &Home, server: &mut Server) -> String {
    let folder = home.path().parent().unwrap().join("work");
    std::fs::create_dir_all(&folder).unwrap();
    // A sparse file, which takes no disk space. This is the largest file that gets a digest; larger ones are linked
    // at once.
    std::fs::File::create(folder.join("huge")).unwrap().set_len(256 << 20).unwrap();
    let room = server.call::<WorkroomCreate>(json!({"title": "Room", "workspace": folder}));
    let params = json!({"workroom_id": room.id, "title": "Thread", "kind": "agent_task"});
    server.call::<ThreadCreate>(params).id.0
}

fn link(id: impl Into<Value>, thread: &str) -> String {
    request(id, "artifact/link", json!({"thread_id": thread, "path": "huge", "kind": "log"}))
}

#[track_caller]
fn assert_cancelled(line: &str, id: impl Into<Value>) {
    let answer: Value = serde_json::from_str(line).unwrap();
    assert_eq!(answer["id"], id.into());
    assert_eq!(answer["error"]["code"], 1010, "{answer}");
    assert_eq!(answer["error"]["data"], json!({"kind": "cancelled"}));
}

#[test]
fn a_waiting_request_that_is_cancelled_has_no_effect() {
    let home = Home::new();
    let mut server = home.server();
    let thread = slow_file(&home, &mut server);
    server.send_raw(link("a", &thread));
    server.send_raw(cancel(json!("a")));
    assert_cancelled(&server.line(), "a");
    // Both in one write, followed by another request with the same id.
    server.send_raw(link("a", &thread) + &cancel(json!("a")));
    assert_cancelled(&server.line(), "a");
    assert_eq!(server.call::<ArtifactList>(json!({})).artifacts, []);
}

#[test]
fn a_write_waiting_behind_another_can_be_cancelled_and_the_next_continues() {
    let home = Home::new();
    let mut server = home.server();
    let thread = slow_file(&home, &mut server);
    server.send_raw(link(101, &thread) + &append(102, &thread, "never") + &append(103, &thread, "said"));
    server.send_raw(cancel(json!(102)) + &cancel(json!(101)));
    assert_cancelled(&server.line(), 101);
    let mut rest = [server.line(), server.line()];
    rest.sort_by_key(|line| line.contains("\"id\":103"));
    assert_cancelled(&rest[0], 102);
    let events = server.call::<ThreadRead>(json!({"thread_id": thread})).events;
    assert_eq!((events.len(), contents(&events)), (2, vec!["said".into()]));
}

#[test]
fn a_cancelled_request_of_a_batch_is_answered_in_the_batch() {
    let home = Home::new();
    let mut server = home.server();
    let thread = slow_file(&home, &mut server);
    let list = request(2, "workroom/list", json!({"limit": 1}));
    server.send_raw(format!("[{},{}]\n", link(1, &thread).trim_end(), list.trim_end()));
    server.send_raw(cancel(json!(1)));
    let answers: Vec<Value> = serde_json::from_str(&server.line()).unwrap();
    assert_eq!(answers.len(), 2);
    let cancelled = answers.iter().find(|answer| answer["id"] == 1).unwrap();
    assert_cancelled(&cancelled.to_string(), 1);
}

#[test]
fn cancelling_a_request_that_does_not_wait_does_nothing() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let asked = json!({"thread_id": thread, "tool_name": "shell", "summary": "git push"});
    let asked = server.call::<ApprovalRequest>(asked);
    server.send_raw(request(7, "approval/wait", json!({"approval_id": asked.approval_id})));
    for id in
        [json!("7"), json!(7.0), json!(8), json!(null), json!(true), json!([7]), json!({"id": 7}), json!("")]
    {
        server.send_raw(cancel(id));
    }
    for params in ["", r#","params":[]"#, r#","params":[7]"#, r#","params":{}"#, r#","params":{"ID":7}"#] {
        server.send_raw(format!("{{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\"{params}}}\n"));
    }
    // It still waits after the time in which a cancelled request would be answered.
    for _ in 0..50 {
        server.call::<Discover>(json!({}));
    }
    server.send_raw(cancel(json!(7)));
    assert_cancelled(&server.line(), 7);
    server.send_raw(cancel(json!(7)));
    server.assert_quiet();
}

#[test]
fn at_the_end_of_input_everything_is_answered_and_stored() {
    const COUNT: u64 = 1000;
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let kind = r#"{"event":"message","content":"x"}"#;
    let input = requests(COUNT, "event/append", &format!(r#"{{"thread_id":"{thread}","kind":{kind}}}"#));
    // Including the last request, whose line has no line end.
    let output = talk(home.command(["app-server"]), input.trim_end());
    assert_answered(&output, COUNT);
    let answers: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seq = |answer: &Value| answer["result"]["event"]["seq"].as_u64().unwrap();
    let mut in_order: Vec<_> =
        answers.iter().map(|answer| (answer["id"].as_u64().unwrap(), seq(answer))).collect();
    in_order.sort();
    let first = in_order[0].1;
    assert!(in_order.iter().all(|(id, seq)| *seq == first + id - 1), "{in_order:?}");
    assert_eq!(home.server().call::<Status>(Empty {}).head_seq, first + COUNT - 1);
}

#[test]
fn shutdown_answers_everything_sent_before_it_and_nothing_after_it() {
    const COUNT: u64 = 300;
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let mut input: String = (1..=COUNT).map(|id| append(id, &thread, "x")).collect();
    input += &request(COUNT + 1, "shutdown", json!({}));
    for id in COUNT + 2..COUNT + 100 {
        input += &append(id, &thread, "never");
    }
    let mut server = Raw::piped(home.command(["app-server"]));
    server.write(input);
    // The server ends although its input stays open.
    let output = server.rest();
    assert_answered(&output, COUNT + 1);
    assert!(server.ended().success());
    let read = home.server().call::<ThreadRead>(json!({"thread_id": thread, "limit": 200}));
    assert!(contents(&read.events).iter().all(|content| content != "never"));
    assert_eq!(read.head_seq, COUNT + 2);
}

#[test]
fn shutdown_in_a_batch_answers_the_batch() {
    let home = Home::new();
    let batch = json!([
        {"jsonrpc": "2.0", "id": 1, "method": "shutdown"},
        {"jsonrpc": "2.0", "id": 2, "method": "workroom/list"},
    ]);
    let mut server = Raw::piped(home.command(["app-server"]));
    server.write(format!("{batch}\n{}", request(3, "workroom/list", json!({}))));
    let answers: Value = serde_json::from_str(server.rest().trim_end()).unwrap();
    let expected = json!([
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 2, "result": {"workrooms": []}},
    ]);
    assert_eq!(answers, expected);
    assert!(server.ended().success());
}

#[test]
fn shutdown_as_a_notification_also_ends_the_server() {
    let home = Home::new();
    let mut server = Raw::piped(home.command(["app-server"]));
    server.write("{\"jsonrpc\":\"2.0\",\"method\":\"shutdown\"}\n");
    assert_eq!(server.rest(), "");
    assert!(server.ended().success());
}

#[test]
fn shutdown_waits_for_a_client_that_reads_late() {
    let home = Home::new();
    let thread = long_thread(&home, 1);
    let mut server = Raw::piped(home.command(["app-server"]));
    let mut input = requests(5, "event/list", &format!(r#"{{"thread_id":"{thread}","limit":200}}"#));
    write!(input, "{}", request(6, "shutdown", json!({}))).unwrap();
    server.write(input);
    assert_answered(&server.rest(), 6);
    assert!(server.ended().success());
}

#[test]
fn a_client_that_disconnects_during_a_response_ends_the_server() {
    let home = Home::new();
    let thread = long_thread(&home, 1);
    let params = format!(r#"{{"thread_id":"{thread}","limit":200}}"#);
    let mut server = Raw::piped(home.command(["app-server"]));
    server.write(requests(5, "event/list", &params));
    server.take(1000);
    server.output = None;
    assert!(server.ended().success());
}

#[test]
fn a_client_that_disconnects_while_idle_ends_the_server() {
    let home = Home::new();
    let mut server = Raw::piped(home.command(["app-server"]));
    server.write(requests(1, "workroom/list", "{}"));
    server.line();
    server.output = None;
    assert!(server.ended().success());
}
