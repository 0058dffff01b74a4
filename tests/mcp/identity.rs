//! The identity of an agent in a host, and what it cannot do.

use serde_json::json;

use crate::mcp::Host;
use crate::support::{Home, Server, needs};

#[test]
fn an_agent_is_named_after_its_host_and_its_model() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let mut ada = home.server();
    let read = json!({"thread_id": thread});
    let event = ada.ok("thread/read", read.clone())["events"][0].take();
    assert_eq!(event["actor"], json!({"kind": "agent", "handle": "claude-code"}));
    assert_eq!(
        event["agent"],
        json!({"provider": "anthropic", "model": "unknown", "agent_id": "claude-code"})
    );
    let mut other = Host::called(home.command(["mcp", "--model", "large-2"]), "Some Agent");
    other.tool("post_update", json!({"thread": thread, "type": "message", "text": "x"}));
    let events = ada.ok("thread/read", read)["events"].take();
    let event = events.as_array().unwrap().last().unwrap();
    assert_eq!(event["agent"], json!({"provider": "unknown", "model": "large-2", "agent_id": "some-agent"}));
}

#[test]
fn agents_that_start_together_share_one_room() {
    if !needs::met(&["git"], "rooms of one checkout") {
        return;
    }
    let home = Home::new();
    let project = home.path().with_file_name("project");
    std::fs::create_dir_all(project.join("src")).unwrap();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        let status = command.arg("-C").arg(&project).args(arguments).env_remove("GIT_DIR").status();
        assert!(status.unwrap().success());
    };
    git(&["init", "--quiet", "--initial-branch", "fix/tabs"]);
    let hosts = ["claude-code", "codex", "gemini", "opencode"];
    let mut hosts: Vec<Host> = hosts
        .into_iter()
        .enumerate()
        .map(|(number, name)| {
            let mut command = home.command(["mcp"]);
            command.current_dir(if number % 2 == 0 { project.clone() } else { project.join("src") });
            Host::called(command, name)
        })
        .collect();
    let calls: Vec<u64> =
        hosts.iter_mut().map(|host| host.begin("create_thread", json!({"title": "T"}))).collect();
    for (host, call) in hosts.iter_mut().zip(calls) {
        let answer = host.server.answer(call);
        assert_ne!(answer["result"]["isError"], true, "{answer}");
        host.server.careless();
    }
    let mut ada = home.server();
    let rooms = ada.ok("workroom/list", json!({}))["workrooms"].take();
    assert_eq!(rooms.as_array().unwrap().len(), 1, "{rooms}");
    let threads = ada.ok("thread/list", json!({"workroom_id": rooms[0]["id"]}))["threads"].take();
    assert_eq!(threads.as_array().unwrap().len(), 4);
    assert!(threads.as_array().unwrap().iter().all(|thread| thread["branch"] == "fix/tabs"), "{threads}");
    assert_eq!(rooms[0].get("branch"), None);
}

#[test]
fn unknown_mentions_are_reported_and_pasted_links_are_accepted() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}));
    let (id, link) = (thread["id"].as_str().unwrap(), thread["link"].as_str().unwrap());
    for pasted in [format!(" <{link}>.\n"), format!("`{id}`,"), format!("[T]({link})。")] {
        let post = json!({"thread": pasted, "type": "message", "text": "@ghost, look"});
        let posted = host.tool("post_update", post.clone());
        assert_eq!(posted["unreached"], json!(["ghost"]), "{pasted}");
        assert!(host.text("post_update", post).contains("No member has the handle @ghost"));
        let event = format!("\u{201c}{}\u{201d}", posted["event_id"].as_str().unwrap());
        for link in [&pasted, &event] {
            assert!(host.text("resolve_workroom_link", json!({"link": link})).contains("# Thread: T"));
        }
    }
}

