//! What all connections of a process share: the store once it is open, and what is done without anybody waiting.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workroom_clock::Clock;
use workroom_domain::secret::Secret;
use workroom_protocol::method::Needs;
use workroom_protocol::methods::Initialize;
use workroom_protocol::server::Durability;
use workroom_protocol::time::Timestamp;
use workroom_protocol::{ErrorKind, Method};
use workroom_redact as redact;
use workroom_store::{self as store, EXPIRED, Opening, Store, StoreError, Tx};

use super::client::{Caller, Client};
use super::error::{Error, Result};
use super::waits::Waits;

/// What all connections of a process share.
pub struct App {
    pub(crate) config: AppConfig,
    pub(crate) started_at: Timestamp,
    store: Mutex<Option<Arc<Store>>>,
    progress: Box<dyn Fn(u64, u64) + Send + Sync>,
    pub(crate) slow: Arc<Semaphore>,
    pub(crate) notes: Mutex<JoinSet<()>>,
    pub(crate) waits: Arc<Waits>,
    pub(crate) outdated: CancellationToken,
    pub(crate) hurry: CancellationToken,
    pub(crate) at_terminal: AtomicBool,
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

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// Takes note that a person answers at a terminal of this process. The command line alone knows that.
    pub fn answered_at_terminal(&self) {
        self.at_terminal.store(true, Ordering::Relaxed);
    }

    /// The surface that decisions come through.
    pub(crate) fn surface(&self) -> &'static str {
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
    pub(crate) fn learn(&self, secret: &Secret) {
        redact::process().learn(secret.expose(), "workroom_token");
    }

    /// Adds to the audit trail that a connection was made with a token.
    pub(crate) fn connected(&self, caller: &Caller) {
        let Some(token) = caller.principal.token() else { return };
        let access = caller.access(Initialize::NAME, Initialize::NEEDS);
        self.note(move |tx| {
            tx.used_token(token)?;
            tx.audit_outcome(&access, AUDITED_AS_DONE)
        });
    }

    /// Takes note of a token that has expired: it has for ever, whatever the clock says later.
    pub(crate) fn saw_expired(&self, token: Option<Uuid>, error: &StoreError) {
        if let (Some(token), StoreError::Unauthenticated(EXPIRED)) = (token, error) {
            self.note(move |tx| tx.token_expired(token));
        }
    }

    /// Adds to the audit trail that whoever bears a token was refused.
    pub(crate) fn refused(&self, client: &Client, caller: &Caller, method: &'static str, error: &Error) {
        let Error::Store(StoreError::Forbidden(_)) = error else { return };
        if caller.principal.token().is_none() || !client.may_audit_refusal() {
            return;
        }
        let access = caller.access(method, Needs { scope: None, role: None });
        self.note(move |tx| tx.audit_outcome(&access, ErrorKind::Forbidden.name()));
    }

    /// Waits until everything that nobody waits for is written. Called before the process ends.
    pub async fn finish(&self) {
        let notes = std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner));
        notes.join_all().await;
    }

    /// Writes what nobody waits for. Lost when the store cannot be written: nothing that it tells of was written.
    pub(crate) fn note(&self, work: impl FnOnce(&Tx<'_>) -> workroom_store::Result<()> + Send + 'static) {
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

pub(crate) const AUDITED_AS_DONE: &str = "ok";
