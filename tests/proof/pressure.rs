//! Clients that do not read, and very many requests: memory stays bounded, others are served, and nothing is lost.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::chance::{self, tell};
use super::log;
use crate::support::wire::{Raw, memory, request};
use crate::support::{Home, Server};

/// The memory that a server may use, whatever its client does.
const MAX_MEMORY_KIB: u64 = 100 * 1024;
/// The additional memory for each of a hundred thousand subscriptions or waiting requests.
const MAX_BYTES_EACH: u64 = 2048;

#[track_caller]
fn assert_small(pid: u32, for_many: u64) {
    let used = memory(pid, "VmHWM");
    let most = MAX_MEMORY_KIB + for_many * MAX_BYTES_EACH / 1024;
    tell(&format!("{used} KiB used, of {most}"));
    assert!(used < most, "{used} KiB used, of {most}");
}

fn write_many(server: &mut Server, thread: &str, events: usize) {
    let kind = json!({"event": "message", "content": "one of very many"});
    let batch = vec![json!({"thread_id": thread, "kind": kind}); 1000];
    for _ in 0..events / batch.len() {
        server.ok("event/appendBatch", json!({"events": batch}));
    }
}

/// `protocol.md`, "Subscriptions": a client that does not read lags behind, uses no memory, and loses nothing.
/// `security.md`, "A client that means harm": it does not block others.
#[test]
fn a_client_that_never_reads_uses_no_memory_and_later_gets_everything() {
    let events = chance::tries(20_000, 1_000_000);
    let home = Home::new();
    let (mut writer, mut other) = (home.server(), home.server());
    let (room, thread) = writer.thread();
    let mut silent = Raw::piped(home.command(["app-server"]));
    for id in 0..2 {
        silent.write(request(id, "event/subscribe", json!({"thread_id": thread})));
    }
    silent.write(request(2, "inbox/subscribe", json!({})));
    let told = other.ok("event/subscribe", json!({"workroom_id": room, "kinds": ["receipt"]}));
    write_many(&mut writer, &thread, events);
    let last = writer.append(&thread, json!({"event": "receipt", "summary": "the last"}));
    // Other clients get notifications and responses as if it were not there.
    let mut notification = other.notification();
    assert_eq!(notification["subscription_id"], told["subscription_id"]);
    assert_eq!(notification["event"].take(), last);
    assert_eq!(other.ok("thread/read", json!({"thread_id": thread, "limit": 1}))["events"][0], last);
    for pid in [silent.pid(), writer.pid(), other.pid()] {
        assert_small(pid, 0);
    }

    let mut positions = std::collections::HashMap::new();
    let mut open = 2 * (events + 1);
    while open > 0 {
        let message: Value = serde_json::from_str(&silent.line()).unwrap();
        if message["method"] != "event/appended" {
            continue;
        }
        let seq = message["params"]["event"]["seq"].as_u64().unwrap();
        let subscription = message["params"]["subscription_id"].as_str().unwrap().to_owned();
        let before = positions.insert(subscription, seq);
        assert_eq!(seq, before.unwrap_or(2) + 1, "a gap or a repeat");
        open -= 1;
    }
    assert_eq!(positions.len(), 2);
    assert_small(silent.pid(), 0);
    drop(writer);
    drop(other);
    assert_eq!(log::read(&mut home.server()).len(), 3 + events);
}

/// A realistic maximum for one connection.
fn many() -> u64 {
    chance::tries(10_000, 100_000) as u64
}

/// `security.md`, "A client that means harm": each of a hundred thousand subscriptions gets each event once, and uses
/// only its own memory.
#[test]
fn each_of_very_many_subscriptions_is_notified_once() {
    let home = Home::new();
    let many = many();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let ids: Vec<_> =
        (0..many).map(|_| server.send("event/subscribe", json!({"thread_id": thread}))).collect();
    let subscriptions: HashSet<String> = server
        .answers(ids)
        .into_values()
        .map(|answer| answer["result"]["subscription_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(subscriptions.len() as u64, many);
    let event = home.server().say(&thread, "to all");
    let mut left = subscriptions;
    while !left.is_empty() {
        let told = server.notification();
        assert_eq!(told["event"], event);
        assert!(left.remove(told["subscription_id"].as_str().unwrap()), "told twice: {told}");
    }
    server.assert_quiet();
    assert_small(server.pid(), many);
}

/// `protocol.md`, "Approvals": a waiting request does not block others, and a connection can have 131,072 of them.
#[test]
fn each_of_very_many_waiting_requests_is_answered_once() {
    let home = Home::new();
    let many = many();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let ask = json!({"thread_id": thread, "tool_name": "t", "summary": "s"});
    let asked: Vec<_> = (0..4).map(|_| agent.ok("approval/request", ask.clone())).collect();
    let wait = |approval: &Value| json!({"approval_id": approval["approval_id"]});
    let ids: Vec<_> =
        (0..many).map(|number| agent.send("approval/wait", wait(&asked[number as usize % 4]))).collect();
    // The waiting requests block nobody, neither here nor elsewhere.
    agent.say(&thread, "work continues");
    ada.say(&thread, "and so it does");
    for approval in &asked {
        let digest = &approval["action_digest"];
        let mut params = wait(approval);
        params["action_digest"] = digest.clone();
        params["decision"] = json!("approved");
        ada.ok("approval/decide", params);
    }
    let answers = agent.answers(ids.iter().copied());
    for (number, id) in ids.iter().enumerate() {
        let result = &answers[id]["result"];
        assert_eq!(result["approval_id"], asked[number % 4]["approval_id"]);
        assert_eq!(result["state"], "approved");
    }
    agent.assert_quiet();
    assert_small(agent.pid(), many);
}

/// `protocol.md`, "Framing": a message over the limit gets `too_large` and is skipped without being held in memory.
#[test]
fn an_endless_line_is_not_held_in_memory() {
    let home = Home::new();
    let mut server = Raw::piped(home.command(["app-server"]));
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..chance::tries(64, 1024) {
        server.write(&chunk);
    }
    assert_small(server.pid(), 0);
    server.write("\n");
    server.write(request(1, "workroom/list", json!({})));
    let refusal: Value = serde_json::from_str(&server.line()).unwrap();
    assert_eq!(refusal["error"]["data"]["kind"], "too_large", "{refusal}");
    assert_eq!(server.line(), r#"{"jsonrpc":"2.0","id":1,"result":{"workrooms":[]}}"#);
    assert_small(server.pid(), 0);
    server.input = None;
    assert_eq!(server.rest(), "");
}
