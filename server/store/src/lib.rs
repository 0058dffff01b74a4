//! The only SQL: the log, what is derived from it, and the thread that writes. [`contract`] defines what callers may
//! rely on.

mod access;
mod activity;
mod approvals;
mod approver;
mod artifacts;
mod audit;
mod backup;
mod check;
pub mod contract;
mod draft;
mod due;
mod error;
mod event_row;
mod failures;
mod feed;
mod files;
mod idempotency;
mod imports;
mod inbox;
mod inspect;
mod keys;
mod locks;
mod log;
mod members;
mod merges;
mod migrate;
mod names;
mod news;
mod open;
mod open_items;
mod owner;
mod pages;
mod participants;
mod projection;
mod queue;
mod reader;
mod repositories;
mod requests;
mod rows;
mod search;
mod sessions;
mod threads;
mod tokens;
mod view;
mod workrooms;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use workroom_protocol::server::{Durability, StoreStatus};
use workroom_protocol::time::Timestamp;

pub use self::access::{SeenRooms, WriteAccess};
pub use self::activity::ListPlace;
pub use self::approvals::{ApprovalRow, Ending, ended_by};
pub use self::approver::Approver;
pub use self::artifacts::ArtifactRow;
pub use self::audit::{AuditFilter, Audited};
pub use self::backup::{back_up, back_up_until};
pub use self::check::{CheckReport, check};
pub use self::draft::Draft;
pub use self::error::{Result, StorageReason, StoreError};
pub use self::event_row::StoredEvent;
pub use self::failures::OpenFailure;
pub use self::feed::{Feed, probe_wake_ups};
pub use self::idempotency::{IdempotencyKey, KeyOwner};
pub use self::inbox::{InboxChange, InboxFilter, InboxPage, InboxPosition, Snooze};
pub use self::inspect::{Inspection, inspect, sqlite_version};
pub use self::keys::{EventKey, RoomKey, ThreadKey};
pub use self::locks::{LockHolder, lock_holder};
pub use self::log::{Author, KindSet, Source, Target};
pub use self::members::MemberRow;
pub use self::migrate::{Progress, SCHEMA_VERSION};
pub use self::news::{Follower, News};
pub use self::open::{FILE_NAME, is_ours};
pub use self::open_items::item_of;
pub use self::pages::{EventFilter, PageSize};
pub use self::reader::{Read, Snapshot};
pub use self::repositories::{Identified, folder_key};
pub use self::search::Matches;
pub use self::sessions::{BegunSession, SessionLock, SessionRequest};
pub use self::threads::{ThreadFilter, ThreadPlace, ThreadRow};
pub use self::tokens::{EXPIRED, TokenRow};
pub use self::view::{EventPlace, Scope, View};
pub use self::workrooms::{WorkroomFilter, WorkroomRow};
pub use self::writer::{Submitted, Tx};

use self::files::Files;
use self::reader::Readers;
use self::writer::Writer;
use workroom_clock::Clock;
use workroom_domain::approval::DigestKey;

/// How to open a store.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// What the answer to a write guarantees.
    pub durability: Durability,
    /// The source of the time.
    pub clock: Clock,
    /// The store cancels this once only a new process can serve the store at its path.
    pub outdated: CancellationToken,
    /// Cancelled when the process is about to end: then nothing waits for a lock any more.
    pub hurry: CancellationToken,
}

/// One store, open in this process.
pub struct Store {
    path: PathBuf,
    opening: Opening,
    files: Arc<Files>,
    is_new: bool,
    epoch: String,
    digest_key: DigestKey,
    feed: Arc<Feed>,
    readers: Arc<Readers>,
    /// Started by the first write, so a process that only reads has no second thread.
    writer: Mutex<Option<Arc<Writer>>>,
    watching: AtomicBool,
}

impl Store {
    /// Opens the store in `folder`. Creates it if it is missing, and migrates it if it is old. A store without a
    /// recorded owner gets the owner that `owner` names.
    pub fn open(
        folder: &Path,
        opening: Opening,
        owner: impl FnOnce() -> String,
        progress: Progress<'_>,
    ) -> Result<Self> {
        open::wait_until(opening.hurry.clone());
        let path = open::prepare(folder)?;
        let mut reader = open::connect(&path, opening.durability)?;
        let is_new = migrate::migrate(&mut reader, progress)?;
        owner::settle(&reader, owner)?;
        let mut epoch = View::whole(&reader).epoch()?;
        if !files::has_log(&path) {
            migrate::keep_log(&reader)?;
            epoch = View::whole(&reader).epoch()?;
        }
        let files = Arc::new(Files::of(&reader, &path, opening.outdated.clone())?);
        let digest_key = View::whole(&reader).digest_key()?;
        let feed = Arc::new(Feed::open(folder)?);
        Ok(Self {
            epoch,
            digest_key,
            feed,
            readers: Readers::new(path.clone(), opening.clone(), files.clone(), reader),
            path,
            writer: Mutex::default(),
            watching: AtomicBool::new(false),
            opening,
            files,
            is_new,
        })
    }

    /// The path of its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this process created it.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.opening.clock.now()
    }

    /// Identifies the store: positions in the log are only valid for it.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The key of the digests of actions.
    pub fn digest_key(&self) -> &DigestKey {
        &self.digest_key
    }

    /// Reads one consistent state. The read blocks its thread, so indexes must bound it, or the caller must run on a
    /// thread of its own.
    ///
    /// A read that panics leaves no transaction open.
    pub fn read<T>(&self, read: Read<'_>, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        self.readers.read(self.feed.commits(), read, work)
    }

    /// Queues a write of one transaction. Writes run in the order in which they were queued. A write without an access
    /// is the program's own.
    pub async fn submit<T: Send + 'static>(
        &self,
        access: Option<WriteAccess>,
        cancel: CancellationToken,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<Submitted<T>> {
        self.writer()?.submit(access, cancel, work).await
    }

    fn writer(&self) -> Result<Arc<Writer>> {
        let mut writer = lock(&self.writer);
        if let Some(writer) = &*writer {
            return Ok(writer.clone());
        }
        let started =
            Arc::new(Writer::start(&self.path, self.opening.clone(), self.files.clone(), self.feed.clone())?);
        *writer = Some(started.clone());
        Ok(started)
    }

    /// Follows the head of the log, regardless of which process appends.
    pub fn follow(self: &Arc<Self>) -> tokio::sync::watch::Receiver<News> {
        let receiver = self.feed.follow();
        if !self.watching.swap(true, Ordering::AcqRel) {
            let store = self.clone();
            tokio::spawn(async move {
                store.feed.watch_others(|known| store.readers.look(known)).await;
            });
        }
        receiver
    }

    /// The state of the store, for display.
    pub fn status(&self) -> StoreStatus {
        let size = |suffix: &str| {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |metadata| metadata.len())
        };
        StoreStatus {
            path: Some(self.path.display().to_string()),
            bytes: size("") + size("-wal"),
            schema_version: SCHEMA_VERSION,
            durability: self.opening.durability,
            created: self.is_new.then_some(true),
        }
    }
}

/// Ignores a poisoned lock. A panic leaves nothing behind these locks half changed, because connections restart each
/// read.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
