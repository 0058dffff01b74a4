//! The methods: one file a noun. [`router`] is the column of all handlers.

mod approvals;
mod approver;
mod artifacts;
mod clean;
mod context;
pub mod cursor;
mod error;
mod events;
mod failures;
mod import;
mod inbox;
mod inbox_feed;
mod limits;
mod members;
mod merges;
mod order;
mod originals;
mod owner;
mod page;
mod repositories;
mod search;
mod server;
mod session;
mod sight;
mod subscriptions;
mod threads;
mod tokens;
mod waits;
mod workrooms;

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::json::Json;
use workroom_protocol::methods::*;
use workroom_protocol::server::Durability;
use workroom_protocol::time::Timestamp;
use workroom_protocol::{ErrorKind, Method};

pub use self::clean::stored;
pub use self::error::{APPROVER_SECRET, Error, Result};
pub use self::limits::{MAX_APPEND_EVENTS, MAX_LINE_BYTES, agent as check_agent};
use self::order::Turn;
pub use self::session::{Caller, Naming, Session};
pub use self::subscriptions::EventPump;
use self::waits::Waits;
use crate::clock::Clock;
pub use crate::domain::secret::Secret;
use crate::redact;
use crate::rpc::call::{Context, Serves};
use crate::rpc::router::Router;
use crate::store::{self, Asker, EXPIRED, IdempotencyKey, Opening, Store, StoreError, Tx, View};

/// What a handler gets.
#[derive(Clone)]
pub struct Cx(Context<App, Session>);

impl From<Context<App, Session>> for Cx {
    fn from(context: Context<App, Session>) -> Self {
        Self(context)
    }
}

impl Deref for Cx {
    type Target = Context<App, Session>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Serves<Session> for App {
    type Cx = Cx;
}

/// What all connections of a process share.
pub struct App {
    config: AppConfig,
    started_at: Timestamp,
    store: Mutex<Option<Arc<Store>>>,
    progress: Box<dyn Fn(u64, u64) + Send + Sync>,
    slow: Arc<Semaphore>,
    notes: Mutex<JoinSet<()>>,
    waits: Arc<Waits>,
    outdated: CancellationToken,
    hurry: CancellationToken,
    at_terminal: AtomicBool,
}

// Searches and reads of files that go on at once. More would not be faster, and each holds an answer of up to 1 MiB,
// a thread and a connection to the store; the others wait for their turn.
const MAX_SLOW: usize = 2;

/// How a process serves.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// The store's folder; empty when there is none, and then every request that needs the store fails.
    pub home: PathBuf,
    /// What an answer to a write promises.
    pub durability: Durability,
    /// What the owner is called, when a store is created that is nobody's yet. Without it the name of the account of
    /// the process. A store that knows its owner heeds neither.
    pub owner: Option<String>,
    /// Tells the name of that account.
    pub account: fn() -> String,
    /// The longest message, in bytes.
    pub max_line_bytes: usize,
    /// What clients that do not say their name are told to come through.
    pub via: &'static str,
    /// The token that the environment presents.
    pub token: Option<Secret>,
    /// What time it is.
    pub clock: Clock,
}

impl App {
    /// An application whose store is opened by the first request that needs it.
    pub fn new(config: AppConfig) -> Self {
        let progress = |done, total| tracing::info!(done, total, "making the store's lists anew");
        Self {
            started_at: config.clock.now(),
            config,
            store: Mutex::default(),
            progress: Box::new(progress),
            slow: Arc::new(Semaphore::new(MAX_SLOW)),
            notes: Mutex::default(),
            waits: Arc::default(),
            outdated: CancellationToken::new(),
            hurry: CancellationToken::new(),
            at_terminal: AtomicBool::new(false),
        }
    }

    /// Tells `progress` how far it is, instead of the log, while it brings an old store up to date:
    /// events replayed, of how many.
    pub fn with_progress(mut self, progress: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// The store. One that cannot be opened is tried again by each request: it may have been mended.
    pub fn store(&self) -> Result<Arc<Store>> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &*store {
            return Ok(store.clone());
        }
        let progress = &mut |done, total| (self.progress)(done, total);
        let opening = Opening {
            durability: self.config.durability,
            clock: self.config.clock.clone(),
            outdated: self.outdated.clone(),
            hurry: self.hurry.clone(),
        };
        let owner = || self.config.owner.clone().unwrap_or_else(self.config.account);
        let opened = Arc::new(Store::open(&self.config.home, opening, owner, progress)?);
        if opened.is_new() {
            tracing::info!(path = %opened.path().display(), "a new store was created");
        }
        *store = Some(opened.clone());
        Ok(opened)
    }

