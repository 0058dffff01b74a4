//! Running counts of what is for a member in a thread.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use workroom_protocol::inbox::InboxReason as Reason;

use crate::error::Result;
use crate::rows::json;

/// How often each reason occurred up to a position, and where it last did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    reasons: BTreeMap<Reason, (u64, u64)>,
    /// How many receipts also mention the reader. They count under two reasons.
    #[serde(default, skip_serializing_if = "is_zero")]
    twice: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Tally {
    /// The counts up to a position, and the position of the last notice up to there.
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

    /// The counts of the whole thread, and the position of the last notice.
    pub(super) fn whole(conn: &Connection, reader: i64, thread: i64) -> Result<(u64, Self)> {
        Self::upto(conn, reader, thread, i64::MAX as u64)
    }

    /// Whether the event at a position mentions the reader.
    pub(super) fn is_mention(conn: &Connection, reader: i64, thread: i64, seq: u64) -> Result<bool> {
        let (at, tally) = Self::upto(conn, reader, thread, seq)?;
        Ok(at == seq && tally.last(Reason::Mention) == seq)
    }

    /// Adds an event, which may also be a mention.
    pub(super) fn add(
        mut self,
        conn: &Connection,
        (reader, thread): (i64, i64),
        (reason, is_called_too): (Reason, bool),
        seq: u64,
    ) -> Result<()> {
        for reason in [Some(reason), is_called_too.then_some(Reason::Mention)].into_iter().flatten() {
            let entry = self.reasons.entry(reason).or_default();
            *entry = (entry.0 + 1, seq);
        }
        self.twice += u64::from(is_called_too && reason == Reason::Receipt);
        conn.prepare_cached("INSERT INTO notice VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            reader,
            thread,
            seq,
            serde_json::to_string(&self)?
        ])?;
        Ok(())
    }

    /// How often a reason occurred.
    pub(super) fn count(&self, reason: Reason) -> u64 {
        self.reasons.get(&reason).map_or(0, |(count, _)| *count)
    }

    /// How many events count under two reasons that can both be unread.
    pub(super) fn twice(&self) -> u64 {
        self.twice
    }

    /// The position of the last event for a reason; 0 if there is none.
    pub(super) fn last(&self, reason: Reason) -> u64 {
        self.reasons.get(&reason).map_or(0, |(_, seq)| *seq)
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
