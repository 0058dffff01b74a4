//! Agent sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::SessionId;
use crate::time::Timestamp;

/// An agent session: one connection that named the agent, or several that gave the same session key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentSession {
    /// Its id.
    pub session_id: SessionId,
    /// The agent's handle in this session.
    pub handle: String,
    /// The name that the agent chose for itself.
    pub agent_id: String,
    /// When the session started.
    pub started_at: Timestamp,
    /// Whether a process is still using the session.
    pub live: bool,
}

/// The sessions to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionListParams {
    /// The ids of up to 200 sessions, including ended ones. Default: all live sessions.
    pub session_ids: Option<Vec<SessionId>>,
}

/// The sessions of the caller's own agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionListResponse {
    /// The sessions. The owner and the owner's agents get the sessions of all of the owner's agents. A caller with a
    /// token gets the sessions that were started with that token.
    pub sessions: Vec<AgentSession>,
}