    /// Where the store is, when this process has created it.
    pub fn new_store(&self) -> Option<PathBuf> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.as_ref().filter(|store| store.is_new()).map(|store| store.path().to_owned())
    }

    /// What to tell an agent of the local user about a store that is about to be created, or was by this process.
    pub fn note_on_new_store(&self) -> Option<String> {
        let path = self.config.home.join(store::FILE_NAME);
        let is_new = self.new_store().is_some() || path.symlink_metadata().is_err();
        let has_place = !self.config.home.as_os_str().is_empty();
        (is_new && has_place && !self.bears_a_token()).then(|| {
            let path = path.display();
            format!(
                "The store {path} is new: there is nothing in it but what is written from now on, and links that were \
                 made elsewhere lead nowhere. If your user expects rooms in it, tell them where it is."
            )
        })
    }

    /// Cancelled once only a new process can serve the store at its place: a newer version has brought it up to date,
    /// or it was replaced. Whoever has asked is answered so; then this process is to end.
    pub fn outdated(&self) -> &CancellationToken {
        &self.outdated
    }

    /// To be cancelled when the process is to end soon: what still waits for a lock or reads a file is answered
    /// without it.
    pub fn hurry(&self) -> &CancellationToken {
        &self.hurry
    }

    /// Takes note that a connection's turn has ended.
    fn turn_ended(&self) {
        if let Some(store) = &*self.store.lock().unwrap_or_else(PoisonError::into_inner) {
            store.end_turn();
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// Takes note that a person answers at a terminal of this process. The command line alone knows that.
    pub fn answered_at_terminal(&self) {
        self.at_terminal.store(true, Ordering::Relaxed);
    }

    /// The surface that decisions come through.
    fn surface(&self) -> &'static str {
        match self.config.via {
            "workroom" => "cli",
            other => other,
        }
    }

    /// Whether the environment presents a token: connections then act as its bearer.
    pub fn bears_a_token(&self) -> bool {
        self.config.token.is_some()
    }

    /// Takes note of a secret, so that it is found wherever it turns up.
    fn learn(&self, secret: &Secret) {
        redact::process().learn(secret.expose(), "workroom_token");
    }

    /// Adds to the audit trail that a connection was made with a token.
    fn connected(&self, caller: &Caller) {
        let Some(token) = caller.pass.token() else { return };
        let asker = Asker::noting(caller.pass.clone(), Initialize::NAME);
        self.note(move |tx| {
            tx.used_token(token)?;
            tx.audit_outcome(&asker, AUDITED_AS_DONE)
        });
    }

    /// Takes note of a token that has expired: it has for ever, whatever the clock says later.
    fn saw_expired(&self, token: Option<Uuid>, error: &StoreError) {
        if let (Some(token), StoreError::Unauthenticated(EXPIRED)) = (token, error) {
            self.note(move |tx| tx.token_expired(token));
        }
    }

    /// Adds to the audit trail that whoever bears a token was refused.
    fn refused(&self, session: &Session, caller: &Caller, method: &'static str, error: &Error) {
        let Error::Store(StoreError::Forbidden(_)) = error else { return };
        if caller.pass.token().is_none() || !session.may_audit_refusal() {
            return;
        }
        let asker = Asker::noting(caller.pass.clone(), method);
        self.note(move |tx| tx.audit_outcome(&asker, ErrorKind::Forbidden.name()));
    }

    /// Waits until everything that nobody waits for is written. Called before the process ends.
    pub async fn finish(&self) {
        let notes = std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner));
        notes.join_all().await;
    }

    /// Writes what nobody waits for. Lost when the store cannot be written: nothing that it tells of was written.
    fn note(&self, work: impl FnOnce(&Tx<'_>) -> crate::store::Result<()> + Send + 'static) {
        let Ok(store) = self.store() else { return };
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        while notes.try_join_next().is_some() {}
        notes.spawn(async move {
            let noted = async { store.submit(None, CancellationToken::new(), work).await?.committed().await };
            if let Err(error) = noted.await {
                tracing::warn!(%error, "not added to the audit trail");
            }
        });
    }
}

