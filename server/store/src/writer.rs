//! The only thread that writes, and group commit.
//!
//! Every commit costs one disk sync, regardless of its size. So the writer takes one job, then all that are queued,
//! runs each in its own savepoint, commits once, and only then answers them: an answer means that the write is on disk.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Opening;
use super::access::{Granted, WriteAccess};
use super::draft::Signed;
use super::error::{Result, StorageReason, StoreError};
use super::feed::Feed;
use super::files::Files;
use super::keys::RoomKey;
use super::migrate::explain;
use super::open::{connect, wait_until};
use super::queue;
use super::rows::uuid;
use super::view::View;
use workroom_clock::Clock;
use workroom_domain::access::Access;

// How many jobs may be queued. Beyond that, a request waits for room, and its connection reads no further.
const MAX_WAITING: usize = 1024;
// How many jobs one commit may have. Beyond that, the first jobs would wait long for their answer.
const MAX_GROUP: usize = 512;

/// A write transaction. The state that it reads is the state that its commit changes.
pub struct Tx<'c> {
    view: View<'c>,
    access: Option<&'c Access>,
    /// The token that the job is about, for the audit trail.
    pub(super) about_token: Cell<Option<Uuid>>,
    /// The workrooms in which the job has written.
    pub(super) rooms: RefCell<BTreeSet<RoomKey>>,
    /// The author of the job's last event.
    pub(super) signed: RefCell<Option<Signed>>,
}

impl Tx<'_> {
    /// The caller; `None` for the program itself.
    pub(super) fn access(&self) -> Option<&Access> {
        self.access
    }

    /// The workrooms in which the job has written so far.
    pub fn written(&self) -> BTreeSet<RoomKey> {
        self.rooms.borrow().clone()
    }

    /// Runs a job, and adds it to the audit trail if it belongs there.
    fn run<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.run_as_is(work).map_err(|error| explain(self.conn, error))
    }

    fn run_as_is<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        let Some(access) = self.access.filter(|access| access.is_audited()) else { return work(self) };
        let before = self.head_seq()?;
        let result = work(self)?;
        self.audit_done(access, before)?;
        Ok(result)
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = View<'c>;

    fn deref(&self) -> &View<'c> {
        &self.view
    }
}

/// Answers a job, with the error of the commit if there was one.
type Finish = Box<dyn FnOnce(Result<()>) + Send>;

/// Runs a job, or fails it. Returns whether to keep what it wrote.
type Work = Box<dyn FnOnce(Result<&Tx<'_>>) -> (bool, Finish) + Send>;

struct Job {
    access: Option<WriteAccess>,
    cancel: CancellationToken,
    work: Work,
}

/// Sends jobs to the writer's thread.
pub(super) struct Writer {
    /// Dropped first when the `Writer` is dropped, which ends the thread.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. It ends when the `Writer` is dropped and every job is done; the drop waits for that.
    pub(super) fn start(path: &Path, opening: Opening, files: Arc<Files>, feed: Arc<Feed>) -> Result<Self> {
        let conn = connect(path, opening.durability);
        let conn = conn.map_err(|error| files.check().err().unwrap_or(error))?;
        let fence = Fence { files, epoch: View::whole(&conn).epoch()?, last: None };
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                wait_until(opening.hurry);
                write_all(conn, fence, &opening.clock, waiting, &feed);
            })
            .map_err(|error| StoreError::Internal(format!("cannot start the writer thread: {error}")))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Queues `work`. Jobs run in the order in which they were queued.
    ///
    /// A job that is cancelled before it begins does not run. Once it has begun, cancelling it changes nothing. A job
    /// without an access is the program's own.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        access: Option<WriteAccess>,
        cancel: CancellationToken,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<Submitted<T>> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |tx| {
            let result = tx.and_then(|tx| tx.run(work));
            let keep = result.is_ok();
            let finish = move |committed: Result<()>| {
                // The receiver no longer exists if the connection has closed. The write is kept.
                let _ = answer.send(committed.and(result));
            };
            (keep, Box::new(finish) as Finish)
        });
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Job { access, cancel, work }).await.map_err(|_| gone())?;
        Ok(Submitted(answered))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        // The last connection to close checkpoints the write-ahead log into the store's file. The next process then
        // opens the file quickly, and the file alone is the whole store. Without the join, the process would end before
        // that.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A queued write.
pub struct Submitted<T>(oneshot::Receiver<Result<T>>);

