//! What the server knows about one connection: who it is, and what it may call.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::rpc::error::ErrorObject;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workroom_protocol::Method;
use workroom_protocol::actor::{Actor, ActorKind, AgentAttribution, Identity, Scope};
use workroom_protocol::method::Needs;
use workroom_protocol::methods::{Initialize, METHODS};
use workroom_protocol::token::Token;

use super::App;
use super::error::{Error, Result};
use super::inbox_feed::InboxSubscriptions;
use super::order::Order;
use super::sight::Onlookers;
use super::subscriptions::Subscriptions;
use crate::domain::secret::Secret;
use crate::store::{Asker, Author, Pass, StoreError};

/// Who a connection acts as, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who their events are attributed to.
    pub author: Author,
    /// What they may do.
    pub scopes: Vec<Scope>,
    /// What lets them in.
    pub pass: Pass,
}

impl Caller {
    /// The person at this machine, who may do everything.
    pub fn owner(handle: &str) -> Self {
        let actor = Actor { kind: ActorKind::Human, handle: handle.into() };
        let pass = Pass::Owner(actor.clone());
        Self { author: Author { actor, agent: None }, scopes: Scope::ALL.into(), pass }
    }

    /// The bearer of a token.
    fn bearer(id: Uuid, token: Token) -> Self {
        let actor = Actor { kind: token.kind, handle: token.handle };
        let pass = Pass::Token(id, actor.clone());
        Self { author: Author { actor, agent: None }, scopes: token.scopes, pass }
    }

    /// The caller after naming an agent, and the model that it runs on. An agent that bears a token stays who it is;
    /// anybody else's agent acts with their rights, but decides and manages nothing, and has a handle that is not
    /// somebody else's.
    pub fn naming(self, app: &App, agent: AgentAttribution) -> Result<Self> {
        let forbidden = |message: String| Err(StoreError::Forbidden(message).into());
        let actor = Actor { kind: ActorKind::Agent, handle: agent.agent_id.clone() };
        let is_bearers_own = matches!(&self.pass, Pass::Token(_, bearer) if *bearer == actor);
        if let Pass::Token(_, bearer) = &self.pass
            && bearer.kind == ActorKind::Agent
            && !is_bearers_own
        {
            return forbidden(format!(
                "the token is that of the agent `{}`, not of `{}`",
                bearer.handle, actor.handle
            ));
        }
        // Agents of the person at this machine may be those that have a token for elsewhere.
        let kinds: &[ActorKind] = match &self.pass {
            Pass::Token(..) => &[ActorKind::Human, ActorKind::Agent, ActorKind::Bridge],
            Pass::Owner(_) | Pass::Agent(_) => &[ActorKind::Human, ActorKind::Bridge],
        };
        if !is_bearers_own && app.store()?.read(|view| view.is_taken(&actor.handle, kinds))? {
            return forbidden(format!("`{}` is the handle of somebody else", actor.handle));
        }
        let is_bearer = self.pass.token().is_some();
        if is_bearer
            && !is_bearers_own
            && app.store()?.read(|view| view.is_anothers_agent(&actor.handle, &self.pass))?
        {
            let handle = &actor.handle;
            return forbidden(format!(
                "`{handle}` is somebody else's agent: name yours by an `agent_id` of its own"
            ));
        }
        let of_agents = |scope: &Scope| matches!(scope, Scope::Read | Scope::Post);
        let scopes = self.scopes.iter().copied().filter(of_agents).collect();
        let pass = match self.pass {
            Pass::Owner(_) | Pass::Agent(_) => Pass::Agent(actor.clone()),
            token => token,
        };
        Ok(Self { author: Author { actor, agent: Some(agent) }, scopes, pass })
    }

    /// The caller as the client is told.
    pub fn identity(&self) -> Identity {
        let Actor { kind, handle } = self.author.actor.clone();
        Identity { handle, kind, scopes: self.scopes.clone(), session_id: None }
    }