const AUDITED_AS_DONE: &str = "ok";

/// A connection of the local owner, of an agent of theirs, or of whoever bears the token that the environment
/// presents: its session and its notifications.
pub fn connect(app: &Arc<App>, agent: Option<Naming>, stop: CancellationToken) -> (Arc<Session>, EventPump) {
    let session = Arc::new(Session::new(agent, app.config.token.clone(), stop));
    let pump = EventPump::new(app.clone(), session.clone());
    (session, pump)
}

/// Every handler. A row of the method table without one fails a test.
pub fn router(app: Arc<App>) -> Router<App, Session> {
    Router::new(app, session::guard, clean::FILTERS)
        .on::<Initialize>(server::initialize)
        .on::<Discover>(server::discover)
        .on::<Status>(server::status)
        .on::<Shutdown>(server::shutdown)
        .on::<OwnerRead>(owner::read)
        .on::<OwnerSet>(owner::set)
        .on::<SessionList>(owner::sessions)
        .on::<WorkroomCreate>(workrooms::create)
        .on::<WorkroomOpen>(repositories::open)
        .on::<WorkroomList>(workrooms::list)
        .on::<WorkroomRead>(workrooms::read)
        .on::<WorkroomUpdate>(workrooms::update)
        .on::<WorkroomArchive>(workrooms::archive)
        .on::<WorkroomUnarchive>(workrooms::unarchive)
        .on::<WorkroomMerge>(merges::merge)
        .on::<WorkroomLink>(workrooms::link)
        .on::<Resolve>(context::resolve)
        .on::<ThreadCreate>(threads::create)
        .on::<ThreadList>(threads::list)
        .on::<ThreadRead>(threads::read)
        .on::<ThreadUpdate>(threads::update)
        .on::<ThreadArchive>(threads::archive)
        .on::<ThreadUnarchive>(threads::unarchive)
        .on::<ThreadAttachRef>(threads::attach_ref)
        .on::<ThreadDetachRef>(threads::detach_ref)
        .on::<EventAppend>(events::append)
        .on::<EventAppendBatch>(events::append_batch)
        .on::<EventImport>(import::import)
        .on::<EventRead>(events::read)
        .on::<EventList>(events::list)
        .on::<EventSubscribe>(subscriptions::subscribe)
        .on::<EventUnsubscribe>(subscriptions::unsubscribe)
        .on::<ApprovalRequest>(approvals::request)
        .on::<ApprovalList>(approvals::list)
        .on::<ApprovalRead>(approvals::read)
        .on::<ApprovalWait>(approvals::wait)
        .on::<ApprovalDecide>(approvals::decide)
        .on::<ApprovalCancel>(approvals::cancel)
        .on::<ApproverState>(approver::status)
        .on::<ApproverSet>(approver::set)
        .on::<ApproverOff>(approver::off)
        .on::<ApproverUnlock>(approver::unlock)
        .on::<FailureRetry>(failures::retry)
        .on::<FailureDismiss>(failures::dismiss)
        .on::<ArtifactLink>(artifacts::link)
        .on::<ArtifactList>(artifacts::list)
        .on::<ArtifactRead>(artifacts::read)
        .on::<InboxList>(inbox::list)
        .on::<InboxCount>(inbox::counts)
        .on::<InboxSubscribe>(inbox_feed::subscribe)
        .on::<InboxUnsubscribe>(inbox_feed::unsubscribe)
        .on::<InboxMarkRead>(inbox::mark_read)
        .on::<InboxMarkUnread>(inbox::mark_unread)
        .on::<InboxArchive>(inbox::archive)
        .on::<InboxUnarchive>(inbox::unarchive)
        .on::<InboxSnooze>(inbox::snooze)
        .on::<InboxUnsnooze>(inbox::unsnooze)
        .on::<InboxSave>(inbox::save)
        .on::<InboxUnsave>(inbox::unsave)
        .on::<ThreadSetNotificationLevel>(inbox::set_thread_level)
        .on::<WorkroomSetNotificationLevel>(inbox::set_workroom_level)
        .on::<MemberList>(members::list)
        .on::<MemberAdd>(members::add)
        .on::<MemberUpdate>(members::update)
        .on::<MemberRemove>(members::remove)
        .on::<TokenCreate>(tokens::create)
        .on::<TokenList>(tokens::list)
        .on::<TokenRevoke>(tokens::revoke)
        .on::<AuditList>(tokens::audit)
        .on::<SearchQuery>(search::query)
}

