//! A store that is deleted, moved, replaced or migrated while a server has it open: the server reports it, and
//! acknowledges no write into a file that nobody will find again.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};
use workroom_store::{self as store, SCHEMA_VERSION};

use crate::support::{Home, Server};

/// A server that has written, and a thread.
fn served() -> (Home, Server, String) {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    server.say(&thread, "before");
    (home, server, thread)
}

fn append(thread: &str) -> Value {
    json!({"thread_id": thread, "kind": {"event": "message", "content": "after"}})
}

/// Asserts that a write fails for this reason, and returns the message.
#[track_caller]
fn refused(server: &mut Server, thread: &str, reason: &str) -> String {
    let error = server.err("event/append", append(thread));
    assert_eq!(
        (&error["data"]["kind"], &error["data"]["reason"]),
        (&json!("storage"), &json!(reason)),
        "{error}"
    );
    error["message"].as_str().unwrap().to_owned()
}

/// The number of events that a new server finds in the store of the home.
fn events(home: &Home) -> u64 {
    home.server().ok("server/status", json!({}))["head_seq"].as_u64().unwrap()
}

fn beside(home: &Home, end: &str) -> PathBuf {
    home.path().join(format!("workroom.db{end}"))
}

fn backup(home: &Home) -> PathBuf {
    let copy = home.path().with_file_name("backup");
    store::back_up(&home.path(), &copy, &mut |_, _| {}).unwrap();
    copy
}

/// `protocol.md`, "Errors": `moved` describes what happened and what to do, and ends once the file is back.
#[test]
fn a_store_that_is_moved_away_answers_moved_until_it_is_back() {
    let (home, mut server, thread) = served();
    let places: [(PathBuf, PathBuf); 2] =
        [(home.store(), home.path().join("away")), (home.path(), home.path().with_file_name("elsewhere"))];
    for (place, away) in places {
        fs::rename(&place, &away).unwrap();
        for _ in 0..2 {
            let told = refused(&mut server, &thread, "moved");
            assert!(told.contains(home.store().to_str().unwrap()) && told.contains("put it back"), "{told}");
            assert_eq!(server.err("event/list", json!({}))["data"]["reason"], "moved");
            assert_eq!(server.err("workroom/list", json!({}))["data"]["reason"], "moved");
        }
        fs::rename(&away, &place).unwrap();
        server.say(&thread, "it is back");
    }
    drop(server);
    assert_eq!(events(&home), 5);
}

#[test]
fn a_server_whose_store_is_deleted_writes_neither_there_nor_into_a_new_store() {
    let (home, mut server, thread) = served();
    for name in ["", "-wal", "-shm"] {
        fs::remove_file(beside(&home, name)).unwrap();
    }
    refused(&mut server, &thread, "moved");
    // Another process creates a new store at the same path.
    let mut other = home.server();
    let (_, new) = other.thread();
    refused(&mut server, &thread, "replaced");
    server.assert_ends();
    other.say(&new, "in the new store");
    drop(other);
    assert_eq!(events(&home), 3);
}

/// `protocol.md`, "Errors": once another store is at its path, a server reports that and ends. The client can then
/// start a server for the new store.
#[test]
fn a_replaced_store_is_reported_once_and_then_served_by_a_new_process() {
    for method in ["event/append", "event/list"] {
        let (home, mut server, thread) = served();
        let copy = backup(&home);
        server.say(&thread, "after the backup");
        fs::rename(&copy, home.store()).unwrap();
        for name in ["-wal", "-shm"] {
            fs::remove_file(beside(&home, name)).unwrap();
        }
        let params = if method == "event/append" { append(&thread) } else { json!({}) };
        let error = server.err(method, params);
        assert_eq!(error["data"]["reason"], "replaced", "{error}");
        assert!(error["message"].as_str().unwrap().contains("restart"), "{error}");
        server.assert_ends();
        assert_eq!(events(&home), 3);
    }
}

/// The same applies to a file that is overwritten in place, with an older state of the store or with another store.
#[test]
fn a_store_that_is_overwritten_in_place_is_reported_as_replaced() {
    let restore = |from: &Path, home: &Home| {
        let from = Connection::open(from).unwrap();
        let mut to = Connection::open(home.store()).unwrap();
        let backup = rusqlite::backup::Backup::new(&from, &mut to).unwrap();
        backup.run_to_completion(1000, std::time::Duration::ZERO, None).unwrap();
    };
    let (home, mut server, thread) = served();
    let copy = backup(&home);
    server.say(&thread, "after the backup");
    restore(&copy, &home);
    refused(&mut server, &thread, "replaced");
    server.assert_ends();

    let (home, mut server, thread) = served();
    let other = Home::new();
    let (_, elsewhere) = other.server().thread();
    restore(&other.store(), &home);
    refused(&mut server, &thread, "replaced");
    server.assert_ends();
    home.server().say(&elsewhere, "in the other store");
}

/// The log and its index are part of the store, like its main file.
#[test]
fn a_store_whose_log_is_deleted_or_replaced_refuses_writes() {
    for (name, replaced) in [("-wal", false), ("-wal", true), ("-shm", false), ("-shm", true)] {
        let (home, mut server, thread) = served();
        let file = beside(&home, name);
        if replaced {
            fs::copy(&file, file.with_extension("new")).unwrap();
            fs::rename(file.with_extension("new"), &file).unwrap();
        } else {
            fs::remove_file(&file).unwrap();
        }
        let told = refused(&mut server, &thread, if replaced { "replaced" } else { "moved" });
        assert!(told.contains(name) && told.contains("stop every server"), "{told}");
        server.assert_ends();
    }
}

