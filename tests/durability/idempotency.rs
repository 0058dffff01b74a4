//! A retry with the same key and the same body returns the first result and writes nothing.

use serde_json::{Value, json};

use crate::support::{Home, Server};

fn append(thread: &str, content: &str, key: &str) -> Value {
    json!({"thread_id": thread, "kind": {"event": "message", "content": content}, "idempotency_key": key})
}

/// Sends the request as the same line each time, and returns the response as written.
fn exactly(server: &mut Server, method: &str, params: &Value) -> String {
    server
        .send_raw(format!("{}\n", json!({"jsonrpc": "2.0", "id": "x", "method": method, "params": params})));
    let line = server.line();
    assert!(line.contains(r#""result""#), "{line}");
    line
}

fn head(server: &mut Server) -> Value {
    server.ok("event/list", json!({"limit": 1}))["head_seq"].take()
}

/// One call of each method that accepts a key.
fn calls(server: &mut Server, folder: &std::path::Path) -> Vec<(&'static str, Value)> {
    let repo = json!({"owner": "o", "name": "r"});
    let room = server.ok("workroom/create", json!({"workspace": folder, "repo_identity": repo}))["id"].take();
    let params = json!({"workroom_id": room, "title": "t", "kind": "channel"});
    let thread = server.ok("thread/create", params)["id"].as_str().unwrap().to_owned();
    std::fs::write(folder.join("a"), "x").unwrap();
    let events = json!([append(&thread, "a", "inner"), append(&thread, "b", "other")]);
    vec![
        ("workroom/create", json!({"title": "x", "idempotency_key": "1"})),
        (
            "thread/create",
            json!({"workroom_id": room, "title": "x", "kind": "channel", "idempotency_key": "2"}),
        ),
        ("thread/attachRef", json!({"thread_id": thread, "ref": "#1", "idempotency_key": "3"})),
        ("event/append", append(&thread, "x", "4")),
        ("event/appendBatch", json!({"events": events, "idempotency_key": "5"})),
        ("artifact/link", json!({"thread_id": thread, "path": "a", "kind": "log", "idempotency_key": "6"})),
    ]
}

/// Pairs of keys that look like secrets and differ only in their last digit, and keys that contain secrets.
fn keys_like_secrets() -> Vec<String> {
    let digits = "q8ZkTf3LwXv1NcRb7YpMhJ2sDg5Ua9Ke";
    let prefixes = ["ik_", "idem_", "sk_live_", "tok_", "ghp_", "session:token=", "run-1/api_key="];
    let mut keys: Vec<_> = prefixes.iter().flat_map(|p| [1, 2].map(|n| format!("{p}{digits}{n}"))).collect();
    keys.extend(
        ["plain", "postgres://u:hunter2hunter2@h/d", "a \"quoted\" password=Tr0ub4dor&3x"].map(String::from),
    );
    keys
}

#[test]
fn keys_that_look_like_secrets_stay_distinct_and_are_stored_nowhere() {
    let home = Home::new();
    let mut server = home.server();
    let (room, thread) = server.thread();
    let keys = keys_like_secrets();
    let count = |server: &mut Server| {
        let params = json!({"thread_id": thread, "limit": 200});
        server.ok("thread/read", params)["events"].as_array().unwrap().len()
    };
    let before = count(&mut server);
    let one = |server: &mut Server, key: &str| server.ok("event/append", append(&thread, "same", key));
    let first: Vec<_> = keys.iter().map(|key| one(&mut server, key)).collect();
    for (key, first) in keys.iter().zip(&first) {
        assert_eq!(&one(&mut server, key), first, "{key}");
        assert_eq!(server.refusal("event/append", append(&thread, "other", key)), "conflict", "{key}");
    }
    let events: Vec<_> = keys.iter().map(|key| append(&thread, "batch", &format!("{key}b"))).collect();
    let batch = json!({"events": events, "idempotency_key": keys[0].clone() + "c"});
    let first = server.ok("event/appendBatch", batch.clone());
    assert_eq!(server.ok("event/appendBatch", batch), first);
    assert_eq!(count(&mut server) - before, 2 * keys.len());
    for (number, key) in keys.iter().enumerate() {
        let title = number.to_string();
        let params = json!({"workroom_id": room, "title": title, "kind": "channel", "idempotency_key": key.clone() + "d"});
        assert_eq!(server.ok("thread/create", params)["title"], title, "{key}");
    }
    drop(server);
    let stored = std::fs::read(home.store()).unwrap();
    for key in keys.iter().filter(|key| key.starts_with("sk_live_") || key.starts_with("ghp_")) {
        assert!(!stored.windows(key.len()).any(|window| window == key.as_bytes()), "{key}");
    }
}

#[test]
fn a_retry_gets_the_first_result_byte_for_byte() {
    let (home, folder) = (Home::new(), tempfile::tempdir().unwrap());
    let mut server = home.server();
    for (method, params) in calls(&mut server, folder.path()) {
        let first = exactly(&mut server, method, &params);
        let before = head(&mut server);
        assert_eq!(exactly(&mut server, method, &params), first, "{method}");
        assert_eq!(head(&mut server), before, "{method}");
    }
}

#[test]
fn a_retry_gets_the_first_result_from_another_process_and_after_a_restart() {
    let (home, folder) = (Home::new(), tempfile::tempdir().unwrap());
    let mut server = home.server();
    let calls = calls(&mut server, folder.path());
    let first: Vec<_> = calls.iter().map(|(method, params)| exactly(&mut server, method, params)).collect();
    let before = head(&mut server);
    let mut other = home.server();
    server.kill();
    let mut restarted = home.server();
    for ((method, params), first) in calls.iter().zip(&first) {
        assert_eq!(&exactly(&mut other, method, params), first);
        assert_eq!(&exactly(&mut restarted, method, params), first);
    }
    assert_eq!(head(&mut other), before);
}

#[test]
fn a_retry_gets_the_first_result_despite_later_changes() {
    let (home, folder) = (Home::new(), tempfile::tempdir().unwrap());
    let mut server = home.server();
    let calls = calls(&mut server, folder.path());
    let first: Vec<_> = calls.iter().map(|(method, params)| exactly(&mut server, method, params)).collect();
    std::fs::remove_file(folder.path().join("a")).unwrap();
    for room in server.ok("workroom/list", json!({}))["workrooms"].as_array().unwrap() {
        let params =
            json!({"workroom_id": room["id"], "title": "new", "repo_identity": null, "workspace": null});
        server.ok("workroom/update", params);
        server.ok("workroom/archive", json!({"workroom_id": room["id"]}));
    }
    for ((method, params), first) in calls.iter().zip(&first) {
        assert_eq!(&exactly(&mut server, method, params), first, "{method}");
    }
}

#[test]
fn the_same_key_with_another_body_is_a_conflict() {
    let (home, folder) = (Home::new(), tempfile::tempdir().unwrap());
    let mut server = home.server();
    let calls = calls(&mut server, folder.path());
    for (method, params) in &calls {
        server.ok(method, params.clone());
    }
    let before = head(&mut server);
    for (index, (method, _)) in calls.iter().enumerate() {
        let mut other = calls[index].1.clone();
        let field = ["title", "title", "ref", "kind", "events", "path"][index];
        other[field] = match field {
            "kind" => json!({"event": "message", "content": "y"}),
            "events" => json!([other["events"][0]]),
            "ref" => json!("#2"),
            _ => json!("y"),
        };
        assert_eq!(server.refusal(method, other), "conflict", "{method}");
        // Another method with the same key counts as another body.
        let (next, params) = &calls[(index + 1) % calls.len()];
        let mut params = params.clone();
        params["idempotency_key"] = calls[index].1["idempotency_key"].clone();
        assert_eq!(server.refusal(next, params), "conflict", "{next}");
    }
    assert_eq!(head(&mut server), before);
}

#[test]
fn keys_of_different_callers_are_independent() {
    let home = Home::new();
    let mut person = home.server();
    let (_, thread) = person.thread();
    let mut agent = home.agent_of("m", "bot", "its session");
    let mut same_agent = home.agent_of("other-model", "bot", "its session");
    let mut same_name = home.agent("p", "m", "bot");
    let mut other_agent = home.agent("p", "m", "bob");
    let first = person.ok("event/append", append(&thread, "person", "k"));
    let second = agent.ok("event/append", append(&thread, "agent", "k"));
    let third = other_agent.ok("event/append", append(&thread, "other", "k"));
    let seqs = [&first, &second, &third].map(|answer| answer["event"]["seq"].as_u64().unwrap());
    assert_eq!(seqs, [3, 4, 5]);
    assert_eq!(same_agent.ok("event/append", append(&thread, "agent", "k")), second);
    // Another session of that name cannot see the result, even once it has the name itself.
    assert_eq!(same_name.ok("event/append", append(&thread, "agent", "k"))["event"]["seq"], 6);
    drop((agent, same_agent, same_name));
    let mut later = home.agent("p", "m", "bot");
    let event = later.ok("event/append", append(&thread, "agent", "k"))["event"].take();
    assert_eq!((&event["seq"], &event["actor"]["handle"]), (&json!(7), &json!("bot")));
}

#[test]
fn a_failed_write_leaves_its_key_free() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let unknown = "thr_00000000000000000000000000000000";
    assert_eq!(server.refusal("event/append", append(unknown, "x", "k")), "not_found");
    server.ok("event/append", append(&thread, "x", "k"));
    let batch =
        json!({"events": [append(&thread, "a", "1"), append(unknown, "b", "2")], "idempotency_key": "b"});
    assert_eq!(server.refusal("event/appendBatch", batch), "not_found");
    server.ok("event/append", append(&thread, "other", "1"));
    server.ok("event/append", append(&thread, "other", "b"));
}

#[test]
fn keys_of_events_are_valid_inside_and_outside_of_batches() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let alone = server.ok("event/append", append(&thread, "a", "1"))["event"].take();
    let batch =
        json!({"events": [append(&thread, "a", "1"), append(&thread, "b", "2"), append(&thread, "b", "2")]});
    let written = server.ok("event/appendBatch", batch)["events"].take();
    assert_eq!(written[0], alone);
    assert_eq!(written[1], written[2]);
    assert_eq!(server.ok("event/append", append(&thread, "b", "2"))["event"], written[1]);
    assert_eq!(head(&mut server), 4);
    let conflict = json!({"events": [append(&thread, "c", "3"), append(&thread, "other", "2")]});
    assert_eq!(server.refusal("event/appendBatch", conflict), "conflict");
    assert_eq!(head(&mut server), 4);
}

#[test]
fn a_key_must_be_a_short_text() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    assert_eq!(server.misfit("event/append", append(&thread, "a", "")), "idempotency_key");
    assert_eq!(server.misfit("event/append", append(&thread, "a", &"k".repeat(501))), "idempotency_key");
    let batch = json!({"events": [append(&thread, "a", "1"), append(&thread, "a", "")]});
    assert_eq!(server.misfit("event/appendBatch", batch), "events[1].idempotency_key");
    server.ok("event/append", append(&thread, "a", &"\u{0}é".repeat(250)));
}

#[test]
fn four_processes_with_one_key_write_one_event() {
    let home = Home::new();
    let mut servers: Vec<_> = (0..4).map(|_| home.server()).collect();
    let (_, thread) = servers[0].thread();
    for round in 0..25 {
        let params = append(&thread, "same", &round.to_string());
        let ids: Vec<_> =
            servers.iter_mut().map(|server| server.send("event/append", params.clone())).collect();
        let answers: Vec<_> =
            servers.iter_mut().zip(ids).map(|(server, id)| server.answer(id)["result"].take()).collect();
        assert_eq!(answers[0]["event"]["seq"], 3 + round);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
}
