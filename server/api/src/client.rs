//! What the server knows about the client of one connection: who it is, and what it may call.

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

/// Who a connection acts as, and what they may do.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who their events are attributed to.
    pub author: Author,
    /// What lets them in, and what they may do.
    pub principal: Principal,
    /// The session of the agent that they are.
    session: Option<Arc<BegunSession>>,
}

/// The agent that a client says it is.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The agent.
    pub agent: AgentAttribution,
    /// What the client resumes its session by.
    pub session_key: Option<String>,
}

impl Caller {
    /// The person at this machine, who may do everything.
    pub fn owner(handle: &str) -> Self {
        Self { author: Author::person(handle), principal: Principal::owner(handle), session: None }
    }

    /// The bearer of a token.
    fn bearer(id: Uuid, actor: Actor, scopes: Vec<Scope>) -> Self {
        let principal = Principal::bearer(id, actor.clone(), scopes);
        Self { author: Author::of(actor), principal, session: None }
    }

    /// The caller after naming an agent, and the model that it runs on: in a session, whose handle nobody else has.
    /// It acts with the rights of whoever names it, but decides and manages nothing.
    pub fn naming(self, app: &App, naming: Naming) -> Result<Self> {
        let Naming { agent, session_key } = naming;
        let request = SessionRequest {
            principal: &self.principal,
            agent: &agent.agent_id,
            key: session_key.as_deref(),
        };
        let session = app.store()?.begin_session(request)?;
        // Roles are those of the agent, whatever number this session has.
        let principal = self.principal.agent(&session.stem);
        let author = Author {
            actor: Actor { kind: ActorKind::Agent, handle: session.handle.clone() },
            agent: Some(AgentAttribution { agent_id: session.agent.clone(), ..agent }),
            session_id: Some(session.id.clone()),
        };
        Ok(Self { author, principal, session: Some(Arc::new(session)) })
    }

    /// The caller as the client is told.
    pub fn identity(&self) -> Identity {
        let Actor { kind, handle } = self.author.actor.clone();
        Identity {
            handle,
            kind,
            scopes: self.principal.scopes.clone(),
            session_id: self.author.session_id.clone(),
        }
    }

    /// The caller, who calls a method.
    pub fn access(&self, method: &'static str, needs: Needs) -> Access {
        Access { principal: self.principal.clone(), method, needs }
    }

    /// The caller, who writes with a method.
    pub fn write_access(&self, method: &'static str, needs: Needs) -> WriteAccess {
        let session = self.session.as_ref().map(|session| session.lock.clone());
        WriteAccess { access: self.access(method, needs), session }
    }

    /// Whose idempotency keys the caller's are. Tokens of one bearer may show different things, and sessions of one
    /// agent know nothing of each other.
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
    /// What the connection follows.
    pub follows: Mutex<Follows>,
    /// Its requests that wait with a token.
    pub onlookers: Onlookers,
    /// Which of its writes are under way.
    pub order: Order,
    /// The state of the store that the reads of its turn share.
    pub snapshot: Snapshot,
    /// Ends the connection.
    pub stop: CancellationToken,
}

struct State {
    standing: Standing,
    phase: Phase,
    opted_out: HashSet<String>,
    /// What the client calls itself.
    client: Option<String>,
    /// Refusals that the audit trail has of this connection.
    refusals: usize,
    /// The approver secret that was given over it, by its generation.
    unlocked: Option<Uuid>,
}

/// What the client has called so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing.
    New,
    /// `initialize`, which has not succeeded and may yet say who calls.
    Initializing,
    /// Other methods, without `initialize`.
    Uninitialized,
    /// `initialize`, which has succeeded.
    Initialized,
}

impl Phase {
    /// The phase after one more call, unless the call is out of place.
    fn after(self, is_initialize: bool) -> Result<Self> {
        match (self, is_initialize) {
            (Self::New | Self::Initializing, true) => Ok(Self::Initializing),
            (Self::Uninitialized, true) => {
                Err(Error::State("`initialize` comes before every other request, or not at all"))
            }
            (Self::Initialized, true) => Err(Error::State("the connection is initialized already")),
            // It may have been about to be less than the local user.
            (Self::Initializing, false) => Err(StoreError::Unauthenticated(NOT_INITIALIZED).into()),
            (Self::New | Self::Uninitialized, false) => Ok(Self::Uninitialized),
            (Self::Initialized, false) => Ok(Self::Initialized),
        }
    }
}

/// How far the client is in saying who it is.
enum Standing {
    /// Whoever started the process says so; the first request looks it up in the store.
    Says { token: Option<Secret>, agent: Option<Naming> },
    /// The token that was presented is not good: nothing may be called with it.
    Refused(&'static str),
    /// It acts as this caller.
    Known(Caller),
}

impl Client {
    /// A connection of the person at this machine or of an agent of theirs, or of whoever bears the token.
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

