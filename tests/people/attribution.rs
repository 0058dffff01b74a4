//! The actor of an event, whatever its client claims.

use serde_json::{Value, json};

use crate::support::{Home, Server};

fn hello(token: Option<&str>, agent_id: Option<&str>) -> Value {
    let mut params = json!({"client_info": {"name": "test", "version": "1"}});
    if let Some(token) = token {
        params["token"] = json!(token);
    }
    if let Some(agent_id) = agent_id {
        params["agent"] = json!({"provider": "acme", "model": "m-1", "agent_id": agent_id});
    }
    params
}

/// A room with a thread, and tokens of a human, an agent and a bridge in it.
fn people(home: &Home) -> (Server, String, [String; 3]) {
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let secrets = [("bob", "human"), ("codex", "agent"), ("slack", "bridge")].map(|(handle, kind)| {
        let scopes = json!(["read", "post"]);
        ada.token(json!({"handle": handle, "kind": kind, "scopes": scopes, "workrooms": [room]}))
    });
    (ada, thread, secrets)
}

#[test]
fn the_actor_of_an_event_is_the_bearer_of_the_token() {
    let home = Home::new();
    let (_ada, thread, secrets) = people(&home);
    for (secret, (handle, kind)) in
        secrets.iter().zip([("bob", "human"), ("codex", "agent"), ("slack", "bridge")])
    {
        let mut bearer = home.bearer(secret);
        let event = bearer.say(&thread, "x");
        assert_eq!(event["actor"], json!({"kind": kind, "handle": handle}));
        assert_eq!(event.get("agent"), None);
    }
}

#[test]
fn an_agent_token_accepts_a_model_but_no_other_name() {
    let home = Home::new();
    let (_ada, thread, [_, codex, _]) = people(&home);
    for named in ["codex", "claude", "bob", "Codex", "ada", "slack", "c/o dex"] {
        let mut server = home.server();
        let identity = server.ok("initialize", hello(Some(&codex), Some(named)))["identity"].take();
        assert_eq!((&identity["handle"], &identity["kind"]), (&json!("codex"), &json!("agent")), "{named}");
        let event = server.say(&thread, "x");
        assert_eq!(event["actor"], json!({"kind": "agent", "handle": "codex"}));
        assert_eq!((&event["agent"]["model"], &event["agent"]["agent_id"]), (&json!("m-1"), &json!("codex")));
    }
}

#[test]
fn an_agent_of_a_token_bearer_acts_as_itself_with_fewer_rights() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let scopes = json!(["read", "post", "approve", "admin"]);
    let bob = ada.token(json!({"handle": "bob", "kind": "human", "scopes": scopes, "workrooms": [room]}));
    let mut server = home.server();
    let identity = server.ok("initialize", hello(Some(&bob), Some("bobs-agent")))["identity"].take();
    assert_eq!((&identity["handle"], &identity["scopes"]), (&json!("bobs-agent"), &json!(["read", "post"])));
    assert_eq!(server.say(&thread, "x")["actor"], json!({"kind": "agent", "handle": "bobs-agent"}));
    assert_eq!(server.refusal("member/list", json!({"workroom_id": "wr_0"})), "not_found");
    assert_eq!(server.refusal("token/list", json!({})), "forbidden");
}

/// Connects as an agent with this name. Returns the open connection and the handle.
fn named(home: &Home, token: Option<&str>, agent_id: &str) -> (Server, String) {
    let mut server = home.server();
    let told = server.ok("initialize", hello(token, Some(agent_id)));
    (server, told["identity"]["handle"].as_str().unwrap().to_owned())
}

#[test]
fn a_handle_is_never_shared_by_agents_of_different_people() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let bearer = |ada: &mut Server, handle: &str| {
        ada.token(json!({"handle": handle, "kind": "human", "scopes": ["read", "post"], "workrooms": [room]}))
    };
    let (vic, zoe) = (bearer(&mut ada, "vic"), bearer(&mut ada, "zoe"));
    // Agents of others cannot cancel what an agent of the owner requested.
    let mut builder = home.agent("acme", "m-1", "builder");
    let ask = json!({"thread_id": thread, "tool_name": "shell", "summary": "ls", "risk": "low"});
    let asked = builder.ok("approval/request", ask)["approval_id"].take();
    drop(builder);
    for handle in ["builder", "Builder", "bui1der", "bυilder"] {
        let (mut server, called) = named(&home, Some(&vic), handle);
        assert!(called.starts_with("vic-"), "{handle}: {called}");
        let cancel = json!({"approval_id": asked});
        assert_eq!(server.refusal("approval/cancel", cancel), "forbidden", "{handle}");
    }
    // The same applies between bearers of tokens, even if neither is connected any more.
    assert_eq!(named(&home, Some(&vic), "tester").1, "tester");
    assert_eq!(named(&home, Some(&zoe), "tester").1, "zoe-tester");
    let again = bearer(&mut ada, "vic");
    assert_eq!(named(&home, Some(&again), "tester").1, "tester");
    assert_eq!(named(&home, None, "tester").1, "tester-2");
    // Names of known hosts are reserved for the owner's agents.
    assert_eq!(named(&home, Some(&vic), "claude-code").1, "vic-claude-code");
    assert_eq!(named(&home, None, "claude-code").1, "claude-code");
}

#[test]
fn every_name_results_in_a_handle() {
    let home = Home::new();
    for (id, handle) in [
        ("ro\u{200b}bot", "robot"),
        ("\u{200b}", "agent"),
        ("\u{1f600}", "agent"),
        ("-", "agent"),
        ("a b", "a-b"),
        ("a/b:1", "a-b-1"),
        ("ada", "ada-2"),
        ("ADA\u{3164}", "ADA-2"),
        ("\"ada\"", "ada-2"),
        ("агент", "агент"),
        ("代理", "代理"),
        ("x.y_z-1", "x.y_z-1"),
    ] {
        assert_eq!(named(&home, None, id).1, handle, "{id:?}");
    }
}

#[test]
fn nobody_can_take_the_handle_of_another() {
    let home = Home::new();
    let (mut ada, thread, [bob, _, slack]) = people(&home);
    let taken = ["codex", "CODEX", "bob", "B0B", "bob", "slack", "ada", "Ada", "аda"];
    for secret in [Some(&*bob), Some(&*slack), None] {
        for other in taken {
            let (mut server, called) = named(&home, secret, other);
            let is_own = secret.is_none() && other.eq_ignore_ascii_case("codex");
            assert_eq!(taken.contains(&&*called), is_own, "{other}: {called}");
            server.ok("workroom/list", json!({}));
        }
    }
    let command = home.command(["app-server", "--agent", "acme/m-1/bob"]);
    let event = Server::spawn(command).say(&thread, "x");
    assert_eq!(event["actor"], json!({"kind": "agent", "handle": "bob-2"}));
    // A claim in the event itself is not a field of the event.
    let forged = json!({"thread_id": thread, "kind": {"event": "message", "content": "x"}, "actor": {"kind": "human", "handle": "bob"}});
    assert_eq!(ada.misfit("event/append", forged), "actor");
    let forged = json!({"thread_id": thread, "kind": {"event": "message", "content": "x", "agent": {}}});
    assert_eq!(ada.misfit("event/append", forged), "kind.agent");
}
