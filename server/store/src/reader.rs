//! Reading: one consistent state a read, and one for all reads of a turn.
//!
//! A state costs two locks of files, which is more than most reads. What a connection has received before it turns to
//! it may be read from one state, so a turn with many requests begins one for all of them but the first.

use std::sync::Arc;

use rusqlite::Connection;

use super::error::{Result, StoreError};
use super::files::Files;
use super::view::{KnownExpiry, View};
use workroom_clock::Clock;

/// A connection to the store that reads.
pub(super) struct Reader {
    conn: Connection,
    clock: Clock,
    files: Arc<Files>,
    /// How many reads this turn had.
    reads: usize,
    /// The state that the reads of a turn share, while it is open: how many commits of this process it has for sure.
    shared: Option<u64>,
    /// When the next approval expires in that state.
    expiry: KnownExpiry,
}

impl Reader {
    pub(super) fn new(conn: Connection, clock: Clock, files: Arc<Files>) -> Self {
        Self { conn, clock, files, reads: 0, shared: None, expiry: KnownExpiry::default() }
    }

    /// Reads one consistent state as of now.
    pub(super) fn alone<T>(&mut self, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        self.end_turn()?;
        self.state(work)
    }

    /// The same for reads of one statement, which is one state by itself.
    pub(super) fn alone_once<T>(&mut self, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        self.end_turn()?;
        self.statement(work)
    }

    /// Reads one consistent state that is no older than the turn, and has the first `commits` of this process.
    pub(super) fn in_turn<T>(&mut self, commits: u64, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        if self.is_first() { self.state(work) } else { self.share(commits, work) }
    }

    /// The same for reads of one statement.
    pub(super) fn in_turn_once<T>(
        &mut self,
        commits: u64,
        work: impl FnOnce(View<'_>) -> Result<T>,
    ) -> Result<T> {
        if self.is_first() { self.statement(work) } else { self.share(commits, work) }
    }

    /// Ends the turn: what is read from now on is as of then.
    pub(super) fn end_turn(&mut self) -> Result<()> {
        self.reads = 0;
        match self.shared.take() {
            Some(_) => self.end(),
            None => Ok(()),
        }
    }

    fn is_first(&mut self) -> bool {
        self.reads += 1;
        self.reads == 1
    }

    fn statement<T>(&mut self, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        self.end_left_open()?;
        self.files.check()?;
        self.run(work)
    }

    fn run<T>(&self, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        work(View::at(&self.conn, &self.clock)).map_err(|error| self.explain(error))
    }

    fn explain(&self, error: impl Into<StoreError>) -> StoreError {
        self.files.explain(&self.conn, error.into())
    }

    fn state<T>(&mut self, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        self.begin()?;
        let result = self.run(work);
        let ended = self.end();
        // A read that failed may have ended the transaction: then its own error is the one that tells why.
        let value = result?;
        ended?;
        Ok(value)
    }

    fn share<T>(&mut self, commits: u64, work: impl FnOnce(View<'_>) -> Result<T>) -> Result<T> {
        // Taken while it is in use: a read that panics leaves no state for others.
        if self.shared.take() != Some(commits) {
            self.begin()?;
            self.expiry.set(None);
        }
        let view = View { expiry: Some(&self.expiry), ..View::at(&self.conn, &self.clock) };
        let result = work(view).map_err(|error| self.explain(error));
        if !self.conn.is_autocommit() {
            self.shared = Some(commits);
        }
        result
    }

    fn begin(&self) -> Result<()> {
        self.end_left_open()?;
        self.files.check()?;
        let begun = self.conn.prepare_cached("BEGIN").and_then(|mut begin| begin.execute([]));
        begun.map_err(|error| self.explain(error))?;
        self.files.check_version(&self.conn).map_err(|error| self.explain(error)).inspect_err(|_| {
            // The error is what counts; the next read ends what is left open.
            let _ = self.end();
        })
    }

    fn end(&self) -> Result<()> {
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Ends the transaction that a read left open when it panicked, or that is too old.
    fn end_left_open(&self) -> Result<()> {
        if self.conn.is_autocommit() { Ok(()) } else { self.end() }
    }
}
