//! Sessions of agents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::SessionId;
use crate::time::Timestamp;

/// A session of an agent: one connection that named it, or several that gave the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentSession {
    /// Its id.
    pub session_id: SessionId,
    /// What the agent is called in it.
    pub handle: String,
    /// What the agent calls itself.
    pub agent_id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Whether a process still has it.
    pub live: bool,
}

/// Which sessions to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionListParams {
    /// Only these, at most 200, also those that have ended. Default: those that are live.
    pub session_ids: Option<Vec<SessionId>>,
}

/// The sessions of the caller's own agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionListResponse {
    /// The sessions: of the owner and their agents those of all of the owner's agents, of the bearer of a token those
    /// that came with that token.
    pub sessions: Vec<AgentSession>,
}
