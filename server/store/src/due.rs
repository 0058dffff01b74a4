//! What has expired by the clock, also where nobody could write that down yet.
//!
//! Whoever reads ends first what has expired, see `api::waits`. Where that cannot be written, as on a full disk, the
//! state is read as it would be then: approvals that are due are in nobody's way.

use rusqlite::params;
use workroom_protocol::thread::ThreadStatus;
use workroom_protocol::time::Timestamp;

use super::error::Result;
use super::view::View;
use workroom_domain::expiry::is_due;
use workroom_domain::status::{LastWork, ThreadState};

/// A thread in which an approval has expired, and nobody has written that down.
pub(super) struct Overtaken {
    pub(super) thread: i64,
    pub(super) workroom: i64,
    /// Its status without what has expired.
    pub(super) status: ThreadStatus,
    /// Whether it is among the active ones by what is written.
    pub(super) was_active: bool,
}

impl Overtaken {
    /// Whether it is active no more.
    pub(super) fn has_ended(&self) -> bool {
        self.was_active && !self.status.is_active()
    }
}

impl View<'_> {
    /// When the next pending approval expires, whoever may see it. Looked up once for all reads of one state.
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

    /// Whether something has expired and nobody has written that down.
    pub fn has_expired(&self, now: Timestamp) -> Result<bool> {
        Ok(is_due(self.next_expiry()?, now))
    }

    /// The same state without what has expired by then.
    pub fn without_expired(self, now: Timestamp) -> Result<Self> {
        let due = self.has_expired(now)?.then_some(now);
        Ok(Self { due, ..self })
    }

    /// The threads in which something has expired that is still written down as pending.
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

    /// The status of a thread without what has expired in it, where that is another one than is written.
    pub(super) fn status_overtaken(&self, thread: i64) -> Result<Option<ThreadStatus>> {
        Ok(self.overtaken()?.into_iter().find(|found| found.thread == thread).map(|found| found.status))
    }
}
