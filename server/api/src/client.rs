//! The client of one connection: its identity, and what it may call.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workroom_protocol::Method;
use workroom_protocol::actor::{Actor, ActorKind, AgentAttribution, Identity, Scope};
use workroom_protocol::method::Needs;
use workroom_protocol::methods::Initialize;
use workroom_rpc::error::ErrorObject;
use workroom_rpc::router::Row;

use super::App;
use super::error::{Error, Result};
use super::follow::{Follows, Onlookers};
use super::order::Order;
use workroom_domain::access::{Access, Principal, authorize};
use workroom_domain::secret::Secret;
use workroom_store::{
    Author, BegunSession, KeyOwner, Read, SessionRequest, Snapshot, StoreError, WriteAccess,
};

/// The identity that a connection acts under, and its rights.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The author of the caller's events.
    pub author: Author,
    /// The credential and the rights.
    pub principal: Principal,
    /// The caller's agent session, if it is an agent.
    session: Option<Arc<BegunSession>>,
}

/// The agent that a client claims to be.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The agent.
    pub agent: AgentAttribution,
    /// The key with which the client resumes its session.
    pub session_key: Option<String>,
}

impl Caller {
    /// The local user, who has all rights.
    pub fn owner(handle: &str) -> Self {
        Self { author: Author::person(handle), principal: Principal::owner(handle), session: None }
    }

    /// The bearer of a token.
    fn bearer(id: Uuid, actor: Actor, scopes: Vec<Scope>) -> Self {
        let principal = Principal::bearer(id, actor.clone(), scopes);
        Self { author: Author::of(actor), principal, session: None }
    }

    /// The caller as the agent that they name, in a session whose handle no other session has. The agent has the rights
    /// of the caller who names it, except that it may not decide or manage anything.
    pub fn naming(self, app: &App, naming: Naming) -> Result<Self> {
        let Naming { agent, session_key } = naming;
        let request = SessionRequest {
            principal: &self.principal,
            agent: &agent.agent_id,
            key: session_key.as_deref(),
        };
        let session = app.store()?.begin_session(request)?;
        // Roles belong to the agent, regardless of this session's number.
        let principal = self.principal.agent(&session.stem);
        let author = Author {
            actor: Actor { kind: ActorKind::Agent, handle: session.handle.clone() },
            agent: Some(AgentAttribution { agent_id: session.agent.clone(), ..agent }),
            session_id: Some(session.id.clone()),
        };
        Ok(Self { author, principal, session: Some(Arc::new(session)) })
    }

    /// The caller as shown to the client.
    pub fn identity(&self) -> Identity {
        let Actor { kind, handle } = self.author.actor.clone();
        Identity {
            handle,
            kind,
            scopes: self.principal.scopes.clone(),
            session_id: self.author.session_id.clone(),
        }
    }

    /// The access for a call of a method.
    pub fn access(&self, method: &'static str, needs: Needs) -> Access {
        Access { principal: self.principal.clone(), method, needs }
    }

    /// The access for a write by a method.
    pub fn write_access(&self, method: &'static str, needs: Needs) -> WriteAccess {
        let session = self.session.as_ref().map(|session| session.lock.clone());
        WriteAccess { access: self.access(method, needs), session }
    }

    /// The owner of the caller's idempotency keys. Each token has its own, because tokens of one bearer may give
    /// different access. So has each session, because sessions of one agent do not know of each other.
    pub fn key_owner(&self) -> KeyOwner {
        match (&self.session, self.principal.token()) {
            (Some(session), token) => KeyOwner::session(&session.id.0, token, &session.stem),
            (None, Some(token)) => KeyOwner::token(token),
            (None, None) => KeyOwner::owner(),
        }
    }
}

/// The client of one connection.
pub struct Client {
    state: Mutex<State>,
    /// The connection's subscriptions.
    pub follows: Mutex<Follows>,
    /// The connection's pending requests that were made with a token.
    pub onlookers: Onlookers,
    /// The connection's writes in progress.
    pub order: Order,
    /// The state of the store that the reads of one turn share.
    pub snapshot: Snapshot,
    /// Cancelled to end the connection.
    pub stop: CancellationToken,
}

struct State {
    standing: Standing,
    phase: Phase,
    opted_out: HashSet<String>,
    /// The client's own name.
    client: Option<String>,
    /// The number of refusals of this connection in the audit trail.
    refusals: usize,
    /// The generation of the approver secret that was given on this connection.
    unlocked: Option<Uuid>,
}

