//! The MCP hosts whose configuration files this program can change.

use std::env;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

// In seconds. Waiting for approvals and replies takes longer than the hosts' default timeout for a tool.
const TOOL_TIMEOUT: u64 = 3600;

/// The format of a host's configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// JSON, possibly with comments.
    Json,
    Toml,
}

/// An MCP host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Host {
    /// The name on the command line.
    pub(super) name: &'static str,
    /// The name that its users know.
    pub(super) title: &'static str,
    pub(super) format: Format,
    /// The path of members to its table of servers.
    pub(super) servers: &'static str,
    /// How to check that the host knows the server.
    pub(super) check: &'static str,
    /// How to allow this program's tools without a prompt for each call.
    pub(super) allow: Option<Allow>,
    file: fn(&Path) -> PathBuf,
    entry: fn(&[String]) -> Value,
}

/// How a host can allow a tool without a prompt for each call. Workroom's tools change nothing outside of Workroom.
#[derive(Debug, Clone, Copy)]
pub(super) enum Allow {
    /// With a member of the entry itself.
    Member(&'static str),
    /// With a rule in the list of permissions of another file.
    Rule { file: fn(&Path) -> PathBuf, rule: &'static str },
}

/// Every host.
pub(super) const HOSTS: [Host; 8] = [
    Host {
        name: "claude",
        title: "Claude Code",
        format: Format::Json,
        servers: "mcpServers",
        check: "claude mcp list",
        allow: Some(Allow::Rule {
            file: |home| in_or("CLAUDE_CONFIG_DIR", home, ".claude").join("settings.json"),
            rule: "mcp__workroom__*",
        }),
        file: |home| in_or("CLAUDE_CONFIG_DIR", home, "").join(".claude.json"),
        // With many servers, the host loads tools only when they are needed; these are always needed.
        entry: |command| json!({"type": "stdio", "command": command[0], "args": command[1..], "env": {}, "alwaysLoad": true}),
    },
    Host {
        name: "codex",
        title: "Codex",
        format: Format::Toml,
        servers: "mcp_servers",
        check: "codex mcp list",
        allow: None,
        file: |home| in_or("CODEX_HOME", home, ".codex").join("config.toml"),
        entry: |command| {
            json!({"command": command[0], "args": command[1..], "tool_timeout_sec": TOOL_TIMEOUT,
                // Codex passes only a few variables on to servers.
                "env_vars": ["WORKROOM_HOME", "CODEWHALE_HOME", "CODEWHALE_RUNTIME_TOKEN", "WORKROOM_MODEL"]})
        },
    },
    Host {
        name: "gemini",
        title: "Gemini CLI",
        format: Format::Json,
        servers: "mcpServers",
        check: "gemini mcp list",
        allow: Some(Allow::Member("trust")),
        file: |home| in_or("GEMINI_CLI_HOME", home, "").join(".gemini").join("settings.json"),
        entry: |command| json!({"command": command[0], "args": command[1..], "timeout": TOOL_TIMEOUT * 1000}),
    },
    Host {
        name: "opencode",
        title: "opencode",
        format: Format::Json,
        servers: "mcp",
        check: "opencode mcp list",
        allow: None,
        file: opencode,
        entry: |command| json!({"type": "local", "command": command, "enabled": true}),
    },
    Host {
        name: "copilot",
        title: "Copilot CLI",
        format: Format::Json,
        servers: "mcpServers",
        check: "/mcp show",
        allow: None,
        file: |home| in_or("COPILOT_HOME", home, ".copilot").join("mcp-config.json"),
        entry: |command| json!({"type": "local", "command": command[0], "args": command[1..], "tools": ["*"]}),
    },
    Host {
        name: "qwen",
        title: "Qwen Code",
        format: Format::Json,
        servers: "mcpServers",
        check: "qwen mcp list",
        allow: Some(Allow::Member("trust")),
        file: |home| home.join(".qwen").join("settings.json"),
        entry: |command| json!({"command": command[0], "args": command[1..], "timeout": TOOL_TIMEOUT * 1000}),
    },
    Host {
        name: "cursor",
        title: "Cursor",
        format: Format::Json,
        servers: "mcpServers",
        check: "its settings, under MCP",
        allow: None,
        file: |home| home.join(".cursor").join("mcp.json"),
        entry: |command| json!({"command": command[0], "args": command[1..]}),
    },
    Host {
        name: "vscode",
        title: "Visual Studio Code",
        format: Format::Json,
        servers: "servers",
        check: "the command `MCP: List Servers`",
        allow: None,
        file: vscode,
        entry: |command| json!({"type": "stdio", "command": command[0], "args": command[1..]}),
    },
];

impl Host {
    /// Returns the host with this name.
    pub(super) fn named(name: &str) -> Option<Host> {
        HOSTS.into_iter().find(|host| host.name == name)
    }

    /// Returns the host's configuration file for the user with this home folder.
    pub(super) fn file(&self, home: &Path) -> PathBuf {
        (self.file)(home)
    }

    /// Returns the host's entry for this program, started with `command`.
    pub(super) fn entry(&self, command: &[String]) -> Value {
        (self.entry)(command)
    }
}

/// Returns the folder that a variable names, otherwise a folder in the home folder.
fn in_or(variable: &str, home: &Path, folder: &str) -> PathBuf {
    match env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(folder) => folder.into(),
        None if folder.is_empty() => home.to_owned(),
        None => home.join(folder),
    }
}

fn opencode(home: &Path) -> PathBuf {
    if let Some(file) = env::var_os("OPENCODE_CONFIG").filter(|value| !value.is_empty()) {
        return file.into();
    }
    let folder = in_or("XDG_CONFIG_HOME", home, ".config").join("opencode");
    // The host reads both files. An existing one is the one that the user edits.
    let names = ["opencode.jsonc", "opencode.json"];
    let there = names.map(|name| folder.join(name)).into_iter().find(|file| file.exists());
    there.unwrap_or_else(|| folder.join("opencode.json"))
}

fn vscode(home: &Path) -> PathBuf {
    let folder = if cfg!(target_os = "macos") {
        home.join("Library/Application Support")
    } else if cfg!(windows) {
        in_or("APPDATA", home, "AppData/Roaming")
    } else {
        in_or("XDG_CONFIG_HOME", home, ".config")
    };
    folder.join("Code").join("User").join("mcp.json")
}