    /// Refuses a caller without this scope.
    pub fn must(&self, scope: Scope) -> Result<()> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        let message = format!("it takes the scope `{}`, which this connection does not have", scope.name());
        Err(StoreError::Forbidden(message).into())
    }

    /// The caller as the store asks for them, when they call a method.
    pub fn asker(&self, method: &'static str, needs: Needs) -> Asker {
        let bears_a_token = self.pass.token().is_some();
        let is_bearer = bears_a_token && *self.pass.actor() == self.author.actor;
        let agent = self.author.agent.as_ref().filter(|_| !is_bearer);
        Asker {
            pass: self.pass.clone(),
            method,
            role: needs.role,
            // What is done about members and tokens, and what is decided.
            audited: matches!(needs.scope, Some(Scope::Admin | Scope::Approve)),
            agent: agent.map(|agent| agent.agent_id.clone()),
        }
    }

    /// What tells the caller from others, for idempotency keys. Tokens of one bearer may show different things.
    pub fn key(&self) -> String {
        let Actor { kind, handle } = &self.author.actor;
        match self.pass.token() {
            Some(token) => format!("{kind:?}:{handle}:{}", token.simple()),
            None => format!("{kind:?}:{handle}"),
        }
    }
}

/// One connection.
pub struct Session {
    state: Mutex<State>,
    /// What the connection has subscribed to.
    pub subscriptions: Mutex<Subscriptions>,
    /// What it has subscribed to in the inbox.
    pub inbox: Mutex<InboxSubscriptions>,
    /// Its requests that wait with a token.
    pub onlookers: Onlookers,
    /// Which of its writes are under way.
    pub order: Order,
    /// Ends the connection.
    pub stop: CancellationToken,
}

struct State {
    standing: Standing,
    /// Whether a request other than `initialize` was made.
    used: bool,
    initialized: bool,
    /// Whether `initialize` was called, and has not succeeded.
    unclear: bool,
    opted_out: HashSet<String>,
    /// What the client calls itself.
    client: Option<String>,
    /// Refusals that the audit trail has of this connection.
    refusals: usize,
    /// The approver secret that was given over it, by its generation.
    unlocked: Option<Uuid>,
}

/// How far the client is in saying who it is.
enum Standing {
    /// Whoever started the process says so; the first request looks it up in the store.
    Says { token: Option<Secret>, agent: Option<AgentAttribution> },
    /// The token that was presented is not good: nothing may be called with it.
    Refused(&'static str),
    /// It acts as this caller.
    Known(Caller),
}

impl Session {
    /// A connection of the person at this machine or of an agent of theirs, or of whoever bears the token.
    pub fn new(
        owner: &str,
        agent: Option<AgentAttribution>,
        token: Option<Secret>,
        stop: CancellationToken,
    ) -> Self {
        let standing = match (token, agent) {
            (None, None) => Standing::Known(Caller::owner(owner)),
            (token, agent) => Standing::Says { token, agent },
        };
        let opted_out = HashSet::new();
        let state = State {
            standing,
            used: false,
            initialized: false,
            unclear: false,
            opted_out,
            client: None,
            refusals: 0,
            unlocked: None,
        };
        Self {
            state: Mutex::new(state),
            subscriptions: Mutex::default(),
            inbox: Mutex::default(),
            onlookers: Onlookers::default(),
            order: Order::default(),
            stop,
        }
    }