/// What the client has called so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing.
    New,
    /// `initialize`, which has not succeeded yet and may still name the caller.
    Initializing,
    /// Other methods, without `initialize`.
    Uninitialized,
    /// `initialize`, successfully.
    Initialized,
}

impl Phase {
    /// The phase after one more call, or an error if the call is out of order.
    fn after(self, is_initialize: bool) -> Result<Self> {
        match (self, is_initialize) {
            (Self::New | Self::Initializing, true) => Ok(Self::Initializing),
            (Self::Uninitialized, true) => {
                Err(Error::State("`initialize` must be the first request of a connection"))
            }
            (Self::Initialized, true) => Err(Error::State("the connection is already initialized")),
            // The failed call may have named a caller with fewer rights than the local user.
            (Self::Initializing, false) => Err(StoreError::Unauthenticated(NOT_INITIALIZED).into()),
            (Self::New | Self::Uninitialized, false) => Ok(Self::Uninitialized),
            (Self::Initialized, false) => Ok(Self::Initialized),
        }
    }
}

/// The state of the caller's identification.
enum Standing {
    /// Given by the program that started the process. The first request looks it up in the store.
    Says { token: Option<Secret>, agent: Option<Naming> },
    /// The token that was presented is not valid: no method may be called with it.
    Refused(&'static str),
    /// Identified as this caller.
    Known(Caller),
}

impl Client {
    /// A connection of the local user or one of their agents, or of the token's bearer.
    pub fn new(agent: Option<Naming>, token: Option<Secret>, stop: CancellationToken) -> Self {
        let standing = Standing::Says { token, agent };
        let opted_out = HashSet::new();
        let state =
            State { standing, phase: Phase::New, opted_out, client: None, refusals: 0, unlocked: None };
        Self {
            state: Mutex::new(state),
            follows: Mutex::default(),
            onlookers: Onlookers::default(),
            order: Order::default(),
            snapshot: Snapshot::default(),
            stop,
        }
    }

    /// The caller. Nobody until they are identified, but then no method is called.
    pub fn caller(&self) -> Caller {
        match &self.state().standing {
            Standing::Known(caller) => caller.clone(),
            // Used until the store can be opened. No method that needs the store gets this far.
            Standing::Says { token: None, agent: None } => Caller::owner(UNKNOWN_OWNER),
            Standing::Says { .. } | Standing::Refused(_) => Caller::nobody(),
        }
    }

    /// The caller, if identified.
    pub fn known(&self) -> Option<Caller> {
        match &self.state().standing {
            Standing::Known(caller) => Some(caller.clone()),
            Standing::Says { .. } | Standing::Refused(_) => None,
        }
    }

    /// Whether the connection acts as the local user.
    pub fn is_owner(&self) -> bool {
        match &self.state().standing {
            Standing::Known(caller) => caller.principal.is_owner(),
            Standing::Says { token, agent } => token.is_none() && agent.is_none(),
            Standing::Refused(_) => false,
        }
    }

    /// Records a successful `initialize`.
    pub fn initialized(&self, caller: Caller, client: String, opted_out: Vec<String>) {
        let mut state = self.state();
        state.client = Some(client);
        state.phase = Phase::Initialized;
        state.opted_out = opted_out.into_iter().collect();
        state.standing = Standing::Known(caller);
    }

    /// Records that `initialize` names no caller, so the caller stays the same even if the call fails.
    pub fn is_clear(&self) {
        let mut state = self.state();
        if state.phase == Phase::Initializing {
            state.phase = Phase::New;
        }
    }

    /// Records that a token is not valid. From now on the connection cannot call any method with it.
    pub fn refuse(&self, why: &'static str) {
        self.state().standing = Standing::Refused(why);
    }

    /// The client's own name, if it gave one.
    pub fn name(&self) -> Option<String> {
        self.state().client.clone()
    }

    /// Records that the approver secret of this generation was given.
    pub fn unlock(&self, generation: Uuid) {
        self.state().unlocked = Some(generation);
    }

    /// The generation of the approver secret that was given on this connection.
    pub fn unlocked(&self) -> Option<Uuid> {
        self.state().unlocked
    }

    /// Whether the client wants notifications with this name.
    pub fn wants(&self, notification: &str) -> bool {
        !self.state().opted_out.contains(notification)
    }

