//! Actors: who performed an action, and what they may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::SessionId;

/// The kind of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person.
    Human,
    /// A coding agent. Its events also have an [`AgentAttribution`].
    Agent,
    /// A chat bridge, which posts for people on another platform.
    Bridge,
    /// Workroom itself.
    System,
}

/// The person, agent or program that caused an event. The server sets it from the connection; a client cannot choose
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// The kind of actor.
    pub kind: ActorKind,
    /// The handle, which is the name used in mentions, without the `@`.
    pub handle: String,
}

impl Actor {
    /// The actor of an imported event that does not name one.
    pub fn unknown() -> Self {
        Self { kind: ActorKind::System, handle: "unknown".into() }
    }
}

/// The agent and the model that produced an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AgentAttribution {
    /// The provider of the model, such as `anthropic`.
    pub provider: String,
    /// The model, such as `claude-opus-5`.
    pub model: String,
    /// The agent's name, the same in every run. It is also the agent's handle.
    pub agent_id: String,
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read everything that the caller may see.
    Read,
    /// Create rooms and threads, and append events.
    Post,
    /// Decide approvals.
    Approve,
    /// Manage members and tokens.
    Admin,
}

/// The identity that the server gives to this connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The caller's handle, which is the name used in mentions.
    pub handle: String,
    /// The kind of actor that the caller is.
    pub kind: ActorKind,
    /// What the caller may do.
    pub scopes: Vec<Scope>,
    /// The caller's agent session; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Read, Self::Post, Self::Approve, Self::Admin];

    /// The scope's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Post => "post",
            Self::Approve => "approve",
            Self::Admin => "admin",
        }
    }
}

impl ActorKind {
    /// The kind's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Agent => "agent",
            Self::Bridge => "bridge",
            Self::System => "system",
        }
    }

    /// Returns the kind with this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Human, Self::Agent, Self::Bridge, Self::System].into_iter().find(|kind| kind.name() == name)
    }
}
