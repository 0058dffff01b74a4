//! Signs of life: what an agent's hooks report, in one form for all agents.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use workroom_protocol::Timestamp;

use super::agent::Agent;

/// One report of a hook. It is a line of the session's spool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sign {
    /// The agent.
    pub agent: Agent,
    /// The agent's own id of the session.
    pub session: String,
    /// When the hook ran.
    pub at: Timestamp,
    /// The agent's working folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The agent's process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessId>,
    /// The model, where the agent reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The subagent that did it, by the agent's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subagent: Option<String>,
    /// The socket on which the session accepts messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// One process, which has its id until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    /// The id.
    pub pid: i32,
    /// When it started, in the system's own unit.
    pub started: u64,
}

/// The use of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub input: Value,
    /// The agent's own id of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
}

/// What happened in a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// The session began, or continues: `startup`, `resume`, `clear` or `compact`.
    Started { source: String },
    /// The user sent a prompt.
    Prompt { text: String },
    /// A tool is about to be used.
    Call { used: Use },
    /// A tool was used.
    Result { used: Use, ok: bool, summary: String },
    /// The agent asks for permission, and the hook waits for the answer.
    Ask { ask: String, used: Use },
    /// The agent's own dialog was answered. `call` names the request, and `allowed` says how, where the agent tells.
    Answered { call: String, allowed: Option<bool> },
    /// The turn continues after one or several tools.
    Batch,
    /// The agent asks in its own dialog, which only its terminal can answer. `used` is what it asks for, where it tells.
    Dialog { text: String, used: Option<Use> },
    /// The turn ended. `text` is the last message.
    Stopped { text: String },
    /// The turn failed.
    Failed { error: String },
    /// The user interrupted the turn.
    Interrupted,
    /// The conversation was shortened to a summary.
    Compacted,
    /// A subagent started. Its kind is the agent's own word.
    SubagentStarted { kind: String },
    /// A subagent ended. `text` is its last message.
    SubagentStopped { text: String },
    /// The session ended.
    Ended { reason: String },
}