impl<T> Submitted<T> {
    /// The result of the write, once it is on disk. On an error, nothing was written.
    pub async fn committed(self) -> Result<T> {
        self.0.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError::Internal("a write ended without a result".into())
}

fn write_all(
    mut conn: Connection,
    mut fence: Fence,
    clock: &Clock,
    waiting: mpsc::Receiver<Job>,
    feed: &Feed,
) {
    queue::in_groups(waiting, MAX_GROUP, |group| {
        let mut finishes = Vec::with_capacity(group.len());
        let committed = write_group(&mut conn, &mut fence, clock, group.drain(..), &mut finishes);
        feed.committed();
        for finish in finishes {
            finish(committed.as_ref().map(|_| ()).map_err(StoreError::again));
        }
        match committed {
            // After the answers: a writer gets its result first, and the event after that.
            Ok(Some(head)) => feed.publish(head),
            // Nothing changed: every job failed or was a retry.
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a group of writes failed"),
        }
    });
}

/// Runs jobs in one transaction and returns the head of the log, if anything changed. Jobs that failed on their own
/// have been answered; those in `finishes` depend on the commit.
fn write_group(
    conn: &mut Connection,
    fence: &mut Fence,
    clock: &Clock,
    jobs: impl Iterator<Item = Job>,
    finishes: &mut Vec<Finish>,
) -> Result<Option<u64>> {
    let mut begun = begin(conn, fence);
    // Read after the lock was taken, so that times ascend with positions. This is the time of everything that the
    // transaction writes.
    let clock = Clock::at(clock.now());
    for job in jobs {
        let refusal = match &mut begun {
            Ok(_) if job.cancel.is_cancelled() => StoreError::Cancelled,
            Ok((tx, _)) => {
                match run_job(tx, &clock, &fence.files, job.access.as_ref(), job.work) {
                    Ok(finish) => finishes.extend(finish),
                    Err(error) => begun = Err(error),
                }
                continue;
            }
            Err(error) => error.again(),
        };
        let (_, finish) = (job.work)(Err(refusal));
        finish(Ok(()));
    }
    let (tx, before) = begun?;
    let head = View::whole(&tx).head_seq()?;
    if tx.total_changes() == before {
        tx.commit()?;
        return Ok(None);
    }
    let last = fence.mark(&tx, head)?;
    tx.commit()?;
    fence.files.check_committed()?;
    fence.last = last;
    Ok(Some(head))
}

fn begin<'c>(conn: &'c mut Connection, fence: &Fence) -> Result<(Transaction<'c>, u64)> {
    // Checked before anything is locked, and again after the commit.
    fence.files.check()?;
    // Immediate: a transaction that reads first and locks later fails at once if another one writes.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    fence.check(&tx)?;
    let changes = tx.total_changes();
    Ok((tx, changes))
}

/// What a transaction checks so that its writes continue those before it.
struct Fence {
    files: Arc<Files>,
    epoch: String,
    /// The position and the id of the last event when this process last wrote.
    last: Option<(u64, Uuid)>,
}

impl Fence {
    /// Fails if the store is not the one that this process has written to. The file may be the same, but contain
    /// another state of the store, or another store.
    fn check(&self, tx: &Transaction<'_>) -> Result<()> {
        self.files.check_version(tx)?;
        let last = self.last.map_or(0, |(seq, _)| seq);
        let sql =
            "SELECT (SELECT value FROM meta WHERE key = 'epoch'), (SELECT id FROM event WHERE seq = ?1)";
        let (epoch, id): (Option<String>, Option<Vec<u8>>) =
            tx.prepare_cached(sql)?.query_row([last], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if epoch.as_ref() == Some(&self.epoch)
            && self.last.is_none_or(|(_, last)| id.as_deref() == Some(last.as_bytes()))
        {
            return Ok(());
        }
        // If the end of the log is damaged, this returns the more specific error.
        View::whole(tx).head_seq()?;
        Err(self.files.went_back(last))
    }

    /// The position and the id of the last event, before the commit.
    fn mark(&self, tx: &Transaction<'_>, head: u64) -> Result<Option<(u64, Uuid)>> {
        let mut statement = tx.prepare_cached("SELECT id FROM event WHERE seq = ?1")?;
        Ok(statement.query_row([head], |row| uuid(row, 0)).optional()?.map(|id| (head, id)))
    }
}

/// Runs one job. An error is one of the whole transaction, which then cannot continue.
fn run_job(
    tx: &mut Transaction<'_>,
    clock: &Clock,
    files: &Files,
    access: Option<&WriteAccess>,
    work: Work,
) -> Result<Option<Finish>> {
    let savepoint = tx.savepoint()?;
    let lost = access.and_then(|access| access.session.as_ref()?.lost());
    let access = access.map(|access| &access.access);
    let granted = match lost {
        Some(place) => Err(files.session_lost(place)),
        None => access.map(|access| Granted::load(View::at(&savepoint, clock), access)).transpose(),
    };
    // A job that panics gets no answer, which its caller sees as an internal error. Nothing of it is kept.
    let outcome = catch_unwind(AssertUnwindSafe(|| match &granted {
        Ok(granted) => {
            let granted = granted.as_ref().unwrap_or(Granted::WHOLE);
            let view = View { granted, ..View::at(&savepoint, clock) };
            let (rooms, signed) = Default::default();
            work(Ok(&Tx { view, access, about_token: Cell::new(None), rooms, signed }))
        }
        Err(error) => work(Err(error.again())),
    }))
    .ok();
    let finish = match outcome {
        Some((true, finish)) => {
            savepoint.commit()?;
            return Ok(Some(finish));
        }
        Some((false, finish)) => Some(finish),
        None => None,
    };
    // Some errors, such as a full disk, make SQLite roll back the whole transaction.
    let lost = savepoint.is_autocommit();
    let rolled_back = if lost { Ok(()) } else { savepoint.finish() };
    if let Some(finish) = finish {
        finish(Ok(()));
    }
    if lost {
        let message = "another write in the same commit failed; nothing of the commit was kept";
        return Err(StoreError::storage(StorageReason::Io, message));
    }
    rolled_back?;
    Ok(None)
}
