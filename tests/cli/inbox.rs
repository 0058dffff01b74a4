//! `workroom inbox`: what waits for a person, and gone when they dealt with it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::Home;

#[test]
fn an_empty_inbox_says_so() {
    let home = Home::new();
    let ran = home.run(["inbox"]);
    assert_eq!((ran.code, &*ran.out, ran.err.trim()), (Some(0), "", "Nothing waits for you."));
    assert_eq!(home.run(["inbox", "--json"]).json()["items"], json!([]));
}

#[test]
fn what_waits_comes_first_and_says_what_to_do() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    let params = json!({"workroom_id": room, "title": "Another", "kind": "channel"});
    let other = ada.ok("thread/create", params)["id"].as_str().unwrap().to_owned();
    let ask = json!({"thread_id": thread, "tool_name": "shell", "summary": "git push"});
    let approval = agent.ok("approval/request", ask)["approval_id"].as_str().unwrap().to_owned();
    let question = agent.append(&thread, json!({"event": "needs_human", "reason": "which one?"}));
    agent.append(&thread, json!({"event": "failure", "error": "no luck"}));
    let said = agent.say(&other, "have a look, @ada");
    let shown = home.run(["inbox"]).ok();
    let at = |part: &str| shown.find(part).unwrap_or_else(|| panic!("{part}: {shown}"));
    assert!(at("Waits for you 1") < at("Mentions 1"), "{shown}");
    for part in
        ["approve", "also: question, failed", &format!("workroom approve {approval}"), "have a look, @ada"]
    {
        at(part);
    }

    // Dealt with one by one.
    home.run(["approve", &approval, "--yes"]).ok();
    assert!(!home.run(["inbox"]).ok().contains("workroom approve"));
    let reply = json!({"event": "message", "content": "this one"});
    ada.ok("event/append", json!({"thread_id": thread, "kind": reply, "reply_to": question["id"]}));
    agent.append(&thread, json!({"event": "receipt", "summary": "done after all"}));
    let shown = home.run(["inbox"]).ok();
    assert!(!shown.contains("Waits for you"), "{shown}");
    let item = home.run(["inbox", "--json", "--view", "receipts"]).json()["items"][0].take();
    home.run(["inbox", "--done", &format!("{thread}@{}", item["newest_seq"])]).ok();
    home.run(["inbox", "--done", &format!("{other}@{}", said["seq"])]).ok();
    assert_eq!(home.run(["inbox"]).err.trim(), "Nothing waits for you.");
    assert!(home.run(["inbox", "--view", "done"]).ok().contains("Another"));
}

#[test]
fn watching_tells_what_changes() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (_, thread) = ada.thread();
    let mut command = home.command(["inbox", "--watch", "--json"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["items"], json!([]));
    agent.say(&thread, "@ada");
    let changed = next();
    assert_eq!(changed["items"][0]["thread_id"], thread);
    let seq = changed["items"][0]["newest_seq"].clone();
    ada.ok("inbox/archive", json!({"thread_id": thread, "upto_seq": seq}));
    assert_eq!(next()["removed"], json!([thread]));
    child.kill().unwrap();
    child.wait().unwrap();
}
