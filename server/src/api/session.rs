//! What the server knows about one connection.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::rpc::error::ErrorObjectOwned;
use tokio_util::sync::CancellationToken;
use workroom_protocol::Method;
use workroom_protocol::actor::{Actor, ActorKind, AgentAttribution, Identity, Scope};
use workroom_protocol::methods::Initialize;

use super::error::Error;
use super::order::Order;
use super::subscriptions::Subscriptions;
use crate::store::Author;

/// What the client of a token is told that this store does not know.
pub(super) const UNKNOWN_TOKEN: &str = "the token is not known";

/// Who a connection acts as, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who their events are attributed to.
    pub author: Author,
    /// What they may do.
    pub scopes: Vec<Scope>,
}

impl Caller {
    /// The person at this machine, who may do everything.
    pub fn owner(handle: &str) -> Self {
        let actor = Actor { kind: ActorKind::Human, handle: handle.into() };
        let scopes = vec![Scope::Read, Scope::Post, Scope::Approve, Scope::Admin];
        Self { author: Author { actor, agent: None }, scopes }
    }

    /// An agent of that person, which reads and posts.
    pub fn agent(agent: AgentAttribution) -> Self {
        let actor = Actor { kind: ActorKind::Agent, handle: agent.agent_id.clone() };
        Self { author: Author { actor, agent: Some(agent) }, scopes: vec![Scope::Read, Scope::Post] }
    }

    /// The caller as the client is told.
    pub fn identity(&self) -> Identity {
        let Actor { kind, handle } = self.author.actor.clone();
        Identity { handle, kind, scopes: self.scopes.clone() }
    }

    /// What tells the caller from others, for idempotency keys.
    pub fn key(&self) -> String {
        let Actor { kind, handle } = &self.author.actor;
        format!("{kind:?}:{handle}")
    }
}

/// One connection.
pub struct Session {
    state: Mutex<State>,
    /// What the connection has subscribed to.
    pub subscriptions: Mutex<Subscriptions>,
    /// Which of its writes are under way.
    pub order: Order,
    /// Ends the connection.
    pub stop: CancellationToken,
}

struct State {
    caller: Caller,
    /// Whether a request other than `initialize` was made.
    used: bool,
    initialized: bool,
    /// Set when the client presents a token, in the environment or in `initialize`: none is known to this store.
    refused: bool,
    opted_out: HashSet<String>,
}

impl Session {
    /// A connection of `caller`. One that is `refused` may call nothing.
    pub fn new(caller: Caller, refused: bool, stop: CancellationToken) -> Self {
        let state = State { caller, used: false, initialized: false, refused, opted_out: HashSet::new() };
        Self { state: Mutex::new(state), subscriptions: Mutex::default(), order: Order::default(), stop }
    }

    /// Who the connection acts as.
    pub fn caller(&self) -> Caller {
        self.state().caller.clone()
    }

    /// Takes note of a successful `initialize`.
    pub fn initialized(&self, agent: Option<AgentAttribution>, opted_out: Vec<String>) {
        let mut state = self.state();
        state.initialized = true;
        state.opted_out = opted_out.into_iter().collect();
        if let Some(agent) = agent {
            state.caller = Caller::agent(agent);
        }
    }

    /// Takes note of a token that is not known: from now on the connection may call nothing.
    pub fn refuse(&self) {
        self.state().refused = true;
    }

    /// Whether the client wants notifications of this name.
    pub fn wants(&self, notification: &str) -> bool {
        !self.state().opted_out.contains(notification)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decides before each call whether the connection may make it.
pub fn guard(session: &Session, method: &str) -> Result<(), ErrorObjectOwned> {
    let mut state = session.state();
    if state.refused {
        return Err(Error::Unauthenticated(UNKNOWN_TOKEN).into());
    }
    if method != Initialize::NAME {
        state.used = true;
    } else if state.initialized {
        return Err(Error::State("the connection is initialized already").into());
    } else if state.used {
        return Err(Error::State("`initialize` comes before every other request, or not at all").into());
    }
    Ok(())
}
