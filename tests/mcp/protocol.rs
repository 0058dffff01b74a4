//! The MCP protocol: versions, refusals, and the end of the connection.

use serde_json::{Value, json};

use crate::mcp::{Host, hello};
use crate::support::{Home, Server};

#[test]
fn every_protocol_version_is_supported() {
    let home = Home::new();
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut server = Server::spawn(home.command(["mcp"]));
        let begun = server.ok("initialize", hello(version, "claude-code"));
        assert_eq!(begun["protocolVersion"], version);
        assert_eq!(begun["serverInfo"]["name"], "workroom");
        assert!(begun["instructions"].as_str().unwrap().contains("data"), "{begun}");
        for part in ["tools", "resources", "prompts", "completions"] {
            assert!(begun["capabilities"][part].is_object(), "{part}: {begun}");
        }
        server.notify("notifications/initialized", json!({}));
        assert_eq!(server.ok("ping", json!({})), json!({}));
        assert!(server.ok("tools/list", json!({}))["tools"].as_array().unwrap().len() > 10);
    }
    let mut server = Server::spawn(home.command(["mcp"]));
    let begun = server.ok("initialize", hello("1999-01-01", "claude-code"));
    assert_eq!(begun["protocolVersion"], "2025-11-25");
}

#[test]
fn a_client_of_the_newest_version_starts_without_initialize() {
    let home = Home::new();
    let mut server = Server::spawn(home.command(["mcp"]));
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "codex-mcp-client", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let found = server.ok("server/discover", json!({"_meta": meta}));
    assert!(found["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")), "{found}");
    let params = json!({"name": "create_thread", "arguments": {"title": "T"}, "_meta": meta});
    let thread = server.ok("tools/call", params)["structuredContent"]["id"].take();
    let params = json!({"thread_id": thread, "limit": 1});
    let event = home.server().ok("thread/read", params)["events"][0].take();
    assert_eq!(event["agent"], json!({"provider": "openai", "model": "unknown", "agent_id": "codex"}));
}

#[test]
fn an_invalid_request_is_refused_and_the_next_one_answered() {
    let home = Home::new();
    let mut host = Host::new(&home);
    host.server.send_raw("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]\n");
    let refused: Value = serde_json::from_str(&host.server.line()).unwrap();
    assert_eq!(refused["error"]["code"], -32600, "{refused}");
    host.server.send_raw("not json\n\n");
    let refused: Value = serde_json::from_str(&host.server.line()).unwrap();
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&Value::Null, &json!(-32700)), "{refused}");
    assert_eq!(host.server.ok("ping", json!({})), json!({}));
    assert_eq!(host.server.err("no/such", json!({}))["code"], -32601);
    assert_eq!(host.server.err("tools/call", json!({"name": "no_such"}))["code"], -32602);
    assert_eq!(host.server.err("prompts/get", json!({"name": "no_such"}))["code"], -32602);
}

#[test]
fn a_host_that_disconnects_leaves_no_waiting_process() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let arguments = json!({"thread": thread, "tool_name": "t", "summary": "s", "wait_seconds": 3600});
    let id = host.begin("request_approval", arguments);
    // The progress notification shows that it waits.
    host.server.notification();
    host.server.close_input();
    let answered = host.server.answer(id);
    assert_eq!(answered["result"]["structuredContent"]["state"], "pending");
    // Dropping the server asserts that it has ended by itself.
}

#[test]
fn a_call_that_the_host_cancels_ends() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let arguments = json!({"thread": thread, "question": "which?", "wait_seconds": 3600});
    let id = host.begin("ask_human", arguments);
    host.server.notification();
    host.server.notify("notifications/cancelled", json!({"requestId": id, "reason": "enough"}));
    // The question stays open, and the connection continues.
    let asked = host.tool("ask_human", json!({"thread": thread, "question": "which?", "wait_seconds": 0}));
    assert_eq!(asked["state"], "waiting");
    let open = home.server().ok("event/list", json!({"kinds": ["needs_human"]}));
    assert_eq!(open["events"].as_array().unwrap().len(), 1);
}
