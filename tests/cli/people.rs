use serde_json::json;

use crate::support::{Home, Ran};

#[test]
fn rooms_are_listed_in_columns() {
    let home = Home::new();
    let mut server = home.server();
    let repo = json!({"owner": "acme", "name": "rocket"});
    let wide =
        server.ok("workroom/create", json!({"title": "日本語", "repo_identity": repo, "branch": "main"}));
    let long = server.ok("workroom/create", json!({"title": "A longer title"}));
    let (archived, _) = server.thread();
    server.ok("workroom/archive", json!({"workroom_id": archived}));
    drop(server);

    let (wide, long) = (wide["link"].as_str().unwrap(), long["link"].as_str().unwrap());
    let out = home.run(["list"]).ok();
    let expected = format!(
        "A longer title  -                 quiet  just now  {long}\n\
         日本語          acme/rocket main  quiet  just now  {wide}\n"
    );
    assert_eq!(out, expected);
    assert!(home.run(["list", "--all"]).ok().contains("archived"));
    assert_eq!(home.run(["list", "longer"]).ok().lines().count(), 1);
    assert_eq!(home.run(["list", "--json"]).json()["workrooms"].as_array().unwrap().len(), 2);
}

#[test]
fn more_rooms_than_a_page_has_are_all_listed() {
    let home = Home::new();
    let mut server = home.server();
    for number in 0..230 {
        server.ok("workroom/create", json!({"title": format!("Room {number}")}));
    }
    assert_eq!(home.run(["list"]).ok().lines().count(), 230);
}

#[test]
fn an_empty_list_prints_nothing_but_a_hint() {
    let home = Home::new();
    let ran = home.run(["list"]);
    assert_eq!((ran.code, &*ran.out), (Some(0), ""));
    assert!(ran.err.contains("workroom open"), "{}", ran.err);
    assert_eq!(home.run(["list", "--json"]).json(), json!({"workrooms": []}));
}

#[test]
fn show_prints_the_context_that_an_agent_gets() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    server.say(&thread, "what was \u{1b}[31msaid\u{9b}");
    server.append(&thread, json!({"event": "needs_human", "reason": "which way?"}));
    let link = format!("codewhale://workroom/{room}/thread/{thread}");
    let text = home.run(["show", &link]).ok();
    for part in ["# ", "Thread", "said", "which way?"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains(['\u{1b}', '\u{9b}']), "{text:?}");
    let resolved = home.run(["show", &link, "--json"]).json();
    assert_eq!(resolved, server.ok("workroom/resolve", json!({"link": link})));
    assert!(home.run(["show", &link, "--max-tokens", "300"]).ok().len() < 300 * 4);
}

#[test]
fn a_dead_link_is_reported() {
    let home = Home::new();
    for link in ["nothing".to_owned(), format!("codewhale://workroom/wr_{}", "0".repeat(32))] {
        let complaint = home.run(["show", &link]).failed();
        assert!(complaint.starts_with("error: ") && complaint.lines().count() == 1, "{complaint}");
    }
    home.run(["show", "nothing", "--max-tokens", "1"]).failed();
}

#[test]
fn a_store_that_cannot_be_opened_is_reported() {
    let home = Home::new();
    std::fs::write(home.path(), "a file").unwrap();
    let complaint = home.run(["list"]).failed();
    assert!(complaint.starts_with("error: ") && complaint.contains("is not a folder"), "{complaint}");
}

#[test]
fn closing_the_output_early_is_not_an_error() {
    let home = Home::new();
    let mut server = home.server();
    for number in 0..20 {
        server.ok("workroom/create", json!({"title": format!("Room {number}")}));
    }
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", "for i in 1 2 3; do \"$0\" schema; \"$0\" list; done | head -n 1"]);
    command.arg(crate::support::workroom()).env("WORKROOM_HOME", home.path());
    Ran::command(command, "").ok();
}
