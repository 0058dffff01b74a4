//! Who an event says caused it, whatever its client claims.

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
fn an_event_is_the_token_bearers() {
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
fn an_agents_token_takes_a_model_but_no_other_name() {
    let home = Home::new();
    let (_ada, thread, [_, codex, _]) = people(&home);
    let mut server = home.server();
    let told = server.ok("initialize", hello(Some(&codex), Some("codex")));
    assert_eq!(told["identity"], json!({"handle": "codex", "kind": "agent", "scopes": ["read", "post"]}));
    let event = server.say(&thread, "x");
    assert_eq!(event["actor"], json!({"kind": "agent", "handle": "codex"}));
    assert_eq!(event["agent"]["model"], "m-1");
    for other in ["claude", "bob", "Codex", "ada", "slack"] {
        let mut server = home.server();
        let refused = server.err("initialize", hello(Some(&codex), Some(other)));
        assert!(
            ["forbidden", "invalid_params"].contains(&refused["data"]["kind"].as_str().unwrap()),
            "{refused}"
        );
        assert_eq!(server.refusal("workroom/list", json!({})), "unauthenticated");
    }
}

#[test]
fn the_agent_of_a_token_bearer_acts_as_itself_with_less() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let scopes = json!(["read", "post", "approve", "admin"]);
    let bob = ada.token(json!({"handle": "bob", "kind": "human", "scopes": scopes, "workrooms": [room]}));
    let mut server = home.server();
    let told = server.ok("initialize", hello(Some(&bob), Some("bobs-agent")));
    let identity = json!({"handle": "bobs-agent", "kind": "agent", "scopes": ["read", "post"]});
    assert_eq!(told["identity"], identity);
    assert_eq!(server.say(&thread, "x")["actor"], json!({"kind": "agent", "handle": "bobs-agent"}));
    assert_eq!(server.refusal("member/list", json!({"workroom_id": "wr_0"})), "not_found");
    assert_eq!(server.refusal("token/list", json!({})), "forbidden");
}

#[test]
fn the_agents_of_a_handle_are_those_of_one_person() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let bearer = |ada: &mut Server, handle: &str| {
        ada.token(json!({"handle": handle, "kind": "human", "scopes": ["read", "post"], "workrooms": [room]}))
    };
    let (vic, zoe) = (bearer(&mut ada, "vic"), bearer(&mut ada, "zoe"));
    let agent = |secret: &str, agent_id: &str| {
        let mut server = home.server();
        server.ok("initialize", hello(Some(secret), Some(agent_id)));
        server
    };
    // What the agent of the person at this machine asks for is not for those of others to take back.
    let mut builder = home.agent("acme", "m-1", "builder");
    let ask = json!({"thread_id": thread, "tool_name": "shell", "summary": "ls", "risk": "low"});
    builder.ok("approval/request", ask);
    for handle in ["builder", "Builder"] {
        let mut server = home.server();
        let refused = server.err("initialize", hello(Some(&vic), Some(handle)));
        assert_eq!(refused["data"]["kind"], "forbidden", "{refused}");
        assert!(refused["message"].as_str().unwrap().contains("agent_id"), "{refused}");
    }
    // Nor those of one bearer for another's, with whichever token they come.
    agent(&vic, "tester").say(&thread, "x");
    assert_eq!(home.server().refusal("initialize", hello(Some(&zoe), Some("tester"))), "forbidden");
    let again = bearer(&mut ada, "vic");
    agent(&again, "tester").say(&thread, "x");
    // Named by two before either writes, it is the agent of who writes first.
    let (mut of_vic, mut of_zoe) = (agent(&vic, "racer"), agent(&zoe, "racer"));
    of_vic.say(&thread, "x");
    let say = json!({"thread_id": thread, "kind": {"event": "message", "content": "x"}});
    assert_eq!(of_zoe.refusal("event/append", say.clone()), "forbidden");
    // The person at this machine comes first.
    let mut tester = agent(&vic, "tester");
    home.agent("acme", "m-1", "tester").say(&thread, "x");
    assert_eq!(tester.refusal("event/append", say), "forbidden");
}

#[test]
fn a_handle_is_of_characters_that_can_be_seen() {
    let home = Home::new();
    for id in ["ro\u{200b}bot", "\u{200b}", "\u{1f600}", "-", "..", "a b", "a\u{ad}b", "\u{2066}x"] {
        let mut server = home.server();
        assert_eq!(server.misfit("initialize", hello(None, Some(id))), "agent.agent_id", "{id:?}");
    }
    for id in ["codex", "a/b:1", "агент", "代理", "x.y_z-1"] {
        let mut server = home.server();
        assert_eq!(server.ok("initialize", hello(None, Some(id)))["identity"]["handle"], id);
    }
}

#[test]
fn nobody_takes_the_handle_of_another() {
    let home = Home::new();
    let (mut ada, thread, [bob, _, slack]) = people(&home);
    // Agents of those who bear tokens: no handle of anybody else's.
    for secret in [&bob, &slack] {
        for other in ["codex", "CODEX", "bob", "slack", "ada", "Ada"] {
            let mut server = home.server();
            let refused = server.err("initialize", hello(Some(secret), Some(other)));
            let kind = refused["data"]["kind"].as_str().unwrap();
            assert!(["forbidden", "invalid_params"].contains(&kind), "{other}: {refused}");
        }
    }
    // Agents of the person at this machine: no person's and no bridge's.
    for other in ["bob", "slack", "ada"] {
        let mut server = home.server();
        let refused = server.err("initialize", hello(None, Some(other)));
        let kind = refused["data"]["kind"].as_str().unwrap();
        assert!(["forbidden", "invalid_params"].contains(&kind), "{other}: {refused}");
    }
    let mut command = home.command(["app-server", "--agent", "acme/m-1/bob"]);
    command.env("RUST_BACKTRACE", "0");
    assert_eq!(Server::spawn(command).refusal("workroom/list", json!({})), "forbidden");
    // What a client claims in the event itself is no field of it.
    let forged = json!({"thread_id": thread, "kind": {"event": "message", "content": "x"}, "actor": {"kind": "human", "handle": "bob"}});
    assert_eq!(ada.misfit("event/append", forged), "actor");
    let forged = json!({"thread_id": thread, "kind": {"event": "message", "content": "x", "agent": {}}});
    assert_eq!(ada.misfit("event/append", forged), "kind.agent");
}