impl Cx {
    fn store(&self) -> Result<Arc<Store>> {
        self.app.store()
    }

    fn caller(&self) -> Caller {
        self.call.session.caller()
    }

    /// The time.
    fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// A new id, which ascends.
    fn new_id(&self) -> Uuid {
        self.app.config.clock.new_id()
    }

    /// The program that the caller uses, as far as it has said.
    fn via(&self) -> Option<String> {
        let client = self.call.session.client();
        Some(
            client.map_or_else(
                || self.app.config.via.into(),
                |name| redact::process().text(&name).into_owned(),
            ),
        )
    }

    /// Who asks, and what for.
    fn asker(&self) -> Asker {
        self.caller().asker(self.method, self.needs)
    }

    /// Refuses, and takes note of it.
    fn forbidden(&self, message: impl Into<String>) -> Error {
        let error = StoreError::Forbidden(message.into()).into();
        self.app.refused(&self.call.session, &self.caller(), self.method, &error);
        error
    }

    /// Takes note of a refusal.
    fn refused_or<T>(&self, result: crate::store::Result<T>) -> Result<T> {
        result.map_err(|error| {
            self.app.saw_expired(self.caller().pass.token(), &error);
            let error = Error::from(error);
            self.app.refused(&self.call.session, &self.caller(), self.method, &error);
            error
        })
    }

    /// Reads, after the writes that this connection sent before. What has expired by then has ended in what is read.
    async fn read<T>(&self, work: impl FnOnce(View<'_>) -> crate::store::Result<T>) -> Result<T> {
        self.call.session.order.settled().await;
        let work = match self.read_now(|view| Looked::at(view, self.now(), work))? {
            Looked::Read(value) => return Ok(value),
            Looked::Expired(work) => work,
        };
        waits::settle_or_go_on(&*self.store()?).await;
        self.read_now(|view| work(view.without_expired(self.now())?))
    }

    fn read_now<T>(&self, work: impl FnOnce(View<'_>) -> crate::store::Result<T>) -> Result<T> {
        let store = self.store()?;
        let found = match self.call.session.is_owner() {
            true => store.read_in_turn(work).map_err(Error::from),
            false => self.refused_or(store.read_as(&self.asker(), work)),
        };
        found.map_err(|error| self.perhaps_elsewhere(&store, error))
    }

    /// Says of what was not found in an empty store that there is nothing in it: it may be a new one, in another place
    /// than was meant. Whoever comes with a token is told nothing of what there is.
    fn perhaps_elsewhere(&self, store: &Store, error: Error) -> Error {
        match error {
            Error::Store(StoreError::NotFound { what, id })
                if self.caller().pass.token().is_none()
                    && store.read(|view| view.head_seq()).is_ok_and(|head| head == 0) =>
            {
                let path = store.path().display();
                let id = format!("{id}: the store {path} is new, and nothing is in it yet");
                StoreError::NotFound { what, id }.into()
            }
            error => error,
        }
    }

    /// The same for reads of one statement.
    async fn read_once<T>(&self, work: impl FnOnce(View<'_>) -> crate::store::Result<T>) -> Result<T> {
        self.call.session.order.settled().await;
        match self.call.session.is_owner() {
            true => Ok(self.store()?.read_once_in_turn(work)?),
            // Who they are is another statement.
            false => self.read_now(work),
        }
    }

    /// Ends what has expired, while it is this write's turn, so that what the write returns does not depend on the clock.
    async fn settle_in(&self, _: &Turn<'_>) -> Result<()> {
        if self.read_now(|view| view.has_expired(self.now()))? {
            waits::settle_or_go_on(&*self.store()?).await;
        }
        Ok(())
    }

    /// Writes, in the order sent, and returns once it is on disk.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> crate::store::Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.turn().await;
        self.write_in(turn, work).await
    }

    /// Does work that takes its time on another thread, until the request is cancelled.
    async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let gone = |error: &dyn std::fmt::Display| Error::Internal(format!("work ended early: {error}"));
        let turn = async {
            let permit = self.app.slow.clone().acquire_owned().await.map_err(|error| gone(&error))?;
            // The permit comes back with the result: results that nobody has taken yet count as work.
            let done = tokio::task::spawn_blocking(move || (work(), permit)).await;
            done.map_err(|error| gone(&error))?.0
        };
        tokio::select! {
            done = turn => done,
            () = self.call.cancel().cancelled() => Err(Error::Cancelled),
            () = self.app.hurry.cancelled() => Err(Error::Cancelled),
        }
    }

    /// Begins a write that has to look something up first. Writes that were sent later wait for it to be queued, so
    /// that the order holds: nothing may be waited for before this.
    async fn turn(&self) -> Turn<'_> {
        self.call.session.order.begin().turn().await
    }

