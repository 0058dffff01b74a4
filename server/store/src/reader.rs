//! Reads: one consistent state for each read, and one for all reads of a turn.
//!
//! Opening a state takes two file locks, which costs more than most reads. A connection may answer everything that it
//! received before a turn from one state. So in a turn with many requests, all but the first share one.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::access::Granted;
use super::error::{Result, StoreError};
use super::feed::Look;
use super::files::Files;
use super::view::{KnownExpiry, View};
use super::{Opening, lock, open};
use workroom_clock::Clock;
use workroom_domain::access::Access;

/// The caller of a read, and the state that it sees.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    caller: Option<&'a Access>,
    snapshot: Option<&'a Snapshot>,
    one_statement: bool,
}

impl<'a> Read<'a> {
    /// Everything, in the current state.
    pub const LATEST: Self = Self { caller: None, snapshot: None, one_statement: false };

    /// Everything, in a state that the reads of one turn share. The state is no older than the turn, and contains every
    /// commit that this process has answered.
    pub fn shared(snapshot: &'a Snapshot) -> Self {
        Self { snapshot: Some(snapshot), ..Self::LATEST }
    }

    /// Limits the read to what this caller sees.
    pub fn seen_by(self, caller: &'a Access) -> Self {
        Self { caller: Some(caller), ..self }
    }

    /// Declares that the read is one statement. A single statement sees a consistent state without a transaction.
    pub fn one_statement(self) -> Self {
        Self { one_statement: true, ..self }
    }

    /// Whether the read needs a transaction. Looking up the caller is a statement of its own.
    fn needs_transaction(&self) -> bool {
        !self.one_statement || self.caller.is_some_and(|caller| !caller.principal.is_owner())
    }

    fn run<T>(&self, view: View<'_>, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        match self.caller {
            Some(caller) if !caller.principal.is_owner() => {
                let granted = Granted::load(view, caller)?;
                work(View { granted: &granted, ..view })
            }
            _ => work(view),
        }
    }
}

/// The state that the reads of one turn of a connection share.
///
/// The connection owns it and ends each turn. Between turns it holds no state and no reader, and dropping it gives both
/// back.
#[derive(Default)]
pub struct Snapshot(Mutex<Turn>);

#[derive(Default)]
struct Turn {
    /// The number of reads in the turn.
    reads: usize,
    /// Open from the second read on.
    shared: Option<Shared>,
}

/// An open state.
struct Shared {
    reader: Box<Reader>,
    /// Where the reader returns when the turn ends.
    readers: Arc<Readers>,
    /// The number of commits of this process that the state is sure to contain.
    commits: u64,
    /// When the next approval expires in this state.
    expiry: KnownExpiry,
}

impl Snapshot {
    /// Ends the turn. The next read sees a later state.
    pub fn end(&self) {
        lock(&self.0).end();
    }

    fn read<T>(
        &self,
        readers: &Arc<Readers>,
        commits: u64,
        read: Read<'_>,
        work: impl FnOnce(View<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut turn = lock(&self.0);
        turn.reads += 1;
        if turn.reads == 1 {
            return readers.latest(read, work);
        }
        // Taken out while in use, so that a read that panics or fails to begin leaves no state for others.
        let shared = match turn.shared.take() {
            Some(shared) if shared.commits == commits && Arc::ptr_eq(&shared.readers, readers) => shared,
            older => {
                if let Some(older) = older {
                    older.end();
                }
                let reader = readers.begun()?;
                Shared { reader, readers: readers.clone(), commits, expiry: KnownExpiry::default() }
            }
        };
        let Shared { reader, readers, commits, expiry } = shared;
        let (reader, result) = readers.hold(reader, |reader| {
            let view = View { expiry: Some(&expiry), ..reader.view() };
            read.run(view, work).map_err(|error| reader.explain(error))
        });
        let shared = Shared { reader, readers, commits, expiry };
        // A read that failed may have ended the transaction.
        match shared.reader.is_open() {
            true => turn.shared = Some(shared),
            false => shared.end(),
        }
        result
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.end();
    }
}

impl Turn {
    fn end(&mut self) {
        self.reads = 0;
        if let Some(shared) = self.shared.take() {
            shared.end();
        }
    }
}

impl Shared {
    fn end(self) {
        self.readers.give_back(self.reader);
    }
}

/// The reading connections of this process.
pub(super) struct Readers {
    path: PathBuf,
    opening: Opening,
    files: Arc<Files>,
    /// The pool grows to the highest number of simultaneous reads: one for each thread that serves connections, and one
    /// for each slow read on another thread. The caller must bound the slow reads.
    #[expect(clippy::vec_box, reason = "a reader moves at every read; boxed, that is a pointer")]
    idle: Mutex<Vec<Box<Reader>>>,
}

impl Readers {
    /// A pool with one connection.
    pub(super) fn new(path: PathBuf, opening: Opening, files: Arc<Files>, conn: Connection) -> Arc<Self> {
        let first = Reader::new(conn, opening.clock.clone(), files.clone());
        Arc::new(Self { path, opening, files, idle: Mutex::new(vec![first]) })
    }