    /// Who the connection acts as. Before it is known, nobody: no method gets here then.
    pub fn caller(&self) -> Caller {
        match &self.state().standing {
            Standing::Known(caller) => caller.clone(),
            // Until the store can be opened; nothing that needs it gets further.
            Standing::Says { token: None, agent: None } => Caller::owner(UNKNOWN_OWNER),
            Standing::Says { .. } | Standing::Refused(_) => Caller::nobody(),
        }
    }

    /// Who the connection is known to act as.
    pub fn known(&self) -> Option<Caller> {
        match &self.state().standing {
            Standing::Known(caller) => Some(caller.clone()),
            Standing::Says { .. } | Standing::Refused(_) => None,
        }
    }

    /// Whether it acts as the person at this machine.
    pub fn is_owner(&self) -> bool {
        match &self.state().standing {
            Standing::Known(caller) => caller.principal.is_owner(),
            Standing::Says { token, agent } => token.is_none() && agent.is_none(),
            Standing::Refused(_) => false,
        }
    }

    /// Takes note of a successful `initialize`.
    pub fn initialized(&self, caller: Caller, client: String, opted_out: Vec<String>) {
        let mut state = self.state();
        state.client = Some(client);
        state.phase = Phase::Initialized;
        state.opted_out = opted_out.into_iter().collect();
        state.standing = Standing::Known(caller);
    }

    /// Takes note that `initialize` says nothing of who calls: whatever comes of it, that is clear.
    pub fn is_clear(&self) {
        let mut state = self.state();
        if state.phase == Phase::Initializing {
            state.phase = Phase::New;
        }
    }

    /// Takes note of a token that is not good: from now on the connection may call nothing with it.
    pub fn refuse(&self, why: &'static str) {
        self.state().standing = Standing::Refused(why);
    }

    /// What the client calls itself, if it has said.
    pub fn name(&self) -> Option<String> {
        self.state().client.clone()
    }

    /// Takes note that the approver secret of this generation was given.
    pub fn unlock(&self, generation: Uuid) {
        self.state().unlocked = Some(generation);
    }

    /// The approver secret that was given.
    pub fn unlocked(&self) -> Option<Uuid> {
        self.state().unlocked
    }

    /// Whether the client wants notifications of this name.
    pub fn wants(&self, notification: &str) -> bool {
        !self.state().opted_out.contains(notification)
    }

    /// Whether the audit trail takes one more refusal of this connection.
    pub fn may_audit_refusal(&self) -> bool {
        let mut state = self.state();
        state.refusals += 1;
        state.refusals <= MAX_AUDITED_REFUSALS
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// A client that tries the same thing again and again must not fill the disk.
const MAX_AUDITED_REFUSALS: usize = 100;

impl Caller {
    fn nobody() -> Self {
        let actor = Actor { kind: ActorKind::System, handle: "nobody".into() };
        let principal = Principal::bearer(Uuid::nil(), actor.clone(), Vec::new());
        Self { author: Author::of(actor), principal, session: None }
    }

    /// Whoever a token that is presented makes of a connection.
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

    /// The same caller, or the agent that they name.
    pub fn perhaps_naming(self, app: &App, agent: Option<Naming>) -> Result<Self> {
        match agent {
            Some(agent) => self.naming(app, agent),
            None => Ok(self),
        }
    }
}

const NOT_INITIALIZED: &str = "`initialize` has failed, so it is not known who calls; call it again";
const EMPTY_TOKEN: &str = "the token is empty; without one, `CODEWHALE_RUNTIME_TOKEN` is not set at all";
const MALFORMED_TOKEN: &str = "the token is not one of Workroom, or was mistyped or cut";

// Shown nowhere: without a store nothing is written.
const UNKNOWN_OWNER: &str = "owner";

/// The owner of the store.
fn local(app: &App) -> Result<Caller> {
    Ok(Caller::owner(&app.store()?.read(Read::LATEST, |view| view.owner())?))
}

/// Decides before each call whether the client may make it. Without a row there is no such method.
pub fn guard(app: &App, client: &Client, row: Option<Row>) -> std::result::Result<(), ErrorObject> {
    let is_initialize = row.is_some_and(|row| row.name == Initialize::NAME);
    let mut state = client.state();
    // What is about the connection alone opens no store.
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
            // What needs no store is answered without one.
            Err(_) if token.is_none() && agent.is_none() => {}
            // The store may be mended by the next request.
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
    fn initialize_comes_first_or_not_at_all() {
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
