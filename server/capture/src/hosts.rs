//! What each agent's hooks send, and the answers that they accept.
//!
//! All of it was observed on running agents; `docs/agents.md` names the versions.

mod claude;
mod copilot;
mod gemini;
mod opencode;
mod text;

use serde_json::Value;

use super::agent::Agent;
use super::answer::Answer;
use super::sign::What;

/// What a hook reported, without what is the same for every agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The agent's own id of the session.
    pub session: String,
    /// The agent's working folder.
    pub folder: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The subagent.
    pub subagent: Option<String>,
    /// What happened.
    pub what: What,
}

/// Reads what the hook of `event` received. Returns `None` for what is not captured, and for what cannot be read.
pub fn read(agent: Agent, event: &str, input: &Value, ask: &str) -> Option<Report> {
    match agent {
        Agent::Claude | Agent::Codex | Agent::Qwen => claude::read(agent, event, input, ask),
        Agent::Copilot => copilot::read(event, input, ask),
        Agent::Gemini => gemini::read(event, input),
        Agent::Opencode => opencode::read(event, input, ask),
    }
}

/// Whether the agent waits for the answer of this hook before it goes on, and its own dialog is not usable meanwhile.
pub fn blocks_its_dialog(agent: Agent) -> bool {
    matches!(agent, Agent::Codex | Agent::Copilot | Agent::Qwen)
}

/// Writes the answer to a hook in the form that the agent accepts; `None` if it has none for this event.
pub fn write(agent: Agent, event: &str, answer: &Answer) -> Option<String> {
    match agent {
        Agent::Claude | Agent::Codex | Agent::Qwen => claude::write(agent, event, answer),
        Agent::Copilot => copilot::write(event, answer),
        Agent::Gemini => gemini::write(event, answer),
        Agent::Opencode => opencode::write(answer),
    }
    .map(|value| value.to_string())
}

/// The events for which a hook is installed, in the agent's own names.
pub fn events(agent: Agent) -> &'static [&'static str] {
    match agent {
        Agent::Claude => claude::EVENTS_OF_CLAUDE,
        Agent::Codex => claude::EVENTS_OF_CODEX,
        Agent::Qwen => claude::EVENTS_OF_QWEN,
        Agent::Copilot => copilot::EVENTS,
        Agent::Gemini => gemini::EVENTS,
        Agent::Opencode => opencode::EVENTS,
    }
}

fn string(input: &Value, name: &str) -> Option<String> {
    input.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
