//! What has expired by the clock but could not be recorded yet.
//!
//! Readers first expire what is due, see `api::waits`. If that cannot be written, as on a full disk, they read the
//! state as if it had been: expired approvals block nobody.

use rusqlite::params;
use workroom_protocol::thread::ThreadStatus;
use workroom_protocol::time::Timestamp;

use super::error::Result;
use super::view::View;
use workroom_domain::expiry::is_due;
use workroom_domain::status::{LastWork, ThreadState};

/// A thread with an approval whose expiry is not recorded.
pub(super) struct Overtaken {
    pub(super) thread: i64,
    pub(super) workroom: i64,
    /// Its status without the expired approval.
    pub(super) status: ThreadStatus,
    /// Whether the recorded status is an active one.
    pub(super) was_active: bool,
}

impl Overtaken {
    /// Whether the thread is no longer active.
    pub(super) fn has_ended(&self) -> bool {
        self.was_active && !self.status.is_active()
    }
}

impl View<'_> {
    /// When the next pending approval expires, regardless of who may see it. Looked up once for all reads of one state.
    pub fn next_expiry(&self) -> Result<Option<Timestamp>> {
        if let Some(known) = self.expiry.and_then(|known| known.get()) {
            return Ok(known);
        }
        let next = self
            .conn
            .prepare_cached(
                "SELECT min(expires_at) FROM approval WHERE state = 'pending' AND expires_at IS NOT NULL",
            )?
            .query_row([], |row| row.get::<_, Option<i64>>(0))?
            .map(Timestamp::from_millis);
        if let Some(known) = self.expiry {
            known.set(Some(next));
        }
        Ok(next)
    }

    /// Whether an approval has expired and that is not recorded.
    pub fn has_expired(&self, now: Timestamp) -> Result<bool> {
        Ok(is_due(self.next_expiry()?, now))
    }

    /// The same state without what has expired by `now`.
    pub fn without_expired(self, now: Timestamp) -> Result<Self> {
        let due = self.has_expired(now)?.then_some(now);
        Ok(Self { due, ..self })
    }

    /// The threads with approvals that have expired but are recorded as pending.
    pub(super) fn overtaken(&self) -> Result<Vec<Overtaken>> {
        let Some(now) = self.due else { return Ok(Vec::new()) };
        let mut statement = self.conn.prepare_cached(
            "SELECT t.row, t.workroom, t.spoken, t.last_work, t.open_asks, t.open_failures, t.archived, t.active,
               count(*)
             FROM approval a JOIN thread t ON t.row = a.thread
             WHERE a.state = 'pending' AND a.expires_at <= ?1 GROUP BY t.row",
        )?;
        let rows = statement.query_map(params![now.millis()], |row| {
            let state = ThreadState {
                spoken: row.get(2)?,
                last_work: LastWork::of_name(row.get_ref(3)?.as_str()?),
                open_asks: row.get::<_, u32>(4)?.saturating_sub(row.get(8)?),
                open_failures: row.get(5)?,
                archived: row.get(6)?,
            };
            let (thread, workroom, was_active) = (row.get(0)?, row.get(1)?, row.get(7)?);
            Ok(Overtaken { thread, workroom, status: state.status(), was_active })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The status of a thread without what has expired in it, if that differs from the recorded status.
    pub(super) fn status_overtaken(&self, thread: i64) -> Result<Option<ThreadStatus>> {
        Ok(self.overtaken()?.into_iter().find(|found| found.thread == thread).map(|found| found.status))
    }
}
