//! Presence: the agents that run on this machine, and what they are doing. It is not part of the log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{SessionId, ThreadId, WorkroomId};
use crate::time::Timestamp;

/// What an agent is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// A turn is running.
    Working,
    /// It waits for a person.
    Waiting,
    /// It waits for the next prompt.
    Idle,
    /// Its process has ended.
    Gone,
}

impl PresenceState {
    /// The state's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Waiting => "waiting",
            Self::Idle => "idle",
            Self::Gone => "gone",
        }
    }
}

/// A session of an agent on this machine, no matter who started it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentPresence {
    /// The agent, such as `claude`.
    pub agent: String,
    /// The agent's own id of the session.
    pub agent_session: String,
    /// What it is doing.
    pub state: PresenceState,
    /// What it works on or waits for, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// Since when it has been doing that.
    pub since: Timestamp,
    /// When its first event arrived.
    pub started_at: Timestamp,
    /// The model, if the agent reported one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its working folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The branch of that folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Its handle in Workroom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Its session in Workroom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The workroom of its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workroom_id: Option<WorkroomId>,
    /// The thread of the session, from its first prompt on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<ThreadId>,
    /// The id of its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// When its process started, in the system's own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid_started: Option<u64>,
}

/// The agents to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresenceListParams {
    /// Whether to include sessions whose process has ended within the last day. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

/// The agents on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PresenceListResponse {
    /// The sessions: those that wait for a person first, then the latest change first.
    pub agents: Vec<AgentPresence>,
}
