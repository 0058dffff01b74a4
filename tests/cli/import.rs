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
fn importing_again_doubles_nothing_and_adds_what_is_new() {
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
fn lines_that_other_programs_wrote_are_repaired() {
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
fn many_events_keep_their_order_over_the_batches() {
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
fn what_tail_prints_can_be_imported_into_another_store() {
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
        // The event that created the thread is not for clients to write.
        assert_eq!(counts, json!({"imported": imported, "already_there": already_there, "skipped": 1}));
    }
    assert_eq!(messages(&other, &thread), ["hello"]);
}

#[test]
fn a_bad_line_is_named_and_nothing_behind_it_is_written() {
    for (bad, reason) in [
        ("not JSON", "expected"),
        (r#"{"event":"shout"}"#, "shout"),
        (r#"{"event":"message","content":"x","colour":1}"#, "`colour`"),
        // Only the server can say this one.
        (r#"{"event":"mention","mentioned_user":"two words"}"#, "not a handle"),
    ] {
        let home = Home::new();
        let (_, thread) = home.server().thread();
        let text = format!("{}{bad}\n{}", lines(&["one"]), lines(&["three"]));
        let complaint = import(&home, &thread, &text).failed();
        assert!(complaint.starts_with("error: line 2: ") && complaint.contains(reason), "{complaint}");
        assert!(!messages(&home, &thread).contains(&"three".to_owned()));
        // Mended, it goes on where it stopped.
        import(&home, &thread, &text.replace(bad, "")).ok();
        assert_eq!(messages(&home, &thread), ["one", "three"]);
    }
}

#[test]
fn what_is_not_there_is_told() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let complaint = home.run(["import", "/no/such/file", "--thread", &thread]).failed();
    assert!(complaint.contains("/no/such/file"), "{complaint}");
    let complaint = import(&home, &format!("thr_{}", "0".repeat(32)), &lines(&["one"])).failed();
    assert!(complaint.contains("no thread"), "{complaint}");
    assert_eq!(home.run(["import", "-", "--thread", "nothing"]).code, Some(2));
}
