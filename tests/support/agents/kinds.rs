//! The agents: where their programs are, and how to start each with a mock model and without questions.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::User;

/// What differs between agents.
pub struct Kind {
    /// The common name.
    pub name: &'static str,
    /// The name in Workroom's commands, which is also that of the program.
    pub command: &'static str,
    /// Where the program is in `node_modules`. A `*` stands for the name of the system.
    pub program: &'static str,
    /// Whether Node runs the program.
    pub is_script: bool,
    /// Arguments of every run.
    pub arguments: &'static [&'static str],
    /// The argument before a prompt of a run without a terminal.
    pub headless: &'static str,
    /// What the screen shows when the agent accepts prompts.
    pub ready: &'static str,
    /// What the agent's own permission dialog shows for a command.
    pub dialog: &'static str,
    /// The key that permits the command once.
    pub allow: &'static str,
    /// The key that denies it.
    pub deny: &'static str,
    /// The file with the settings, from the home folder.
    pub settings: &'static str,
    /// Writes the settings that every run needs, and returns the environment that it needs.
    pub prepare: fn(&User) -> Vec<(&'static str, String)>,
}

/// The path of a program, where a `*` stands for a part of a name. Packages of other systems are not installed.
pub fn find(modules: &Path, program: &str) -> Option<PathBuf> {
    let mut found = vec![modules.to_owned()];
    for part in program.split('/') {
        let is_match = |name: &str| match part.split_once('*') {
            Some((start, end)) => name.starts_with(start) && name.ends_with(end),
            None => name == part,
        };
        let entries = found.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        found = entries
            .filter(|entry| entry.file_name().to_str().is_some_and(is_match))
            .map(|e| e.path())
            .collect();
    }
    // Of two variants, the one with the longer name needs fewer features of the processor, and starts as fast.
    found.into_iter().max_by_key(|path| path.as_os_str().len())
}

