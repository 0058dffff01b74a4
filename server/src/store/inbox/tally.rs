//! Running numbers of what is for a member in a thread.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use workroom_protocol::inbox::InboxReason as Reason;

use crate::store::error::Result;
use crate::store::rows::json;

/// How often each reason came up to a position, and when last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Tally(BTreeMap<Reason, (u64, u64)>);

impl Tally {
    /// The numbers up to a position, and the position of the last notice until there.
    pub(super) fn upto(conn: &Connection, reader: i64, thread: i64, seq: u64) -> Result<(u64, Self)> {
        let last = conn
            .prepare_cached(
                "SELECT seq, tally FROM notice WHERE reader = ?1 AND thread = ?2 AND seq <= ?3
                 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row(params![reader, thread, seq], |row| Ok((row.get(0)?, json(row, 1)?)))
            .optional()?;
        Ok(last.unwrap_or_default())
    }

    /// The numbers of all there is, and the position of the last notice.
    pub(super) fn whole(conn: &Connection, reader: i64, thread: i64) -> Result<(u64, Self)> {
        Self::upto(conn, reader, thread, i64::MAX as u64)
    }

    /// Adds an event.
    pub(super) fn add(
        mut self,
        conn: &Connection,
        (reader, thread): (i64, i64),
        reason: Reason,
        seq: u64,
    ) -> Result<()> {
        let entry = self.0.entry(reason).or_default();
        *entry = (entry.0 + 1, seq);
        conn.prepare_cached("INSERT INTO notice VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            reader,
            thread,
            seq,
            serde_json::to_string(&self)?
        ])?;
        Ok(())
    }

    /// How often a reason came.
    pub(super) fn count(&self, reason: Reason) -> u64 {
        self.0.get(&reason).map_or(0, |(count, _)| *count)
    }

    /// The position of the last event for a reason; 0 when there is none.
    pub(super) fn last(&self, reason: Reason) -> u64 {
        self.0.get(&reason).map_or(0, |(_, seq)| *seq)
    }

    /// The position of the last event that ends a snooze.
    pub(super) fn last_pressing(&self) -> u64 {
        [Reason::Mention, Reason::Approval, Reason::Failure]
            .map(|reason| self.last(reason))
            .into_iter()
            .max()
            .unwrap_or(0)
    }
}
