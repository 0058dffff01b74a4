//! Where the agent works: the room of its checkout, and the thread of its session.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::mcp::{Host, hello};
use crate::support::{Home, Server, needs};

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
    assert!(git.output().unwrap().status.success(), "{arguments:?}");
}

/// A checkout named rocket, on the branch `tokens`.
fn checkout(home: &Home) -> PathBuf {
    let folder = home.path().parent().unwrap().join("rocket");
    std::fs::create_dir_all(&folder).unwrap();
    git(&folder, &["init", "--quiet", "--initial-branch", "tokens"]);
    std::fs::canonicalize(folder).unwrap()
}

fn command(home: &Home, folder: &Path) -> Command {
    let mut command = home.command(["mcp"]);
    command.current_dir(folder);
    command
}

fn instructions(home: &Home, folder: &Path) -> String {
    let mut server = Server::spawn(command(home, folder));
    let begun = server.ok("initialize", hello("2025-11-25", "claude-code"));
    begun["instructions"].as_str().unwrap().to_owned()
}

#[test]
fn the_instructions_name_the_store_the_checkout_and_its_open_threads() {
    if !needs::met(&["git"], "the room of a checkout") {
        return;
    }
    let home = Home::new();
    let folder = checkout(&home);
    let new = instructions(&home, &folder);
    assert!(new.contains("report this path.\nThis session"), "{new}");
    let store = home.store();
    for part in [store.to_str().unwrap(), "new and empty", "branch: tokens", "rocket", "no workroom yet"] {
        assert!(new.contains(part), "{part}: {new}");
    }
    assert_eq!(home.server().ok("workroom/list", json!({}))["workrooms"], json!([]), "nothing was made");

    let mut host = Host::called(command(&home, &folder), "claude-code");
    let thread = host.tool("create_thread", json!({"title": "Fix\n- the tokenizer: #"}));
    let id = thread["id"].as_str().unwrap();
    host.tool("ask_human", json!({"thread": id, "question": "q", "wait_seconds": 0}));
    let told = instructions(&home, &folder);
    let line = format!("- open thread {id}, waiting: Fix - the tokenizer: #");
    let room = format!("- workroom {}: rocket", thread["workroom_id"].as_str().unwrap());
    for part in [&*line, &*room, "- you: claude-code-2", "- branch: tokens"] {
        assert!(told.lines().any(|line| line == part), "{part}: {told}");
    }
    let mut ada = home.server();
    for number in 0..20 {
        let params =
            json!({"workroom_id": thread["workroom_id"], "title": "x".repeat(400), "kind": "agent_task"});
        let thread = ada.ok("thread/create", params)["id"].take();
        ada.say(thread.as_str().unwrap(), &number.to_string());
    }
    let told = instructions(&home, &folder);
    assert!(told.chars().count() < 3_000 && told.contains("list_threads"), "{told}");
}

#[test]
fn threads_of_the_checkout_are_listed_unless_all_are_requested() {
    if !needs::met(&["git"], "the room of a checkout") {
        return;
    }
    let home = Home::new();
    let folder = checkout(&home);
    let mut ada = home.server();
    let (_, elsewhere) = ada.thread();
    let mut host = Host::called(command(&home, &folder), "claude-code");
    let ids = |listed: Value| -> Vec<String> {
        listed["threads"]
            .as_array()
            .unwrap()
            .iter()
            .map(|thread| thread["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        ids(host.tool("list_threads", json!({}))),
        std::slice::from_ref(&elsewhere),
        "the folder has no room yet"
    );
    let own = host.tool("create_thread", json!({"title": "T"}))["id"].as_str().unwrap().to_owned();
    assert_eq!(ids(host.tool("list_threads", json!({}))), std::slice::from_ref(&own));
    assert_eq!(ids(host.tool("list_threads", json!({"workroom": "all"}))), [own, elsewhere]);
}

#[test]
fn a_post_without_a_thread_goes_to_the_thread_of_the_session() {
    if !needs::met(&["git"], "the room of a checkout") {
        return;
    }
    let home = Home::new();
    let folder = checkout(&home);
    let mut host = Host::called(command(&home, &folder), "claude-code");
    assert!(host.failure("post_update", json!({"type": "message"})).contains("text"));
    let mut ada = home.server();
    assert_eq!(
        ada.ok("thread/list", json!({}))["threads"],
        json!([]),
        "nothing was made for what was refused"
    );
    let first = host.tool("post_update", json!({"type": "message", "text": "I begin"}));
    let second = host.tool("post_update", json!({"thread": "", "type": "receipt", "text": "done"}));
    let of = |posted: &Value| posted["link"].as_str().unwrap().split("/event/").next().unwrap().to_owned();
    assert_eq!(of(&first), of(&second));
    let mut other = Host::called(command(&home, &folder), "claude-code");
    let third = other.tool("post_update", json!({"type": "message", "text": "me too"}));
    assert_ne!(of(&first), of(&third), "each process has its own");
    let threads = ada.ok("thread/list", json!({}))["threads"].take();
    let titles: Vec<_> =
        threads.as_array().unwrap().iter().map(|thread| thread["title"].as_str().unwrap()).collect();
    assert!(titles.len() == 2 && titles.iter().all(|title| title.contains(" on tokens, 20")), "{titles:?}");
    assert_eq!(threads[0]["workroom_id"], threads[1]["workroom_id"]);
}

#[test]
fn with_an_unusable_store_lists_are_empty_and_tools_report_the_reason() {
    let home = Home::new();
    // No folder can be created there.
    std::fs::write(home.path(), "a file").unwrap();
    let mut server = Server::spawn(home.command(["mcp"]));
    let begun = server.ok("initialize", hello("2025-11-25", "gemini-cli-mcp-client"));
    let told = begun["instructions"].as_str().unwrap();
    assert!(told.contains("is not available") && told.contains("storage"), "{told}");
    server.notify("notifications/initialized", json!({}));
    for (method, name) in [
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
        ("prompts/list", "prompts"),
        ("tools/list", "tools"),
    ] {
        assert!(server.ok(method, json!({}))[name].is_array(), "{method}");
    }
    assert_eq!(server.ok("resources/list", json!({}))["resources"], json!([]));
    let argument = json!({"name": "link", "value": ""});
    let completed = json!({"ref": {"type": "ref/prompt", "name": "catch_up"}, "argument": argument});
    assert_eq!(server.ok("completion/complete", completed)["completion"]["values"], json!([]));
    let failed = server.ok("tools/call", json!({"name": "list_workrooms", "arguments": {}}));
    assert!(failed["content"][0]["text"].as_str().unwrap().contains("Error (storage)"), "{failed}");
}
