//! The agents whose sessions are captured.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use workroom_protocol::actor::AgentAttribution;

/// An agent that people run in their own terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// Claude Code.
    Claude,
    /// OpenAI's Codex.
    Codex,
    /// opencode.
    Opencode,
    /// GitHub's Copilot CLI.
    Copilot,
    /// Google's Gemini CLI.
    Gemini,
    /// qwen-code.
    Qwen,
}

impl Agent {
    /// Every agent.
    pub const ALL: [Self; 6] =
        [Self::Claude, Self::Codex, Self::Opencode, Self::Copilot, Self::Gemini, Self::Qwen];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Opencode => "opencode",
            Self::Copilot => "copilot",
            Self::Gemini => "gemini",
            Self::Qwen => "qwen",
        }
    }

    /// The name that its users know.
    pub fn title(self) -> &'static str {
        match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
            Self::Opencode => "opencode",
            Self::Copilot => "Copilot CLI",
            Self::Gemini => "Gemini CLI",
            Self::Qwen => "Qwen Code",
        }
    }

    /// How its events are attributed. The MCP server attributes an agent's events in the same way.
    pub fn attribution(self, model: Option<&str>) -> AgentAttribution {
        let (provider, agent_id) = match self {
            Self::Claude => ("anthropic", "claude-code"),
            Self::Codex => ("openai", "codex"),
            Self::Opencode => ("opencode", "opencode"),
            Self::Copilot => ("github", "copilot"),
            Self::Gemini => ("google", "gemini"),
            Self::Qwen => ("alibaba", "qwen-code"),
        };
        AgentAttribution {
            provider: provider.into(),
            model: model.unwrap_or("unknown").into(),
            agent_id: agent_id.into(),
        }
    }
}

impl FromStr for Agent {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|agent| agent.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("no agent is called {name:?}; the agents are {names}")
        })
    }
}