    /// Runs a read, on the snapshot if there is one. `commits` is the number of commits of this process so far.
    pub(super) fn read<T>(
        self: &Arc<Self>,
        commits: u64,
        read: Read<'_>,
        work: impl FnOnce(View<'_>) -> Result<T>,
    ) -> Result<T> {
        match read.snapshot {
            Some(snapshot) => snapshot.read(self, commits, read, work),
            None => self.latest(read, work),
        }
    }

    /// The head of the log, and whether anybody has committed since the look that saw `known`.
    pub(super) fn look(&self, known: Option<Look>) -> Result<Look> {
        self.lend(|reader| {
            let number = reader.number();
            reader.read(Read::LATEST, |view| view.look(known, number))
        })
    }

    fn latest<T>(&self, read: Read<'_>, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        self.lend(|reader| reader.read(read, work))
    }

    fn lend<T>(&self, work: impl FnOnce(&Reader) -> Result<T>) -> Result<T> {
        let (reader, result) = self.hold(self.take()?, work);
        self.give_back(reader);
        result
    }

    /// A reader with an open state.
    fn begun(&self) -> Result<Box<Reader>> {
        let reader = self.take()?;
        match reader.begin() {
            Ok(()) => Ok(reader),
            Err(error) => {
                self.give_back(reader);
                Err(error)
            }
        }
    }

    /// Runs `work` with a reader, and returns the reader to the pool if `work` panics.
    fn hold<T>(&self, reader: Box<Reader>, work: impl FnOnce(&Reader) -> T) -> (Box<Reader>, T) {
        // The next read of this reader begins a new state, so a panic leaves nothing behind.
        match catch_unwind(AssertUnwindSafe(|| work(&reader))) {
            Ok(value) => (reader, value),
            Err(panic) => {
                self.give_back(reader);
                resume_unwind(panic)
            }
        }
    }

    fn take(&self) -> Result<Box<Reader>> {
        let idle = lock(&self.idle).pop();
        match idle {
            Some(reader) => Ok(reader),
            None => {
                let conn = open::connect(&self.path, self.opening.durability);
                let conn = conn.map_err(|error| self.files.check().err().unwrap_or(error))?;
                Ok(Reader::new(conn, self.opening.clock.clone(), self.files.clone()))
            }
        }
    }

    fn give_back(&self, reader: Box<Reader>) {
        if let Err(error) = reader.end_left_open() {
            // The next read ends the transaction, or reports the error. Closing the connection instead would delete the
            // write-ahead log if it is the last connection.
            tracing::debug!(%error, "a state of the store is still open");
        }
        lock(&self.idle).push(reader);
    }
}

/// A connection that reads the store.
struct Reader {
    conn: Connection,
    clock: Clock,
    files: Arc<Files>,
}

impl Reader {
    fn new(conn: Connection, clock: Clock, files: Arc<Files>) -> Box<Self> {
        Box::new(Self { conn, clock, files })
    }

    /// Runs a read on the current state.
    fn read<T>(&self, read: Read<'_>, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        if !read.needs_transaction() {
            self.end_left_open()?;
            self.files.check()?;
            return read.run(self.view(), work).map_err(|error| self.explain(error));
        }
        self.begin()?;
        let result = read.run(self.view(), work).map_err(|error| self.explain(error));
        let ended = self.end_left_open();
        // A failed read may have ended the transaction. Its own error explains the failure, so it comes first.
        let value = result?;
        ended?;
        Ok(value)
    }

    fn view(&self) -> View<'_> {
        View::at(&self.conn, &self.clock)
    }

    /// Distinguishes this connection from all others of the process. The address is stable because the reader is boxed.
    fn number(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn explain(&self, error: impl Into<StoreError>) -> StoreError {
        self.files.explain(&self.conn, error.into())
    }

    /// Begins a state, and ends the previous one.
    fn begin(&self) -> Result<()> {
        self.end_left_open()?;
        self.files.check()?;
        let begun = self.conn.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([]));
        begun.map_err(|error| self.explain(error))?;
        // On an error, the pool ends the transaction when it takes the reader back.
        self.files.check_version(&self.conn).map_err(|error| self.explain(error))
    }

    fn is_open(&self) -> bool {
        !self.conn.is_autocommit()
    }

    /// Ends the state, if one is open.
    fn end_left_open(&self) -> Result<()> {
        if self.is_open() {
            self.conn.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
