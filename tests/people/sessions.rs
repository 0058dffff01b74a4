//! Sessions of agents: each has its own handle and inherits nothing.

use serde_json::{Value, json};

use crate::support::{Home, Server};

fn identity(server: &mut Server, agent_id: &str, key: Option<&str>) -> Value {
    let agent = json!({"provider": "p", "model": "m", "agent_id": agent_id});
    let client = json!({"name": "test", "version": "1"});
    let mut params = json!({"client_info": client, "agent": agent});
    if let Some(key) = key {
        params["session_key"] = json!(key);
    }
    server.ok("initialize", params)["identity"].take()
}

fn begin(home: &Home, agent_id: &str, key: Option<&str>) -> (Server, String, String) {
    let mut server = home.server();
    let identity = identity(&mut server, agent_id, key);
    let text = |name: &str| identity[name].as_str().unwrap().to_owned();
    (server, text("handle"), text("session_id"))
}

#[test]
fn each_connection_of_an_agent_has_its_own_handle_until_it_ends() {
    let home = Home::new();
    let (first, handle, id) = begin(&home, "codex", None);
    assert_eq!(handle, "codex");
    let (second, handle, other) = begin(&home, "Codex", None);
    assert_eq!((&*handle, id == other), ("Codex-2", false));
    // However it ends.
    first.kill();
    let (_third, handle, another) = begin(&home, "codex", None);
    assert_eq!((&*handle, another == id), ("codex", false));
    let (mut fourth, handle, _) = begin(&home, "codex", None);
    assert_eq!(handle, "codex-3");
    let listed = |server: &mut Server, params: Value| {
        server.ok("session/list", params)["sessions"].as_array().unwrap().len()
    };
    assert_eq!(listed(&mut fourth, json!({})), 3);
    drop(second);
    assert_eq!(listed(&mut fourth, json!({})), 2);
    let ended = fourth.ok("session/list", json!({"session_ids": [id, other]}))["sessions"].take();
    assert_eq!((&ended[0]["live"], &ended[1]["live"]), (&json!(false), &json!(false)));
}

#[test]
fn a_session_can_be_resumed_only_with_its_key() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let (mut first, _, id) = begin(&home, "codex", Some("a secret"));
    let append = json!({
        "thread_id": thread, "kind": {"event": "message", "content": "x"}, "idempotency_key": "k"
    });
    let event = first.ok("event/append", append.clone());
    let ask = json!({"thread_id": thread, "tool_name": "t", "summary": "s"});
    let asked = first.ok("approval/request", ask)["approval_id"].take();
    assert_eq!(ada.ok("approval/read", json!({"approval_id": asked}))["session_id"], json!(id));
    first.kill();

    // An agent that has only the name gets nothing else of the session.
    let (mut other, handle, _) = begin(&home, "codex", None);
    assert_eq!(handle, "codex");
    assert_ne!(other.ok("event/append", append.clone())["event"]["seq"], event["event"]["seq"]);
    assert_eq!(other.refusal("approval/cancel", json!({"approval_id": asked})), "forbidden");
    let supersede = json!({"thread_id": thread, "tool_name": "t", "summary": "s", "supersedes": asked});
    assert_eq!(other.refusal("approval/request", supersede), "conflict");
    // Another agent or another person gets nothing with the same key.
    assert_ne!(begin(&home, "builder", Some("a secret")).2, id);
    let bob = json!({"handle": "bob", "kind": "human", "scopes": ["read", "post"], "workrooms": [room]});
    let mut command = home.command(["app-server"]);
    command.env("CODEWHALE_RUNTIME_TOKEN", ada.token(bob));
    let mut bobs = Server::spawn(command);
    assert_ne!(identity(&mut bobs, "codex", Some("a secret"))["session_id"], json!(id));

    // Its name is taken meanwhile, so it continues under another.
    let (mut again, handle, same) = begin(&home, "codex", Some("a secret"));
    assert_eq!((&*handle, &*same), ("codex-2", &*id));
    assert_eq!(again.ok("event/append", append), event);
    again.ok("approval/cancel", json!({"approval_id": asked}));
}

