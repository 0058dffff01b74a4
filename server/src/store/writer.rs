//! The one thread that writes, and group commit.
//!
//! A commit costs a sync of the disk, whatever is in it. So the writer takes one job, then all that wait, runs each
//! in a savepoint of its own, commits once, and only then answers them: an answer means that the write is on disk.

use std::cell::Cell;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workroom_protocol::server::Durability;

use super::error::{Result, StorageReason, StoreError};
use super::eyes::{Asker, Eyes};
use super::feed::Feed;
use super::migrate::explain;
use super::open::connect;
use super::queue;
use super::view::View;

// Jobs that may wait: past it a request waits for its turn to queue, and its connection is read no further.
const MAX_WAITING: usize = 1024;
// Jobs of one commit: past it the first ones would wait long for their answer.
const MAX_GROUP: usize = 512;

/// A write transaction: what it reads is what it will commit onto.
pub struct Tx<'c> {
    view: View<'c>,
    asker: Option<&'c Asker>,
    /// The token that the job is about: the audit trail names it.
    pub(super) about_token: Cell<Option<Uuid>>,
}

impl Tx<'_> {
    /// Does a job, and adds it to the audit trail when it belongs there.
    fn run<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        self.run_as_is(work).map_err(|error| explain(self.conn, error))
    }

    fn run_as_is<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        if let Some(asker) = self.asker {
            self.claim_agent(asker)?;
        }
        let Some(asker) = self.asker.filter(|asker| asker.is_audited()) else { return work(self) };
        let before = self.head_seq()?;
        let result = work(self)?;
        self.audit_done(asker, before)?;
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

/// Runs a job, or fails it; says whether what it wrote is to be kept.
type Work = Box<dyn FnOnce(Result<&Tx<'_>>) -> (bool, Finish) + Send>;

struct Job {
    asker: Option<Asker>,
    cancel: CancellationToken,
    work: Work,
}

/// Hands jobs to the writer's thread.
pub(super) struct Writer {
    /// Taken away when the `Writer` is dropped, which ends the thread.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. It ends when the `Writer` is dropped and every job is done; dropping it waits for that.
    pub(super) fn start(path: PathBuf, durability: Durability, feed: Arc<Feed>) -> Result<Self> {
        let conn = connect(&path, durability)?;
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || write_all(conn, waiting, &feed))
            .map_err(|error| StoreError::Internal(format!("no thread for the writer: {error}")))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Queues `work`. Jobs run in the order in which they were queued.
    ///
    /// Cancelled before it begins, the work is not done; after that it is not undone. Without an asker it is the
    /// program's own.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        asker: Option<Asker>,
        cancel: CancellationToken,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<Submitted<T>> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |tx| {
            let result = tx.and_then(|tx| tx.run(work));
            let keep = result.is_ok();
            let finish = move |committed: Result<()>| {
                // Nobody waits for it any more when the connection is gone; the write stands.
                let _ = answer.send(committed.and(result));
            };
            (keep, Box::new(finish) as Finish)
        });
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send(Job { asker, cancel, work }).await.map_err(|_| gone())?;
        Ok(Submitted(answered))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        // The last connection that is closed puts the write-ahead log into the store's file: the next process opens
        // it at once, and the file alone is the whole store. Without waiting, the process would end first.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A write that is queued.
pub struct Submitted<T>(oneshot::Receiver<Result<T>>);

impl<T> Submitted<T> {
    /// The result of the write, once it is on disk. An error left nothing written.
    pub async fn committed(self) -> Result<T> {
        self.0.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError::Internal("a write ended without an answer".into())
}

fn write_all(mut conn: Connection, waiting: mpsc::Receiver<Job>, feed: &Feed) {
    queue::in_groups(waiting, MAX_GROUP, |group| {
        let mut finishes = Vec::with_capacity(group.len());
        let committed = write_group(&mut conn, group.drain(..), &mut finishes);
        feed.committed();
        for finish in finishes {
            finish(committed.as_ref().map(|_| ()).map_err(StoreError::again));
        }
        match committed {
            // After the answers: whoever wrote hears first that it is done, and then of the event.
            Ok(Some(head)) => feed.publish(head),
            // Nothing was changed: every job has failed, or was a retry.
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "a group of writes failed"),
        }
    });
}

/// Runs jobs in one transaction and returns the head of the log, if anything was changed.
/// Jobs that failed by themselves have answered so; those in `finishes` hang on the commit.
fn write_group(
    conn: &mut Connection,
    jobs: impl Iterator<Item = Job>,
    finishes: &mut Vec<Finish>,
) -> Result<Option<u64>> {
    let mut begun = begin(conn);
    for job in jobs {
        let refusal = match &mut begun {
            Ok(_) if job.cancel.is_cancelled() => StoreError::Cancelled,
            Ok((tx, _)) => {
                match run_job(tx, job.asker.as_ref(), job.work) {
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
    let changed = tx.total_changes() > before;
    tx.commit()?;
    Ok(changed.then_some(head))
}

fn begin(conn: &mut Connection) -> Result<(Transaction<'_>, u64)> {
    // Immediate: a transaction that reads first and asks for the lock later fails at once when another writes.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let changes = tx.total_changes();
    Ok((tx, changes))
}

/// Runs one job. An error is one of the whole transaction, which then cannot go on.
fn run_job(tx: &mut Transaction<'_>, asker: Option<&Asker>, work: Work) -> Result<Option<Finish>> {
    let savepoint = tx.savepoint()?;
    let eyes = asker.map_or(Ok(Eyes::Whole), |asker| Eyes::of(&savepoint, asker));
    // A job that panics is not answered, which its caller sees as an internal error; nothing of it is kept.
    let outcome = catch_unwind(AssertUnwindSafe(|| match &eyes {
        Ok(eyes) => {
            let view = View { eyes, ..View::whole(&savepoint) };
            work(Ok(&Tx { view, asker, about_token: Cell::new(None) }))
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
    // Some errors, such as a full disk, make SQLite take back the whole transaction.
    let lost = savepoint.is_autocommit();
    let rolled_back = if lost { Ok(()) } else { savepoint.finish() };
    if let Some(finish) = finish {
        finish(Ok(()));
    }
    if lost {
        let message = "the store failed under another write of the same commit; nothing of it was kept";
        return Err(StoreError::storage(StorageReason::Io, message));
    }
    rolled_back?;
    Ok(None)
}
