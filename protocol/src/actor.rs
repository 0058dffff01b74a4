//! Who did something.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::SessionId;

/// What kind of being acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person.
    Human,
    /// A coding agent; its events also carry an [`AgentAttribution`].
    Agent,
    /// A chat bridge that speaks for people elsewhere.
    Bridge,
    /// Workroom itself.
    System,
}

/// Who caused an event. The server sets it from the connection; a client cannot claim another's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// What kind of being acts.
    pub kind: ActorKind,
    /// The name they are mentioned by, without the `@`.
    pub handle: String,
}

impl Actor {
    /// Stands in for the actor of an event from a writer that does not name one.
    pub fn unknown() -> Self {
        Self { kind: ActorKind::System, handle: "unknown".into() }
    }
}

/// Which agent and model produced an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AgentAttribution {
    /// Who serves the model, such as `anthropic`.
    pub provider: String,
    /// The model, such as `claude-opus-5`.
    pub model: String,
    /// The agent, stable over its runs; also its handle.
    pub agent_id: String,
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read what the caller may see.
    Read,
    /// Create rooms and threads, and append events.
    Post,
    /// Decide approvals.
    Approve,
    /// Manage members and tokens.
    Admin,
}

/// Whom the server takes this connection for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The name the caller is mentioned by.
    pub handle: String,
    /// What kind of being the caller is.
    pub kind: ActorKind,
    /// What the caller may do.
    pub scopes: Vec<Scope>,
    /// The session of the agent that the caller is; absent for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Read, Self::Post, Self::Approve, Self::Admin];

    /// The name of the scope on the wire.
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
    /// The name of the kind on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Agent => "agent",
            Self::Bridge => "bridge",
            Self::System => "system",
        }
    }

    /// The kind of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Human, Self::Agent, Self::Bridge, Self::System].into_iter().find(|kind| kind.name() == name)
    }
}
