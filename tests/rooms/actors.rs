//! The actor of an event comes from the connection, never from the client.

use serde_json::{Value, json};
use workroom_protocol::methods::{ThreadAttachRef, WorkroomUpdate};

use crate::support::Home;

#[test]
fn a_connection_without_initialize_is_the_local_owner() {
    let home = Home::new();
    let mut server = home.server();
    let (_, thread) = server.thread();
    let event = server.say(&thread, "x");
    assert_eq!(event["actor"], json!({"kind": "human", "handle": "ada"}));
    assert!(event.get("agent").is_none());
}

#[test]
fn an_agents_events_name_the_agent_and_its_model() {
    let home = Home::new();
    let mut agent = home.agent("anthropic", "claude-opus", "builder");
    let (_, thread) = agent.thread();
    let said = agent.say(&thread, "x");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "x").unwrap();
    let room = said["workroom_id"].clone();
    agent.call::<WorkroomUpdate>(json!({"workroom_id": room, "workspace": folder.path()}));
    let artifact = agent.ok("artifact/link", json!({"thread_id": thread, "path": "a.txt", "kind": "log"}));
    agent.call::<ThreadAttachRef>(json!({"thread_id": thread, "ref": "o/r#1"}));

    let attribution = json!({"provider": "anthropic", "model": "claude-opus", "agent_id": "builder"});
    let actor = json!({"kind": "agent", "handle": "builder"});
    assert_eq!((&artifact["linked_by"], &artifact["agent"]), (&actor, &attribution));
    let events = agent.ok("event/list", json!({}))["events"].take();
    assert_eq!(events.as_array().unwrap().len(), 7);
    // A room that an agent creates also belongs to the local user.
    let owned = &events[1];
    let member = json!({"event": "member_changed", "handle": "ada", "member_kind": "human", "role": "owner"});
    assert_eq!((&owned["kind"], &owned["actor"]["kind"]), (&member, &json!("system")));
    for event in events.as_array().unwrap().iter().filter(|event| *event != owned) {
        assert_eq!((&event["actor"], &event["agent"]), (&actor, &attribution), "{event}");
    }
    assert_eq!(agent.ok("workroom/read", json!({"workroom_id": room}))["owner"], "builder");
}

#[test]
fn agents_with_different_models_are_distinguished() {
    let home = Home::new();
    let mut person = home.server();
    let (_, thread) = person.thread();
    home.agent("anthropic", "claude", "a").say(&thread, "from a");
    home.agent("openai", "gpt", "b").say(&thread, "from b");
    person.say(&thread, "from ada");
    let page = person.ok("thread/read", json!({"thread_id": thread}));
    let said: Vec<_> = page["events"].as_array().unwrap()[1..]
        .iter()
        .map(|event| json!([event["actor"]["handle"], event["agent"]["model"]]))
        .collect();
    assert_eq!(said, [json!(["a", "claude"]), json!(["b", "gpt"]), json!(["ada", Value::Null])]);
}

#[test]
fn initialize_shows_that_an_agent_cannot_approve() {
    let home = Home::new();
    let agent = json!({"provider": "p", "model": "m", "agent_id": "@bot"});
    let mut told =
        home.server().ok("initialize", json!({"client_info": {"name": "t", "version": "1"}, "agent": agent}));
    assert!(told["identity"]["session_id"].take().as_str().unwrap().starts_with("ses_"));
    let identity = json!({"handle": "bot", "kind": "agent", "scopes": ["read", "post"], "session_id": null});
    assert_eq!(told["identity"], identity);
    let told = home.server().ok("initialize", json!({"client_info": {"name": "t", "version": "1"}}));
    let scopes = json!(["read", "post", "approve", "admin"]);
    assert_eq!(told["identity"], json!({"handle": "ada", "kind": "human", "scopes": scopes}));
}

#[test]
fn an_agent_without_a_valid_name_is_refused() {
    let home = Home::new();
    let mut server = home.server();
    for (agent, path) in [
        (json!({"provider": "p", "model": "m", "agent_id": "x".repeat(501)}), "agent.agent_id"),
        (json!({"provider": "", "model": "m", "agent_id": "a"}), "agent.provider"),
        (json!({"provider": "p", "model": "m"}), "agent.agent_id"),
        (json!({"provider": "p", "model": "m", "agent_id": "a", "kind": "human"}), "agent.kind"),
    ] {
        let params = json!({"client_info": {"name": "t", "version": "1"}, "agent": agent});
        assert_eq!(server.misfit("initialize", params), path, "{agent}");
    }
}