    /// Reads, after the writes that this connection sent before the one whose turn it is.
    async fn read_in<T>(
        &self,
        turn: &Turn<'_>,
        work: impl FnOnce(View<'_>) -> crate::store::Result<T>,
    ) -> Result<T> {
        turn.settled().await;
        self.read_now(work)
    }

    /// Does the write whose turn it is, and returns once it is on disk.
    async fn write_in<T: Send + 'static>(
        &self,
        turn: Turn<'_>,
        work: impl FnOnce(&Tx<'_>) -> crate::store::Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.store()?;
        let submitted = store.submit(Some(self.asker()), self.call.cancel().clone(), work).await?;
        let _under_way = turn.queued();
        let written = self.refused_or(submitted.committed().await);
        written.map_err(|error| self.perhaps_elsewhere(&store, error))
    }

    /// The idempotency key of a call, if it has one. `params` are those without the key.
    fn idempotency(
        &self,
        method: &str,
        path: &str,
        key: Option<String>,
        params: &impl Serialize,
    ) -> Result<Option<IdempotencyKey>> {
        let Some(key) = key else { return Ok(None) };
        limits::key(path, &key)?;
        let body = match self.hidden_hashes() {
            // Without their secrets two actions may be one body, and would be taken for retries of each other.
            Some(hidden) => serde_json::to_vec(&(params, hidden)),
            None => serde_json::to_vec(params),
        };
        let body = body.map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Some(IdempotencyKey::new(self.caller().key_owner(), key, &[method.as_bytes(), &body])))
    }

    /// The first result of a key, if there is one: for work that looks at what may have changed since.
    async fn first_result<T: serde::de::DeserializeOwned>(
        &self,
        turn: &Turn<'_>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<T>> {
        let Some(key) = key else { return Ok(None) };
        self.read_in(turn, |view| {
            Ok(view.first_result(key)?.map(|first| serde_json::from_str(&first)).transpose()?)
        })
        .await
    }
}

/// What a first look found: what was asked for, or that something has to end before it is read.
enum Looked<T, W> {
    Read(T),
    Expired(W),
}

impl<T, W: FnOnce(View<'_>) -> crate::store::Result<T>> Looked<T, W> {
    fn at(view: View<'_>, now: Timestamp, work: W) -> crate::store::Result<Self> {
        match view.has_expired(now)? {
            true => Ok(Self::Expired(work)),
            false => work(view).map(Self::Read),
        }
    }
}

/// Appends an event once for a key: a retry gets the first one.
fn once_event(
    tx: &Tx<'_>,
    key: Option<&IdempotencyKey>,
    work: impl FnOnce() -> crate::store::Result<(u64, Json<WorkroomEvent>)>,
) -> crate::store::Result<Json<WorkroomEvent>> {
    if let Some(first) = key.map(|key| tx.first_result(key)).transpose()?.flatten() {
        return Ok(tx.event_at(serde_json::from_str(&first)?)?.json);
    }
    let (seq, event) = work()?;
    if let Some(key) = key {
        tx.keep_result(key, &seq.to_string(), &tx.written())?;
    }
    Ok(event)
}

/// Does `work` once for a key: a retry gets the first result.
fn once<T: Serialize + serde::de::DeserializeOwned>(
    tx: &Tx<'_>,
    key: Option<&IdempotencyKey>,
    work: impl FnOnce() -> crate::store::Result<T>,
) -> crate::store::Result<T> {
    let Some(key) = key else { return work() };
    if let Some(first) = tx.first_result(key)? {
        return Ok(serde_json::from_str(&first)?);
    }
    let result = work()?;
    tx.keep_result(key, &serde_json::to_string(&result)?, &tx.written())?;
    Ok(result)
}