#[test]
fn commands_of_one_agent_are_one_session() {
    let home = Home::new();
    let (_, thread) = home.server().thread();
    let append = json!({
        "thread_id": thread, "kind": {"event": "message", "content": "x"}, "idempotency_key": "k"
    });
    let append = append.to_string();
    let run = |session: &[&str]| {
        let arguments = ["call", "--agent", "acme/m-1/builder"].into_iter().chain(session.iter().copied());
        home.run(arguments.chain(["event/append", &append])).json()["event"].take()
    };
    let first = run(&[]);
    assert_eq!(first["actor"]["handle"], "builder");
    assert_eq!(run(&[]), first);
    let other = run(&["--session", "other"]);
    assert_ne!(other["seq"], first["seq"]);
    assert_ne!(other["session_id"], first["session_id"]);
}

#[test]
fn a_retry_after_losing_access_to_the_room_is_refused() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    ada.ok(
        "member/add",
        json!({"workroom_id": room, "handle": "bob", "kind": "human", "role": "maintainer"}),
    );
    let token = ada.token(json!({"handle": "bob", "kind": "human", "scopes": ["read", "post", "admin"]}));
    let mut bob = home.bearer(&token);
    let message = json!({"thread_id": thread, "kind": {"event": "message", "content": "x"}});
    let keyed = |mut params: Value, key: &str| {
        params["idempotency_key"] = json!(key);
        params
    };
    let failure = ada.append(&thread, json!({"event": "failure", "error": "x"}))["id"].take();
    let calls = [
        ("event/append", keyed(message.clone(), "1")),
        ("event/appendBatch", json!({"events": [message], "idempotency_key": "2"})),
        ("thread/create", keyed(json!({"workroom_id": room, "title": "T", "kind": "channel"}), "3")),
        ("approval/request", keyed(json!({"thread_id": thread, "tool_name": "t", "summary": "s"}), "4")),
        ("thread/attachRef", keyed(json!({"thread_id": thread, "ref": "o/r#1"}), "5")),
        ("failure/retry", keyed(json!({"failure_event_id": failure}), "6")),
        (
            "member/add",
            keyed(json!({"workroom_id": room, "handle": "x", "kind": "human", "role": "viewer"}), "7"),
        ),
    ];
    for (method, params) in &calls {
        let first = bob.ok(method, params.clone());
        assert_eq!(bob.ok(method, params.clone()), first, "{method}");
    }
    ada.ok("member/remove", json!({"workroom_id": room, "handle": "bob"}));
    for (method, params) in calls {
        assert_eq!(bob.refusal(method, params), "not_found", "{method}");
    }
}

#[test]
fn confusable_names_are_refused_with_an_explanation() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, _) = ada.thread();
    drop(home.agent("p", "m", "claude-code"));
    let token = |handle: &str, kind: &str| json!({"handle": handle, "kind": kind, "scopes": ["read"], "workrooms": [room]});
    ada.token(token("bob", "human"));
    // In another case it is the same person.
    assert_eq!(ada.ok("token/create", token("BOB", "human"))["token"]["handle"], "bob");
    for (handle, kind) in [
        ("bоb", "human"),
        ("ВОВ", "human"),
        ("b0b", "human"),
        ("bob", "agent"),
        ("Claude-Code", "human"),
        ("cIaude-code", "agent"),
        ("ada\u{3164}", "human"),
        ("ada:", "human"),
        ("\"ada\"", "human"),
        ("аdа", "human"),
        (".bob", "human"),
    ] {
        let error = ada.err("token/create", token(handle, kind));
        let kind = error["data"]["kind"].as_str().unwrap();
        assert!(["conflict", "invalid_params"].contains(&kind), "{handle}: {error}");
        assert!(error["message"].as_str().unwrap().len() > 20, "{error}");
    }
}

#[test]
fn a_session_whose_lock_was_deleted_writes_nothing_any_more() {
    let home = Home::new();
    let (mut first, handle, _) = begin(&home, "codex", None);
    let (_, thread) = first.thread();
    for name in ["sessions", "sessions/"] {
        // A folder that is away, and one that another user created again.
        std::fs::remove_dir_all(home.path().join(name)).unwrap();
        let (mut second, again, _) = begin(&home, "codex", None);
        assert_eq!(again, handle);
        second.say(&thread, "mine");
        let error = first
            .err("event/append", json!({"thread_id": thread, "kind": {"event": "message", "content": "x"}}));
        assert_eq!(error["data"]["reason"], "replaced", "{error}");
        assert!(error["message"].as_str().unwrap().contains("restart the server"), "{error}");
        // It ends, so that its parent process starts the next one.
        assert!(first.wait().0.success());
        first = second;
    }
    let (_third, handle, _) = begin(&home, "codex", None);
    assert_eq!(handle, "codex-2");
}
