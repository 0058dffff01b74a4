use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::json;

use crate::support::{Home, Ran};

fn import(home: &Home, thread: &str, lines: &str) -> Ran {
    Ran::command(home.command(["import", "-", "--thread", thread, "--json"]), lines)
}

fn messages(home: &Home, thread: &str) -> Vec<String> {
    let params = json!({"thread_id": thread, "kinds": ["message"], "limit": 200}).to_string();
    let listed = home.run(["call", "event/list", &params]).json();
    let events = listed["events"].as_array().unwrap();
    events.iter().map(|event| event["kind"]["content"].as_str().unwrap().to_owned()).collect()
}

fn lines(contents: &[&str]) -> String {
    contents
        .iter()
        .map(|content| json!({"event": "message", "content": content}).to_string() + "\n")
        .collect()
}

#[test]
fn importing_again_adds_only_new_events() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    // The same line twice is two events.
    let first = lines(&["one", "two", "two"]);
    let counts = import(&home, &thread, &first).json();
    assert_eq!(counts, json!({"imported": 3, "already_there": 0, "skipped": 0}));
    let counts = import(&home, &thread, &first).json();
    assert_eq!(counts, json!({"imported": 0, "already_there": 3, "skipped": 0}));
    let counts = import(&home, &thread, &(first + "\n" + &lines(&["three"]))).json();
    assert_eq!(counts, json!({"imported": 1, "already_there": 3, "skipped": 0}));
    assert_eq!(messages(&home, &thread), ["one", "two", "two", "three"]);
}

#[test]
fn lines_from_other_programs_are_repaired() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let file = home.path().join("events.jsonl");
    let lines = b"\xef\xbb\xbf{\"event\":\"message\",\"content\":\"one\"}\r\n\
        \xef\xbb\xbf{\"event\":\"message\",\"content\":\"cut \\ud83d\"}\n\
        {\"event\":\"message\",\"content\":\"caf\xe9\"}\n";
    std::fs::write(&file, lines).unwrap();
    let out = home.run(["import", file.to_str().unwrap(), "--thread", &thread]).ok();
    assert!(out.starts_with("3 imported"), "{out}");
    assert_eq!(messages(&home, &thread), ["one", "cut \u{fffd}", "caf\u{fffd}"]);
}

#[test]
fn many_events_keep_their_order_across_batches() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let contents: Vec<String> = (0..2_500).map(|number| number.to_string()).collect();
    let lines = lines(&contents.iter().map(String::as_str).collect::<Vec<_>>());
    let file = home.path().join("events.jsonl");
    std::fs::write(&file, lines).unwrap();
    let out = home.run(["import", file.to_str().unwrap(), "--thread", &thread]).ok();
    assert_eq!(out, "2500 imported, 0 already there, 0 skipped\n");
    let mut server = home.server();
    let mut imported = Vec::new();
    loop {
        let params = json!({"thread_id": thread, "limit": 200, "after_seq": 2 + imported.len()});
        let page = server.ok("event/list", params);
        let events = page["events"].as_array().unwrap();
        imported.extend(events.iter().map(|event| event["kind"]["content"].as_str().unwrap().to_owned()));
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(imported, contents);
}

#[test]
fn the_output_of_tail_can_be_imported_into_another_store() {
    let (home, other) = (Home::new(), Home::new());
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.say(&thread, "hello");
    server.append(&thread, json!({"event": "artifact_linked", "path": "a.txt", "kind": "log"}));
    let listed = server.ok("event/list", json!({"thread_id": thread}));
    let events: String =
        listed["events"].as_array().unwrap().iter().map(|event| format!("{event}\n")).collect();

    let (room, thread) = other.server().thread();
    let link = format!("codewhale://workroom/{room}/thread/{thread}");
    for (imported, already_there) in [(2, 0), (0, 2)] {
        let counts = import(&other, &link, &events).json();
        // Clients cannot write the event that created the thread.
        assert_eq!(counts, json!({"imported": imported, "already_there": already_there, "skipped": 1}));
    }
    assert_eq!(messages(&other, &thread), ["hello"]);
}

