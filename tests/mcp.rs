//! Agents of MCP hosts.

mod approved;
mod arguments;
mod asks;
mod frame;
mod front;
mod hand_over;
mod here;
mod identity;
mod install;
mod protocol;
mod resources;
mod tools;

use std::process::Command;

use crate::support::{Home, Server};
use serde_json::{Value, json};

/// The host of an agent: an initialized MCP client.
pub struct Host {
    pub server: Server,
}

impl Host {
    /// Claude Code with this home.
    pub fn new(home: &Home) -> Self {
        Self::called(home.command(["mcp"]), "claude-code")
    }

    /// A host with this name.
    pub fn called(command: Command, name: &str) -> Self {
        let mut server = Server::spawn(command);
        server.ok("initialize", hello("2025-11-25", name));
        server.notify("notifications/initialized", json!({}));
        Self { server }
    }

    /// The data in the result of a tool.
    #[track_caller]
    pub fn tool(&mut self, name: &str, arguments: Value) -> Value {
        let mut result = self.call(name, arguments);
        assert_ne!(result["isError"], true, "{result}");
        result["structuredContent"].take()
    }

    /// The text in the result of a tool.
    #[track_caller]
    pub fn text(&mut self, name: &str, arguments: Value) -> String {
        let result = self.call(name, arguments);
        assert_ne!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// The error text of a tool that fails.
    #[track_caller]
    pub fn failure(&mut self, name: &str, arguments: Value) -> String {
        let result = self.call(name, arguments);
        assert_eq!(result["isError"], true, "{result}");
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn call(&mut self, name: &str, arguments: Value) -> Value {
        self.server.ok("tools/call", json!({"name": name, "arguments": arguments}))
    }

    /// Calls a tool without waiting for the result, and returns the id of the call.
    pub fn begin(&mut self, name: &str, arguments: Value) -> u64 {
        let progress = json!({"progressToken": "p"});
        self.server.send("tools/call", json!({"name": name, "arguments": arguments, "_meta": progress}))
    }
}

/// The params of `initialize`.
pub fn hello(version: &str, name: &str) -> Value {
    let client = json!({"name": name, "version": "1"});
    json!({"protocolVersion": version, "capabilities": {}, "clientInfo": client})
}
