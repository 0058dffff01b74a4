//! `workroom inbox`: shows the pending items, and handled items disappear.

use serde_json::json;

use crate::support::Home;

/// A thread in which an agent asks, and one in which it mentions the person: their ids, and the last position.
fn asked(home: &Home) -> (String, String, u64) {
    let mut ada = home.server();
    let mut bot = home.agent("p", "m", "bot");
    let (_, asks) = ada.thread();
    let (_, mentions) = ada.thread();
    bot.append(&asks, json!({"event": "needs_human", "reason": "which\u{1b}[31m one?"}));
    let seq = bot.say(&mentions, "@ada look")["seq"].as_u64().unwrap();
    (asks, mentions, seq)
}

#[test]
fn pending_items_come_first_and_shown_items_can_be_marked_done() {
    let home = Home::new();
    let (asks, mentions, seq) = asked(&home);
    let shown = home.run(["inbox"]).ok();
    let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("no {text} in {shown}"));
    assert!(at("Pending") < at(&asks) && at(&asks) < at("Mentions") && at("Mentions") < at(&mentions));
    assert!(shown.contains("bot: which␛[31m one?") && shown.contains("bot: @ada look"), "{shown}");
    let named = format!("{mentions}@{seq}");
    assert!(shown.contains(&named), "{shown}");
    assert!(shown.contains(&format!("workroom inbox --done {named}")), "{shown}");
    assert_eq!(home.run(["inbox", "--done", &named]).ok(), "Done: Thread\n");
    let stays = home.run(["inbox", "--done", &format!("{asks}@{seq}")]).ok();
    assert_eq!(stays, "Done: Thread; it stays until its pending item is resolved\n");
    let left = home.run(["inbox"]).ok();
    assert!(left.contains(&asks) && !left.contains(&mentions), "{left}");
    let done = home.run(["inbox", "--view", "done"]).ok();
    assert!(done.contains("done") && done.contains("Thread") && !done.contains("--done"), "{done}");
    assert!(!done.contains("which"), "{done}");
    home.server().append(&asks, json!({"event": "resumed"}));
    let empty = home.run(["inbox"]);
    assert_eq!((empty.code, &*empty.out, &*empty.err), (Some(0), "", "Your inbox is empty.\n"));
}

#[test]
fn reading_does_not_remove_items_and_json_is_the_result_of_the_method() {
    let home = Home::new();
    let (_, mentions, seq) = asked(&home);
    assert_eq!(home.run(["inbox", "--read", &format!("{mentions}@{seq}")]).ok(), "Read: Thread\n");
    let list = home.run(["inbox", "--view", "mentions", "--json"]).json();
    assert_eq!((&list["items"][0]["unread"], &list["counts"]["mentions"]), (&json!(0), &json!(1)));
    for wrong in ["thr_1@1", &mentions, "x"] {
        let refused = home.run(["inbox", "--done", wrong]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
}

#[test]
fn watching_prints_the_current_items_and_then_changes() {
    use std::io::{BufRead, BufReader};
    let home = Home::new();
    let (asks, _, _) = asked(&home);
    let mut command = home.command(["inbox", "--watch", "--json"]);
    let mut watching = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<serde_json::Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["items"].as_array().unwrap().len(), 2);
    home.server().append(&asks, json!({"event": "resumed"}));
    assert_eq!(next()["removed"], json!([asks]));
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[test]
fn pending_items_come_first_and_name_the_command_to_answer_them() {
    let home = Home::new();
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    let params = json!({"workroom_id": room, "title": "Another", "kind": "channel"});
    let other = ada.ok("thread/create", params)["id"].as_str().unwrap().to_owned();
    let ask = json!({"thread_id": thread, "tool_name": "shell", "summary": "git push", "risk": "high"});
    let approval = agent.ok("approval/request", ask)["approval_id"].as_str().unwrap().to_owned();
    let question = agent.append(&thread, json!({"event": "needs_human", "reason": "which one?"}));
    let failure = agent.append(&thread, json!({"event": "failure", "error": "no luck"}));
    let said = agent.say(&other, "have a look, @ada");
    let shown = home.run(["inbox"]).ok();
    let at = |part: &str| shown.find(part).unwrap_or_else(|| panic!("{part}: {shown}"));
    assert!(at("Pending 1") < at("Mentions 1"), "{shown}");
    agent.say(&thread, "still at it");
    let (question, failure) = (&question["id"].as_str().unwrap(), &failure["id"].as_str().unwrap());
    let parts = [
        "approve",
        "high risk, builder: shell: git push",
        &format!("workroom approve {approval}, or deny"),
        "question  builder: which one?",
        &format!("workroom reply {question} TEXT"),
        "failed  builder: no luck",
        &format!("workroom retry {failure}, or dismiss"),
        "have a look, @ada",
    ];
    for part in parts {
        at(part);
    }

    // Handled one by one.
    home.run(["approve", &approval, "--yes"]).ok();
    assert!(!home.run(["inbox"]).ok().contains("workroom approve"));
    home.run(["reply", question, "this one"]).ok();
    assert!(!home.run(["inbox"]).ok().contains("which one?"));
    home.run(["retry", failure, "--note", "on the other runner"]).ok();
    // An agent is working on it, so nothing is pending for the person.
    let shown = home.run(["inbox"]).ok();
    assert!(!shown.contains("Pending") && shown.contains("Retrying 1"), "{shown}");
    assert!(shown.contains(&format!("a retry is in progress; workroom dismiss {failure}")), "{shown}");
    let refused = home.run(["retry", failure]);
    assert!(refused.code == Some(1) && refused.err.contains("already in progress"), "{refused:?}");
    agent.append(&thread, json!({"event": "receipt", "summary": "done after all"}));
    let shown = home.run(["inbox"]).ok();
    assert!(!shown.contains("Pending"), "{shown}");
    let item = home.run(["inbox", "--json", "--view", "receipts"]).json()["items"][0].take();
    home.run(["inbox", "--done", &format!("{thread}@{}", item["newest_seq"])]).ok();
    home.run(["inbox", "--done", &format!("{other}@{}", said["seq"])]).ok();
    assert_eq!(home.run(["inbox"]).err.trim(), "Your inbox is empty.");
    assert!(home.run(["inbox", "--view", "done"]).ok().contains("Another"));
}