#[test]
fn an_agent_with_a_token_has_its_handle_and_only_its_access() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let (_, hidden) = ada.thread();
    let secret = ada.token(json!({
        "handle": "scout", "kind": "agent", "scopes": ["read", "post"], "role": "contributor", "workrooms": [room]
    }));
    let mut command = home.command(["mcp"]);
    command.env("CODEWHALE_RUNTIME_TOKEN", &secret);
    let mut host = Host::called(command, "claude-code");
    let posted = host.tool("post_update", json!({"thread": thread, "type": "receipt", "text": "done"}));
    let event = ada.ok("event/read", json!({"event_id": posted["event_id"]}))["event"].take();
    assert_eq!(event["actor"]["handle"], "scout");
    assert_eq!(event["agent"]["provider"], "anthropic");
    assert_eq!(host.tool("list_workrooms", json!({}))["workrooms"].as_array().unwrap().len(), 1);
    let refused = host.failure("read_thread", json!({"thread": hidden}));
    assert!(refused.contains("not_found") && refused.contains("list_workrooms"), "{refused}");
    let token = ada.ok("token/list", json!({}))["tokens"][0]["token_id"].take();
    ada.ok("token/revoke", json!({"token_id": token}));
    let refused = host.failure("list_workrooms", json!({}));
    assert!(refused.contains("unauthenticated") && refused.contains("token create"), "{refused}");
}

#[test]
fn an_invalid_token_gives_no_access() {
    let home = Home::new();
    home.server().thread();
    let mut command = home.command(["mcp"]);
    command.env("CODEWHALE_RUNTIME_TOKEN", "wrk_human_nonsense");
    let mut host = Host::called(command, "claude-code");
    let refused = host.failure("list_workrooms", json!({}));
    assert!(refused.contains("unauthenticated"), "{refused}");
    assert!(!refused.contains("nonsense"), "{refused}");
}

#[test]
fn no_tool_decides_and_even_an_owners_token_gives_no_permission_to() {
    let home = Home::new();
    let mut ada = home.server();
    let (room, thread) = ada.thread();
    let secret = ada.token(json!({
        "handle": "eve", "kind": "human", "scopes": ["read", "post", "approve"], "role": "owner", "workrooms": [room]
    }));
    let mut command = home.command(["mcp"]);
    command.env("CODEWHALE_RUNTIME_TOKEN", &secret);
    let mut host = Host::called(command, "claude-code");
    let tools = host.server.ok("tools/list", json!({}))["tools"].take();
    for tool in tools.as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        assert!(!["approve", "decide", "deny"].iter().any(|word| name.contains(word)), "{name}");
    }
    let posted = host.tool("post_update", json!({"thread": thread, "type": "message", "text": "I approve"}));
    let event = ada.ok("event/read", json!({"event_id": posted["event_id"]}))["event"].take();
    assert_eq!(event["actor"], json!({"kind": "agent", "handle": "eve-claude-code"}));
    let mut same = Server::spawn({
        let mut command = home.command(["app-server"]);
        command.env("CODEWHALE_RUNTIME_TOKEN", &secret);
        command
    });
    let agent = json!({"provider": "p", "model": "m", "agent_id": "eve-claude-code"});
    let client = json!({"name": "t", "version": "1"});
    let identity = same.ok("initialize", json!({"client_info": client, "agent": agent}))["identity"].take();
    assert_eq!(identity["scopes"], json!(["read", "post"]));
}

#[test]
fn the_model_can_be_named_at_any_time() {
    let home = Home::new();
    let mut host = Host::called(home.command(["mcp"]), "codex-mcp-client");
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let arguments = json!({"thread": thread, "type": "message", "text": "x"});
    let meta = json!({"x-codex-turn-metadata": {"model": "large-3"}});
    host.server.ok("tools/call", json!({"name": "post_update", "arguments": arguments, "_meta": meta}));
    let events = home.server().ok("thread/read", json!({"thread_id": thread}))["events"].take();
    let (first, last) = (&events[0], events.as_array().unwrap().last().unwrap());
    assert_eq!((&first["agent"]["model"], &last["agent"]["model"]), (&json!("unknown"), &json!("large-3")));
    // It is still the same session.
    assert_eq!((&first["session_id"], &first["actor"]), (&last["session_id"], &last["actor"]));
}

#[test]
fn a_host_with_the_same_name_as_the_owner_works() {
    let home = Home::new();
    let mut host = Host::called(home.command(["mcp"]), "ada");
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let event = home.server().ok("thread/read", json!({"thread_id": thread}))["events"][0].take();
    assert_eq!(event["actor"], json!({"kind": "agent", "handle": "ada-2"}));
    host.server.ok("resources/list", json!({}));
}
