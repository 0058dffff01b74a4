//! Reads a row of the log exactly as it was written, or fails.
//!
//! SQLite has checksums for its write-ahead log but not for its main file, where a flipped bit on disk would change
//! what somebody said. So each row has its own checksum, and every read of an event verifies it.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};
use uuid::Uuid;
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::json::Json;

use super::error::{Result, StoreError};
use super::keys::{RoomKey, ThreadKey};
use super::log::KindSet;
use super::rows::uuid;

/// The columns that [`read`] takes, in its order. [`Link::read`] takes the first ones.
pub(super) const COLUMNS: &str =
    "seq, workroom, thread, kind, workroom_before, thread_before, id, checksum, json";

/// An event as the log keeps it.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its position.
    pub seq: u64,
    /// Its workroom.
    pub workroom: RoomKey,
    /// Its thread, unless it is about the workroom as a whole.
    pub thread: Option<ThreadKey>,
    /// Its kind.
    pub kind: KindSet,
    /// The event.
    pub json: Json<WorkroomEvent>,
}

/// The place of an event, and the events directly before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    /// Its position.
    pub(super) seq: u64,
    /// The row of its workroom.
    pub(super) workroom: i64,
    /// The row of its thread, unless it is about the workroom as a whole.
    pub(super) thread: Option<i64>,
    /// The position of the previous event in the workroom; 0 for the first one.
    pub(super) workroom_before: u64,
    /// The position of the previous event in the thread; 0 for the first one.
    pub(super) thread_before: Option<u64>,
}

/// Represents an absent value in a checksum. No position and no row is as high.
const NONE: u64 = u64::MAX;

impl Link {
    /// Reads the place of the event of a row, and its kind, without verifying the rest of the row.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<(Self, KindSet)> {
        let link = Self {
            seq: row.get(0)?,
            workroom: row.get(1)?,
            thread: row.get(2)?,
            workroom_before: row.get(4)?,
            thread_before: row.get(5)?,
        };
        Ok((link, KindSet::of_kind(row.get_ref(3)?.as_str()?)))
    }

    /// The checksum of a row. It covers what the event is, where it belongs, and who may see it.
    pub(super) fn checksum(&self, id: Uuid, kind: &str, json: &str) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        for number in [
            self.seq,
            self.workroom.cast_unsigned(),
            self.thread.map_or(NONE, i64::cast_unsigned),
            self.workroom_before,
            self.thread_before.unwrap_or(NONE),
        ] {
            sum.update(&number.to_le_bytes());
        }
        sum.update(id.as_bytes());
        sum.update(kind.as_bytes());
        sum.update(json.as_bytes());
        sum.finalize()
    }

    /// The checksum that rows had before they were linked.
    fn checksum_unlinked(&self, kind: &str, json: &str) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        for number in
            [self.seq, self.workroom.cast_unsigned(), self.thread.unwrap_or_default().cast_unsigned()]
        {
            sum.update(&number.to_le_bytes());
        }
        sum.update(kind.as_bytes());
        sum.update(json.as_bytes());
        sum.finalize()
    }

    /// Adds the row of an event to the log.
    pub(super) fn insert(&self, conn: &Connection, id: Uuid, kind: &str, json: &str) -> Result<()> {
        let Self { seq, workroom, thread, workroom_before, thread_before } = *self;
        let checksum = self.checksum(id, kind, json);
        conn.prepare_cached(
            "INSERT INTO event (seq, id, workroom, thread, kind, workroom_before, thread_before, checksum, json)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            seq,
            id.as_bytes(),
            workroom,
            thread,
            kind,
            workroom_before,
            thread_before,
            checksum,
            json
        ])?;
        Ok(())
    }
}

/// What is wrong with a row.
#[derive(Debug, thiserror::Error)]
enum Damage {
    #[error("event {0} is not as it was written")]
    Changed(u64),
    #[error("events {0} to {1} are missing")]
    Missing(u64, u64),
}

/// Reads a row of the log.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    let (link, known) = Link::read(row)?;
    let (kind, json) = (row.get_ref(3)?.as_str()?, row.get_ref(8)?.as_str()?);
    if row.get::<_, u32>(7)? != link.checksum(uuid(row, 6)?, kind, json) {
        let changed = Box::new(Damage::Changed(link.seq));
        return Err(rusqlite::Error::FromSqlConversionFailure(8, rusqlite::types::Type::Text, changed));
    }
    let Link { seq, workroom, thread, .. } = link;
    let (workroom, thread) = (RoomKey::of_row(workroom), thread.map(ThreadKey::of_row));
    Ok(StoredEvent { seq, workroom, thread, kind: known, json: Json::as_written(json.to_owned()) })
}

/// Migrates the rows of a version that did not link them. Fails if one is missing or was changed.
pub(super) fn link_all(conn: &Connection) -> Result<()> {
    let mut select = conn
        .prepare("SELECT seq, workroom, thread, kind, id, json, checksum FROM unlinked_event ORDER BY seq")?;
    let (mut of_workroom, mut of_thread) = (HashMap::new(), HashMap::new());
    let mut end = 0;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (seq, workroom, thread): (u64, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if seq != end + 1 {
            return Err(StoreError::damaged(&Damage::Missing(end + 1, seq.saturating_sub(1))));
        }
        end = seq;
        let link = Link {
            seq,
            workroom,
            thread,
            workroom_before: of_workroom.insert(workroom, seq).unwrap_or_default(),
            thread_before: thread.map(|thread| of_thread.insert(thread, seq).unwrap_or_default()),
        };
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        // The previous version had checksums that covered less; versions before that had none.
        let (kind, json, known) = (text(3)?, text(5)?, row.get::<_, Option<u32>>(6)?);
        if known.is_some_and(|known| known != link.checksum_unlinked(kind, json)) {
            return Err(StoreError::damaged(&Damage::Changed(seq)));
        }
        link.insert(conn, uuid(row, 4)?, kind, json)?;
    }
    drop(rows);
    drop(select);
    conn.execute_batch("DROP TABLE unlinked_event")?;
    Ok(())
}