    /// Whether to add one more refusal of this connection to the audit trail.
    pub fn may_audit_refusal(&self) -> bool {
        let mut state = self.state();
        state.refusals += 1;
        state.refusals <= MAX_AUDITED_REFUSALS
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// A client that repeats a refused call must not fill the disk.
const MAX_AUDITED_REFUSALS: usize = 100;

impl Caller {
    fn nobody() -> Self {
        let actor = Actor { kind: ActorKind::System, handle: "nobody".into() };
        let principal = Principal::bearer(Uuid::nil(), actor.clone(), Vec::new());
        Self { author: Author::of(actor), principal, session: None }
    }

    /// The bearer of a presented token, or the agent that it names.
    pub fn of_secret(app: &App, secret: &Secret, agent: Option<Naming>) -> Result<Self> {
        app.learn(secret);
        if secret.expose().is_empty() {
            return Err(StoreError::Unauthenticated(EMPTY_TOKEN).into());
        }
        if !secret.is_well_formed() {
            return Err(StoreError::Unauthenticated(MALFORMED_TOKEN).into());
        }
        let (found, bearer) = app.store()?.read(Read::LATEST, |view| {
            let found = view.token_of_secret(secret.expose())?;
            let actor = Actor { kind: found.token.kind, handle: found.token.handle.clone() };
            Ok((found, view.present(&actor)?))
        })?;
        if let Err(error) = app.store()?.read(Read::LATEST, |view| view.good_token(found.id)) {
            app.saw_expired(Some(found.id), &error);
            return Err(error.into());
        }
        Self::bearer(found.id, bearer, found.token.scopes).perhaps_naming(app, agent)
    }

    /// The caller, or the agent that they name.
    pub fn perhaps_naming(self, app: &App, agent: Option<Naming>) -> Result<Self> {
        match agent {
            Some(agent) => self.naming(app, agent),
            None => Ok(self),
        }
    }
}

const NOT_INITIALIZED: &str = "`initialize` failed, so the caller is unknown; call it again";
const EMPTY_TOKEN: &str = "the token is empty; to use no token, unset `CODEWHALE_RUNTIME_TOKEN`";
const MALFORMED_TOKEN: &str = "the token is not a Workroom token, or it was mistyped or truncated";

// Never shown: without a store nothing is written.
const UNKNOWN_OWNER: &str = "owner";

/// The owner of the store.
fn local(app: &App) -> Result<Caller> {
    Ok(Caller::owner(&app.store()?.read(Read::LATEST, |view| view.owner())?))
}

/// Decides before each call whether the client may make it. `row` is `None` for an unknown method.
pub fn guard(app: &App, client: &Client, row: Option<Row>) -> std::result::Result<(), ErrorObject> {
    let is_initialize = row.is_some_and(|row| row.name == Initialize::NAME);
    let mut state = client.state();
    // Methods that concern only the connection do not open the store.
    let needs_caller = is_initialize || row.is_some_and(|row| row.needs.scope.is_some());
    if let Standing::Says { token, agent } = &state.standing
        && (token.is_some() || agent.is_some() || needs_caller)
    {
        let caller = match token {
            Some(secret) => Caller::of_secret(app, secret, agent.clone()),
            None => local(app).and_then(|owner| owner.perhaps_naming(app, agent.clone())),
        };
        match caller {
            Ok(caller) => {
                app.connected(&caller);
                state.standing = Standing::Known(caller);
            }
            Err(Error::Store(StoreError::Unauthenticated(why))) => state.standing = Standing::Refused(why),
            // Methods that need no store work without one.
            Err(_) if token.is_none() && agent.is_none() => {}
            // The next request tries again, because the store may be repaired by then.
            Err(error) => return Err(error.into()),
        }
    }
    if let Standing::Refused(why) = state.standing {
        return Err(Error::from(StoreError::Unauthenticated(why)).into());
    }
    state.phase = state.phase.after(is_initialize)?;
    let Standing::Known(caller) = &state.standing else { return Ok(()) };
    if caller.principal.is_owner() {
        return Ok(());
    }
    let Some(row) = row else { return Ok(()) };
    let Err(refusal) = authorize(&caller.principal, row.needs, None) else { return Ok(()) };
    let refusal = Error::from(StoreError::from(refusal));
    let caller = caller.clone();
    drop(state);
    app.refused(client, &caller, row.name, &refusal);
    Err(refusal.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initialize_is_the_first_request_or_absent() {
        use Phase::{Initialized, Initializing, New, Uninitialized};
        let cases = [
            (New, Some(Initializing), Some(Uninitialized)),
            (Initializing, Some(Initializing), None),
            (Uninitialized, None, Some(Uninitialized)),
            (Initialized, None, Some(Initialized)),
        ];
        for (phase, after_initialize, after_another) in cases {
            assert_eq!(phase.after(true).ok(), after_initialize, "{phase:?}");
            assert_eq!(phase.after(false).ok(), after_another, "{phase:?}");
        }
    }
}