#[test]
fn an_invalid_line_is_reported_and_the_others_are_imported() {
    for (bad, reason) in [
        ("not JSON", "expected"),
        (r#"{"event":"shout"}"#, "shout"),
        (r#"{"event":"message","content":"x","colour":1}"#, "`colour`"),
        // Only the server can write these events.
        (r#"{"event":"mention","mentioned_user":"two words"}"#, "not a handle"),
        (r#"{"event":"message","content":" "}"#, "`content` is empty"),
        (r#"{"id":"evt_1","kind":{"event":"message","content":""}}"#, "`content` is empty"),
        // An approval that was requested long ago.
        (
            r#"{"event":"approval_request","tool_name":"x","expires_at":"2020-01-01T00:00:00Z"}"#,
            "not in the future",
        ),
    ] {
        let home = Home::new();
        let (_, thread) = home.server().thread();
        let text = format!("{}{bad}\n{}{bad}\n", lines(&["one"]), lines(&["three"]));
        let ran = import(&home, &thread, &text);
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        let complaints: Vec<_> = ran.err.lines().collect();
        assert!(
            complaints[0].starts_with("error: line 2: ") && complaints[0].contains(reason),
            "{complaints:?}"
        );
        assert!(complaints[1].starts_with("error: line 4: ") && complaints.len() == 2, "{complaints:?}");
        let counts: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(counts, json!({"imported": 2, "already_there": 0, "skipped": 0, "refused": 2}));
        assert_eq!(messages(&home, &thread), ["one", "three"]);
        import(&home, &thread, &text.replace(bad, "")).ok();
        assert_eq!(messages(&home, &thread), ["one", "three"]);
    }
}

/// The output of `workroom tail` for a thread.
fn tail(home: &Home, link: &str, events: usize) -> String {
    let mut tail = home.command(["tail", link, "--after-seq", "0"]);
    let mut child = tail.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(events);
    let lines: String = lines.map(|line| line.unwrap() + "\n").collect();
    child.kill().unwrap();
    child.wait().unwrap();
    lines
}

#[test]
fn a_thread_is_the_same_in_another_store_and_settled_items_stay_settled() {
    let (home, other) = (Home::new(), Home::new());
    let (mut ada, mut agent) = (home.server(), home.agent("acme", "m-1", "builder"));
    let (room, thread) = ada.thread();
    let ask = json!({"thread_id": thread, "tool_name": "rm", "summary": "all of it"});
    for decision in ["denied", "approved"] {
        let asked = agent.ok("approval/request", ask.clone());
        let (id, digest) = (&asked["approval_id"], &asked["action_digest"]);
        ada.ok("approval/decide", json!({"approval_id": id, "action_digest": digest, "decision": decision}));
    }
    let question = agent.append(&thread, json!({"event": "needs_human", "reason": "which one?"}));
    let answer = json!({"event": "message", "content": "this"});
    ada.ok("event/append", json!({"thread_id": thread, "kind": answer, "reply_to": question["id"]}));
    let failure = agent.append(&thread, json!({"event": "failure", "error": "no luck"}));
    ada.ok("failure/dismiss", json!({"failure_event_id": failure["id"]}));
    agent.append(&thread, json!({"event": "receipt", "summary": "done"}));
    let source = ada.ok("event/list", json!({"thread_id": thread}))["events"].take();
    let printed = tail(&home, &format!("codewhale://workroom/{room}/thread/{thread}"), 10);

    let mut eve = other.server();
    let (room, copy) = eve.thread();
    let counts = import(&other, &copy, &printed).json();
    assert_eq!(counts, json!({"imported": 9, "already_there": 0, "skipped": 1}));
    let imported = eve.ok("event/list", json!({"thread_id": copy, "after_seq": 2}))["events"].take();
    for (source, imported) in source.as_array().unwrap()[1..].iter().zip(imported.as_array().unwrap()) {
        for field in ["timestamp", "actor", "agent"] {
            assert_eq!(imported.get(field), source.get(field), "{field}");
        }
        assert_eq!(imported["kind"]["event"], source["kind"]["event"]);
        assert_eq!(imported["imported"]["event_id"], source["id"]);
    }
    let resolved = eve.ok("workroom/resolve", json!({"link": format!("codewhale://workroom/{room}")}));
    for waits in ["pending_approvals", "needs_human", "open_failures"] {
        assert_eq!(resolved[waits], json!([]), "{waits}");
    }
    assert_eq!(eve.ok("inbox/counts", json!({}))["counts"]["unread"], 0);
    assert_eq!(eve.ok("thread/read", json!({"thread_id": copy}))["thread"]["status"], "completed");
    // Importing it again adds nothing, neither to the copy nor to the original.
    let counts = import(&other, &copy, &printed).json();
    assert_eq!(counts, json!({"imported": 0, "already_there": 9, "skipped": 1}));
    let counts = import(&home, &thread, &printed).json();
    assert_eq!(counts, json!({"imported": 0, "already_there": 9, "skipped": 1}));
}

#[test]
fn an_agent_imports_its_own_events_but_not_those_of_others() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let as_agent = |lines: &str| {
        let arguments = ["import", "-", "--thread", &thread, "--json", "--agent", "acme/m-1/builder"];
        Ran::command(home.command(arguments), lines)
    };
    assert_eq!(as_agent(&lines(&["mine"])).json()["imported"], 1);
    let event = json!({"id": "evt_1", "kind": {"event": "message", "content": "yours"},
                       "actor": {"kind": "human", "handle": "ada"}});
    let refused = as_agent(&format!("{event}\n")).failed();
    assert!(refused.contains("scope `admin`"), "{refused}");
    assert_eq!(messages(&home, &thread), ["mine"]);
}

#[test]
fn missing_targets_are_reported() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let complaint = home.run(["import", "/no/such/file", "--thread", &thread]).failed();
    assert!(complaint.contains("/no/such/file"), "{complaint}");
    let complaint = import(&home, &format!("thr_{}", "0".repeat(32)), &lines(&["one"])).failed();
    assert!(complaint.contains("no thread"), "{complaint}");
    assert_eq!(home.run(["import", "-", "--thread", "nothing"]).code, Some(2));
}