/// `protocol.md`, "Errors": a server of an older version reports that it must be restarted, and ends so that this
/// happens.
#[test]
fn a_server_is_restarted_after_the_store_was_migrated_under_it() {
    for method in ["event/append", "event/list"] {
        let (home, mut server, thread) = served();
        let sql = format!("PRAGMA user_version = {}", SCHEMA_VERSION + 1000);
        Connection::open(home.store()).unwrap().execute_batch(&sql).unwrap();
        let params = if method == "event/append" { append(&thread) } else { json!({}) };
        let error = server.err(method, params);
        assert_eq!(error["data"]["reason"], "newer_version", "{error}");
        assert!(error["message"].as_str().unwrap().contains("restart the server"), "{error}");
        server.assert_ends();
        // Restarting would not help a server that is started now, so it does not ask for it.
        let mut older = home.server();
        for _ in 0..2 {
            assert_eq!(older.err("workroom/list", json!({}))["data"]["reason"], "newer_version");
        }
    }
}

/// Over MCP, the host gets a response before the process ends.
#[test]
fn a_host_gets_a_response_before_its_server_ends() {
    let home = Home::new();
    home.server().thread();
    let mut host = Server::spawn(home.command(["mcp"]));
    let about = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "h", "version": "1"}});
    host.ok("initialize", about);
    host.notify("notifications/initialized", json!({}));
    let call = json!({"name": "list_workrooms", "arguments": {}});
    assert_eq!(host.ok("tools/call", call.clone())["isError"], json!(false));
    fs::copy(home.store(), home.path().join("copy")).unwrap();
    fs::rename(home.path().join("copy"), home.store()).unwrap();
    let told = host.ok("tools/call", call);
    assert_eq!(told["isError"], true);
    assert!(told["content"][0]["text"].as_str().unwrap().contains("restart the server"), "{told}");
    host.assert_ends();
}

/// A subscription to a replaced store ends with an error instead of staying silent.
#[test]
fn a_command_that_follows_a_replaced_store_ends_with_an_error() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;
    let (home, server, _) = served();
    let mut command = home.command(["tail", "all", "--after-seq", "0"]);
    let mut tail = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(tail.stdout.take().unwrap());
    for _ in 0..3 {
        out.read_line(&mut String::new()).unwrap();
    }
    fs::copy(home.store(), home.path().join("copy")).unwrap();
    fs::rename(home.path().join("copy"), home.store()).unwrap();
    assert_eq!(tail.wait().unwrap().code(), Some(1));
    let mut told = String::new();
    tail.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(told.contains("replaced"), "{told}");
    server.kill();
}

/// `protocol.md`, "Errors": the server reports a new store to clients that may expect another one.
#[test]
fn a_missing_store_is_reported_as_new() {
    let home = Home::new();
    let mut server = home.server();
    let client = json!({"client_info": {"name": "test", "version": "1"}});
    let begun = server.ok("initialize", client.clone());
    let path = json!(home.store());
    assert_eq!(begun["store"], json!({"path": path, "created": true}));
    assert_eq!(server.ok("server/status", json!({}))["store"]["created"], true);
    // The expected content is in another store.
    let id = format!("thr_{}", "0".repeat(32));
    for (method, params) in [
        ("thread/read", json!({"thread_id": id})),
        ("event/append", append(&id)),
        ("workroom/resolve", json!({"link": format!("codewhale://workroom/wr_{}", "0".repeat(32))})),
    ] {
        let error = server.err(method, params);
        assert_eq!(error["data"]["kind"], "not_found");
        let told = error["message"].as_str().unwrap();
        assert!(told.contains(home.store().to_str().unwrap()) && told.contains("is new"), "{told}");
    }
    server.thread();
    let told = server.err("thread/read", json!({"thread_id": id}))["message"].take();
    assert_eq!(told, format!("no thread {id}"));
    let mut second = home.server();
    assert_eq!(second.ok("initialize", client.clone())["store"], json!({"path": path, "created": false}));
    assert_eq!(second.ok("server/status", json!({}))["store"].get("created"), None);
    // Clients with a token do not learn the path.
    let token = json!({"handle": "bob", "kind": "human", "scopes": ["read"]});
    let token = server.token(token);
    let mut with_token = client;
    with_token["token"] = json!(token);
    assert_eq!(home.server().ok("initialize", with_token)["store"], json!({"created": false}));
}

#[test]
fn a_command_that_only_reads_reports_that_it_created_the_store() {
    for arguments in [&["list"][..], &["inbox"], &["approval", "list"], &["call", "event/list", "{}"]] {
        let home = Home::new();
        let ran = home.run(arguments.iter().copied());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(
            ran.err.contains(&format!("{} is new", home.store().display())),
            "{arguments:?}: {}",
            ran.err
        );
        assert!(!home.run(arguments.iter().copied()).err.contains("is new"));
    }
    let home = Home::new();
    home.run(["call", "workroom/create", "{}"]).ok();
}