pub static CLAUDE: Kind = Kind {
    name: "Claude Code",
    command: "claude",
    program: "@anthropic-ai/claude-code-*/claude",
    is_script: false,
    arguments: &[],
    headless: "-p",
    ready: "❯",
    dialog: "Do you want to proceed",
    allow: "1",
    deny: ESCAPE,
    settings: ".claude/settings.json",
    prepare: |user| {
        let key = "sk-ant-mock-key-0000";
        let project = json!({"hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true});
        let known = json!({
            "hasCompletedOnboarding": true,
            "lastOnboardingVersion": "99.0.0",
            "theme": "dark",
            "customApiKeyResponses": {"approved": [key], "rejected": []},
            "projects": {user.project().to_str().unwrap(): project},
        });
        user.add_json(".claude.json", &known);
        let url = user.model().url();
        let set = [
            ("ANTHROPIC_BASE_URL", &*url),
            ("ANTHROPIC_API_KEY", key),
            ("ANTHROPIC_MODEL", "claude-sonnet-4-5"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
            ("CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION", "false"),
            ("DISABLE_AUTOUPDATER", "1"),
            ("DISABLE_ERROR_REPORTING", "1"),
            ("DISABLE_TELEMETRY", "1"),
            ("ENABLE_TOOL_SEARCH", "false"),
        ];
        set.map(|(name, value)| (name, value.to_owned())).to_vec()
    },
};

pub static CODEX: Kind = Kind {
    name: "Codex",
    command: "codex",
    program: "@openai/codex-*/vendor/*/bin/codex",
    is_script: false,
    arguments: &[],
    headless: "exec",
    ready: "Ask Codex",
    dialog: "Would you like to run",
    allow: "y",
    deny: ESCAPE,
    settings: ".codex/hooks.json",
    prepare: |user| {
        let path = ".codex/config.toml";
        let text = user.read(path).unwrap_or_default();
        let mut config: toml_edit::DocumentMut = text.parse().unwrap();
        for (name, value) in [
            ("model", "mock-1"),
            ("model_provider", "mock"),
            ("approval_policy", "on-request"),
            ("sandbox_mode", "workspace-write"),
        ] {
            config[name] = toml_edit::value(value);
        }
        for name in ["check_for_update_on_startup", "analytics.enabled"] {
            set(&mut config, name, false.into());
        }
        set(&mut config, "model_providers.mock.name", "Mock".into());
        set(&mut config, "model_providers.mock.base_url", format!("{}/v1", user.model().url()).into());
        set(&mut config, "model_providers.mock.wire_api", "responses".into());
        set(&mut config, "model_providers.mock.env_key", "MOCK_KEY".into());
        let project = user.project();
        table(&mut config, "projects")[project.to_str().unwrap()]["trust_level"] =
            toml_edit::value("trusted");
        user.write(path, &config.to_string());
        vec![
            ("CODEX_HOME", user.home().join(".codex").to_str().unwrap().to_owned()),
            ("MOCK_KEY", "x".into()),
        ]
    },
};

pub static OPENCODE: Kind = Kind {
    name: "opencode",
    command: "opencode",
    program: "opencode-*/bin/opencode",
    is_script: false,
    arguments: &[],
    headless: "run",
    ready: "Ask anything",
    dialog: "Permission required",
    allow: "\r",
    deny: ESCAPE,
    settings: ".config/opencode/opencode.json",
    prepare: |user| {
        // So that it does not install the package for authors of plugins there, which takes the network and seconds.
        let locked = json!({"packages": {"": {"dependencies": {"@opencode-ai/plugin": "*"}}}});
        user.add_json(".config/opencode/package-lock.json", &locked);
        user.write(".config/opencode/node_modules/.keep", "");
        let options = json!({"baseURL": format!("{}/v1", user.model().url()), "apiKey": "x"});
        let model =
            json!({"name": "mock-1", "tool_call": true, "limit": {"context": 128_000, "output": 8192}});
        let provider = json!({
            "npm": "@ai-sdk/openai-compatible",
            "name": "Mock",
            "options": options,
            "models": {"mock-1": model},
        });
        let config = json!({
            "provider": {"mock": provider},
            "model": "mock/mock-1",
            "small_model": "mock/mock-1",
            "permission": {"bash": "ask", "edit": "ask"},
            "autoupdate": false,
            "share": "disabled",
        });
        let set = [
            ("OPENCODE_CONFIG_CONTENT", &*config.to_string()),
            ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
            ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1"),
            ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
            ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
        ];
        set.map(|(name, value)| (name, value.to_owned())).to_vec()
    },
};

pub static QWEN: Kind = Kind {
    name: "Qwen Code",
    command: "qwen",
    program: "@qwen-code/qwen-code/cli-entry.js",
    is_script: true,
    arguments: &[],
    headless: "-p",
    ready: "Type your message",
    dialog: "Allow execution",
    allow: "\r",
    deny: ESCAPE,
    settings: ".qwen/settings.json",
    prepare: |user| {
        let settings = json!({
            "security": {"auth": {"selectedType": "openai"}},
            "privacy": {"usageStatisticsEnabled": false},
            "general": {"disableAutoUpdate": true, "enableAutoUpdate": false},
            "model": {"name": "mock-1"},
            "tools": {"approvalMode": "default"},
        });
        user.add_json(".qwen/settings.json", &settings);
        let url = format!("{}/v1", user.model().url());
        let set = [
            ("OPENAI_API_KEY", "x"),
            ("OPENAI_BASE_URL", &*url),
            ("OPENAI_MODEL", "mock-1"),
            ("QWEN_TELEMETRY_ENABLED", "0"),
        ];
        set.map(|(name, value)| (name, value.to_owned())).to_vec()
    },
};

pub static COPILOT: Kind = Kind {
    name: "Copilot CLI",
    command: "copilot",
    program: "@github/copilot-*/copilot",
    is_script: false,
    arguments: &["--disable-client-telemetry"],
    headless: "-p",
    ready: "/ commands",
    dialog: "Do you want to run",
    allow: "\r",
    deny: ESCAPE,
    settings: ".copilot/settings.json",
    prepare: |user| {
        let project = user.project();
        user.add_json(".copilot/config.json", &json!({"trusted_folders": [project.to_str().unwrap()]}));
        let url = format!("{}/v1", user.model().url());
        let set = [
            ("COPILOT_AUTO_UPDATE", "false"),
            ("COPILOT_MODEL", "mock-1"),
            ("COPILOT_OFFLINE", "true"),
            ("COPILOT_PROVIDER_API_KEY", "x"),
            ("COPILOT_PROVIDER_BASE_URL", &*url),
        ];
        set.map(|(name, value)| (name, value.to_owned())).to_vec()
    },
};

pub static GEMINI: Kind = Kind {
    name: "Gemini CLI",
    command: "gemini",
    program: "@google/gemini-cli/bundle/gemini.js",
    is_script: true,
    arguments: &["-m", "gemini-2.5-flash"],
    headless: "-p",
    ready: "Type your message",
    dialog: "Allow execution",
    allow: "\r",
    deny: ESCAPE,
    settings: ".gemini/settings.json",
    prepare: |user| {
        let settings = json!({
            "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": false}},
            "privacy": {"usageStatisticsEnabled": false},
            "general": {"disableAutoUpdate": true, "enableAutoUpdate": false},
            "telemetry": {"enabled": false},
        });
        user.add_json(".gemini/settings.json", &settings);
        let url = user.model().url();
        let set = [
            ("COLORTERM", "truecolor"),
            ("GEMINI_API_KEY", "mock"),
            ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
            ("GOOGLE_GEMINI_BASE_URL", &*url),
            ("NO_BROWSER", "1"),
        ];
        set.map(|(name, value)| (name, value.to_owned())).to_vec()
    },
};

const ESCAPE: &str = "\x1b";

/// Sets a value in a document by the names of its tables and its own, separated by dots.
fn set(config: &mut toml_edit::DocumentMut, path: &str, value: toml_edit::Value) {
    match path.rsplit_once('.') {
        Some((tables, name)) => table(config, tables)[name] = toml_edit::Item::Value(value),
        None => config[path] = toml_edit::Item::Value(value),
    }
}

fn table<'a>(config: &'a mut toml_edit::DocumentMut, path: &str) -> &'a mut toml_edit::Item {
    let mut item = config.as_item_mut();
    for name in path.split('.') {
        item = &mut item[name];
        if item.is_none() {
            *item = toml_edit::table();
        }
    }
    item
}
