//! Where each agent keeps its configuration.

use std::path::{Path, PathBuf};

use crate::agent::Agent;

/// The file of an agent that the hooks are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    /// The file.
    pub path: PathBuf,
    /// The agent's folder of configuration. An agent that was used has one.
    pub folder: PathBuf,
    /// The folder that exists without the agent: the user's home folder, or the folder that a variable names.
    pub root: PathBuf,
}

/// Returns the agent's file for the user with this home folder. `variable` reads the environment.
pub fn config_file(agent: Agent, home: &Path, variable: impl Fn(&str) -> Option<PathBuf>) -> ConfigFile {
    let set = |name: &str| variable(name).filter(|folder| !folder.as_os_str().is_empty());
    let folder = |name: &str, usual: &str| match set(name) {
        Some(folder) => (folder.clone(), folder),
        None => (home.join(usual), home.to_owned()),
    };
    let (folder, root) = match agent {
        Agent::Claude => folder("CLAUDE_CONFIG_DIR", ".claude"),
        Agent::Codex => folder("CODEX_HOME", ".codex"),
        Agent::Copilot => folder("COPILOT_HOME", ".copilot"),
        Agent::Qwen => folder("QWEN_HOME", ".qwen"),
        Agent::Gemini => {
            let root = set("GEMINI_CLI_HOME").unwrap_or_else(|| home.to_owned());
            (root.join(".gemini"), root)
        }
        Agent::Opencode => match (set("OPENCODE_CONFIG_DIR"), set("XDG_CONFIG_HOME")) {
            (Some(folder), _) => (folder.clone(), folder),
            (None, Some(root)) => (root.join("opencode"), root),
            (None, None) => (home.join(".config").join("opencode"), home.to_owned()),
        },
    };
    let path = match agent {
        Agent::Codex => folder.join("hooks.json"),
        Agent::Opencode => folder.join("plugins").join("workroom.js"),
        _ => folder.join("settings.json"),
    };
    ConfigFile { path, folder, root }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(agent: Agent, set: &[(&str, &str)]) -> String {
        let variable = |name: &str| set.iter().find(|(is, _)| *is == name).map(|(_, to)| PathBuf::from(to));
        config_file(agent, Path::new("/home/ada"), variable).path.display().to_string()
    }

    #[test]
    fn every_agent_has_its_file() {
        for (agent, usual, variable, named) in [
            (Agent::Claude, "/home/ada/.claude/settings.json", "CLAUDE_CONFIG_DIR", "/srv/settings.json"),
            (Agent::Codex, "/home/ada/.codex/hooks.json", "CODEX_HOME", "/srv/hooks.json"),
            (Agent::Copilot, "/home/ada/.copilot/settings.json", "COPILOT_HOME", "/srv/settings.json"),
            (Agent::Qwen, "/home/ada/.qwen/settings.json", "QWEN_HOME", "/srv/settings.json"),
            (
                Agent::Gemini,
                "/home/ada/.gemini/settings.json",
                "GEMINI_CLI_HOME",
                "/srv/.gemini/settings.json",
            ),
            (
                Agent::Opencode,
                "/home/ada/.config/opencode/plugins/workroom.js",
                "XDG_CONFIG_HOME",
                "/srv/opencode/plugins/workroom.js",
            ),
            (
                Agent::Opencode,
                "/home/ada/.config/opencode/plugins/workroom.js",
                "OPENCODE_CONFIG_DIR",
                "/srv/plugins/workroom.js",
            ),
        ] {
            assert_eq!(path(agent, &[]), usual);
            assert_eq!(path(agent, &[(variable, "/srv")]), named);
            assert_eq!(path(agent, &[(variable, "")]), usual);
        }
    }
}