    /// Who the connection acts as. Before it is known, nobody: no method gets here then.
    pub fn caller(&self) -> Caller {
        match &self.state().standing {
            Standing::Known(caller) => caller.clone(),
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
        matches!(&self.state().standing, Standing::Known(caller) if caller.pass.is_owner())
    }

    /// Takes note of a successful `initialize`.
    pub fn initialized(&self, caller: Caller, client: String, opted_out: Vec<String>) {
        let mut state = self.state();
        state.client = Some(client);
        state.initialized = true;
        state.unclear = false;
        state.opted_out = opted_out.into_iter().collect();
        state.standing = Standing::Known(caller);
    }

    /// Takes note that `initialize` says nothing of who calls: whatever comes of it, that is clear.
    pub fn is_clear(&self) {
        self.state().unclear = false;
    }

    /// Takes note of a token that is not good: from now on the connection may call nothing with it.
    pub fn refuse(&self, why: &'static str) {
        self.state().standing = Standing::Refused(why);
    }

    /// What the client calls itself, if it has said.
    pub fn client(&self) -> Option<String> {
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
        let pass = Pass::Token(Uuid::nil(), actor.clone());
        Self { author: Author { actor, agent: None }, scopes: Vec::new(), pass }
    }

    /// Whoever a token that is presented makes of a connection.
    pub fn of_secret(app: &App, secret: &Secret, agent: Option<AgentAttribution>) -> Result<Self> {
        app.learn(secret);
        if secret.expose().is_empty() {
            return Err(StoreError::Unauthenticated(EMPTY_TOKEN).into());
        }
        if !secret.is_well_formed() {
            return Err(StoreError::Unauthenticated(MALFORMED_TOKEN).into());
        }
        let found = app.store()?.read(|view| view.token_of_secret(secret.expose()))?;
        Self::bearer(found.id, found.token).perhaps_naming(app, agent)
    }

    /// The same caller, or the agent that they name.
    pub fn perhaps_naming(self, app: &App, agent: Option<AgentAttribution>) -> Result<Self> {
        match agent {
            Some(agent) => self.naming(app, agent),
            None => Ok(self),
        }
    }
}

const NOT_INITIALIZED: &str = "`initialize` has failed, so it is not known who calls; call it again";
const EMPTY_TOKEN: &str = "the token is empty; without one, `CODEWHALE_RUNTIME_TOKEN` is not set at all";
const MALFORMED_TOKEN: &str = "the token is not one of Workroom, or was mistyped or cut";

/// Decides before each call whether the connection may make it.
pub fn guard(app: &App, session: &Session, method: &str) -> std::result::Result<(), ErrorObject> {
    let is_initialize = method == Initialize::NAME;
    let mut state = session.state();
    if let Standing::Says { token, agent } = &state.standing {
        let caller = match token {
            Some(secret) => Caller::of_secret(app, secret, agent.clone()),
            None => Caller::owner(&app.config.owner).perhaps_naming(app, agent.clone()),
        };
        match caller {
            Ok(caller) => {
                app.connected(&caller);
                state.standing = Standing::Known(caller);
            }
            Err(Error::Store(StoreError::Unauthenticated(why))) => state.standing = Standing::Refused(why),
            // The store may be mended by the next request.
            Err(error) => return Err(error.into()),
        }
    }
    if let Standing::Refused(why) = state.standing {
        return Err(Error::from(StoreError::Unauthenticated(why)).into());
    }
    if !is_initialize {
        if state.unclear {
            // It may have been about to be less than the person at this machine.
            return Err(Error::from(StoreError::Unauthenticated(NOT_INITIALIZED)).into());
        }
        state.used = true;
    } else if state.initialized {
        return Err(Error::State("the connection is initialized already").into());
    } else if state.used {
        return Err(Error::State("`initialize` comes before every other request, or not at all").into());
    } else {
        state.unclear = true;
    }
    let Standing::Known(caller) = &state.standing else { return Ok(()) };
    if matches!(caller.pass, Pass::Owner(_)) {
        return Ok(());
    }
    let Some(row) = METHODS.iter().find(|row| row.name == method) else { return Ok(()) };
    let refusal = row.needs.scope.and_then(|scope| caller.must(scope).err());
    let Some(refusal) = refusal else { return Ok(()) };
    let caller = caller.clone();
    drop(state);
    app.refused(session, &caller, row.name, &refusal);
    Err(refusal.into())
}
