//! What all connections of a process share: the open store, and writes that nobody waits for.

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

// The number of searches and file reads that run at once; others wait for their turn. More would not be faster, and
// each holds a response of up to 1 MiB, a thread and a connection to the store.
const MAX_SLOW: usize = 2;

/// The configuration of a process that serves.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// The store's folder; if it is empty, every request that needs the store fails.
    pub home: PathBuf,
    /// What the answer to a write guarantees.
    pub durability: Durability,
    /// The owner's handle, used only when a store without an owner is opened. The default is the account name of the
    /// process. A store that has an owner ignores both.
    pub owner: Option<String>,
    /// Returns the name of that account.
    pub account: fn() -> String,
    /// The longest message, in bytes.
    pub max_line_bytes: usize,
    /// The program name recorded for clients that do not give theirs.
    pub via: &'static str,
    /// The token from the environment.
    pub token: Option<Secret>,
    /// The source of the time.
    pub clock: Clock,
}

impl App {
    /// Creates the application. The first request that needs the store opens it.
    pub fn new(config: AppConfig) -> Self {
        let progress = |done, total| tracing::info!(done, total, "rebuilding the store's projections");
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

    /// Reports the progress of migrating an old store to `progress` instead of the log: events replayed, and the total.
    pub fn with_progress(mut self, progress: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// The store. After a failure to open it, each request tries again, because the cause may have been fixed.
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

    /// The path of the store, if this process created it.
    pub fn new_store(&self) -> Option<PathBuf> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        store.as_ref().filter(|store| store.is_new()).map(|store| store.path().to_owned())
    }

    /// A note for the local user's agents about a store that is about to be created, or that this process created.
    pub fn note_on_new_store(&self) -> Option<String> {
        let path = self.config.home.join(store::FILE_NAME);
        let is_new = self.new_store().is_some() || path.symlink_metadata().is_err();
        let has_place = !self.config.home.as_os_str().is_empty();
        (is_new && has_place && !self.bears_a_token()).then(|| {
            let path = path.display();
            format!(
                "The store {path} is new and contains only what is written from now on, so links from \
                 other stores do not work. If your user expects existing workrooms, report this path."
            )
        })
    }

    /// Cancelled once only a new process can serve the store at its path, because a newer version has migrated it or it
    /// was replaced. Pending requests get that error; then this process must end.
    pub fn outdated(&self) -> &CancellationToken {
        &self.outdated
    }

    /// Cancel this when the process must end soon. Requests that wait for a lock or read a file then fail at once.
    pub fn hurry(&self) -> &CancellationToken {
        &self.hurry
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// Records that a person answers at a terminal of this process. Only the command line knows that.
    pub fn answered_at_terminal(&self) {
        self.at_terminal.store(true, Ordering::Relaxed);
    }

    /// The surface recorded for decisions.
    pub(crate) fn surface(&self) -> &'static str {
        match self.config.via {
            "workroom" => "cli",
            other => other,
        }
    }

    /// Whether the environment contains a token. Connections then act as its bearer.
    pub fn bears_a_token(&self) -> bool {
        self.config.token.is_some()
    }

    /// Registers a secret, so that it is redacted everywhere.
    pub(crate) fn learn(&self, secret: &Secret) {
        redact::process().learn(secret.expose(), "workroom_token");
    }

    /// Adds a connection made with a token to the audit trail.
    pub(crate) fn connected(&self, caller: &Caller) {
        let Some(token) = caller.principal.token() else { return };
        let access = caller.access(Initialize::NAME, Initialize::NEEDS);
        self.note(move |tx| {
            tx.used_token(token)?;
            tx.audit_outcome(&access, AUDITED_AS_DONE)
        });
    }

    /// Records that a token has expired. That is final, even if the clock is set back.
    pub(crate) fn saw_expired(&self, token: Option<Uuid>, error: &StoreError) {
        if let (Some(token), StoreError::Unauthenticated(EXPIRED)) = (token, error) {
            self.note(move |tx| tx.token_expired(token));
        }
    }

    /// Adds the refusal of a token's bearer to the audit trail.
    pub(crate) fn refused(&self, client: &Client, caller: &Caller, method: &'static str, error: &Error) {
        let Error::Store(StoreError::Forbidden(_)) = error else { return };
        if caller.principal.token().is_none() || !client.may_audit_refusal() {
            return;
        }
        let access = caller.access(method, Needs { scope: None, role: None });
        self.note(move |tx| tx.audit_outcome(&access, ErrorKind::Forbidden.name()));
    }

    /// Waits until all writes that nobody waits for are done. Call it before the process ends.
    pub async fn finish(&self) {
        let notes = std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner));
        notes.join_all().await;
    }

    /// Queues a write that nobody waits for. It is lost if the store cannot be written, but then the action that it
    /// records was not written either.
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
