//! Reading: one consistent state for each read, and one for all reads of a turn.
//!
//! A state costs two file locks, which is more than most reads cost. A connection may answer everything that it
//! received before a turn from one state, so a turn with many requests opens one for all of them but the first.

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

/// What a read sees, and of which state.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    caller: Option<&'a Access>,
    snapshot: Option<&'a Snapshot>,
    one_statement: bool,
}

impl<'a> Read<'a> {
    /// Everything, as of now.
    pub const LATEST: Self = Self { caller: None, snapshot: None, one_statement: false };

    /// Everything, from a state that the reads of one turn share. It is no older than the turn, and has every commit
    /// that this process has answered.
    pub fn shared(snapshot: &'a Snapshot) -> Self {
        Self { snapshot: Some(snapshot), ..Self::LATEST }
    }

    /// Only what this caller sees.
    pub fn seen_by(self, caller: &'a Access) -> Self {
        Self { caller: Some(caller), ..self }
    }

    /// The read is one statement, which is a consistent state by itself: it needs no transaction around it.
    pub fn one_statement(self) -> Self {
        Self { one_statement: true, ..self }
    }

    /// Whether it needs a transaction: looking the caller up is a statement of its own.
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
/// The connection owns it and ends each turn. Between turns it holds no state and no reader, and it gives both back
/// when it is dropped.
#[derive(Default)]
pub struct Snapshot(Mutex<Turn>);

#[derive(Default)]
struct Turn {
    /// How many reads the turn had.
    reads: usize,
    /// Open from the second read on.
    shared: Option<Shared>,
}

/// An open state.
struct Shared {
    reader: Box<Reader>,
    /// Where the reader goes when the turn ends.
    readers: Arc<Readers>,
    /// How many commits of this process the state has for sure.
    commits: u64,
    /// When the next approval expires in it.
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
        // Taken while it is in use: a read that panics or fails to begin leaves no state for others.
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

/// The connections of this process that read.
pub(super) struct Readers {
    path: PathBuf,
    opening: Opening,
    files: Arc<Files>,
    /// As many are kept as ever read at once: one for each thread that serves connections, and one for each slow read
    /// on another thread, which is for the caller to bound.
    #[expect(clippy::vec_box, reason = "a reader moves at every read; boxed, that is a pointer")]
    idle: Mutex<Vec<Box<Reader>>>,
}

impl Readers {
    /// With one connection to begin with.
    pub(super) fn new(path: PathBuf, opening: Opening, files: Arc<Files>, conn: Connection) -> Arc<Self> {
        let first = Reader::new(conn, opening.clock.clone(), files.clone());
        Arc::new(Self { path, opening, files, idle: Mutex::new(vec![first]) })
    }

    /// Reads, from the snapshot when there is one. `commits` says how often this process has committed.
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

    /// Where the store stands, and whether anybody has committed since a look that saw `known`.
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

    /// A reader with a state.
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

    /// Does something with a reader, which goes back when that panics.
    fn hold<T>(&self, reader: Box<Reader>, work: impl FnOnce(&Reader) -> T) -> (Box<Reader>, T) {
        // The next read of this reader begins anew, whatever a panic left behind.
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
            // The next read ends the transaction, or says what is wrong. To close the connection instead would delete
            // the write-ahead log if it is the last one.
            tracing::debug!(%error, "a state of the store is still open");
        }
        lock(&self.idle).push(reader);
    }
}

/// A connection to the store that reads.
struct Reader {
    conn: Connection,
    clock: Clock,
    files: Arc<Files>,
}

impl Reader {
    fn new(conn: Connection, clock: Clock, files: Arc<Files>) -> Box<Self> {
        Box::new(Self { conn, clock, files })
    }

    /// Reads one consistent state as of now.
    fn read<T>(&self, read: Read<'_>, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        if !read.needs_transaction() {
            self.end_left_open()?;
            self.files.check()?;
            return read.run(self.view(), work).map_err(|error| self.explain(error));
        }
        self.begin()?;
        let result = read.run(self.view(), work).map_err(|error| self.explain(error));
        let ended = self.end_left_open();
        // A read that failed may have ended the transaction: then its own error is the one that tells why.
        let value = result?;
        ended?;
        Ok(value)
    }

    fn view(&self) -> View<'_> {
        View::at(&self.conn, &self.clock)
    }

    /// Tells this connection from every other one of the process: it stays where it is for as long as it lives.
    fn number(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn explain(&self, error: impl Into<StoreError>) -> StoreError {
        self.files.explain(&self.conn, error.into())
    }

    /// Begins a state, and ends the one before it.
    fn begin(&self) -> Result<()> {
        self.end_left_open()?;
        self.files.check()?;
        let begun = self.conn.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([]));
        begun.map_err(|error| self.explain(error))?;
        // Whoever takes the reader back ends what an error leaves open.
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
