//! Rows of the log, read as they were written or not at all.
//!
//! SQLite keeps checksums of its write-ahead log, and none of its file: there a bit that the disk has turned would
//! change what somebody said. So each row has one of its own, and whatever reads an event compares it.

use rusqlite::{Connection, Row, params};
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::json::Json;

use super::error::Result;
use super::log::KindSet;

/// The columns that [`read`] takes, in its order.
pub(super) const COLUMNS: &str = "seq, workroom, thread, kind, json, checksum";

/// An event as the log keeps it.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its position.
    pub seq: u64,
    /// The row of its workroom.
    pub workroom: i64,
    /// The row of its thread, unless it is about the workroom as a whole.
    pub thread: Option<i64>,
    /// Its kind.
    pub kind: KindSet,
    /// The event.
    pub json: Json<WorkroomEvent>,
}

/// The row that has changed since it was written.
#[derive(Debug, thiserror::Error)]
#[error("event {0} is not as it was written")]
struct Changed(u64);

/// Reads a row of the log.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    let (seq, workroom, thread) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (kind, json) = (row.get_ref(3)?.as_str()?, row.get_ref(4)?.as_str()?);
    if row.get::<_, Option<u32>>(5)? != Some(checksum(seq, workroom, thread, kind, json)) {
        return Err(unreadable(4, Changed(seq)));
    }
    let kind = KindSet::of_kind(kind);
    Ok(StoredEvent { seq, workroom, thread, kind, json: Json::as_written(json.to_owned()) })
}

fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

/// The checksum of a row: of all that tells what the event is, where it stands, and who may see it.
pub(super) fn checksum(seq: u64, workroom: i64, thread: Option<i64>, kind: &str, json: &str) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    for number in [seq, workroom.cast_unsigned(), thread.unwrap_or_default().cast_unsigned()] {
        sum.update(&number.to_le_bytes());
    }
    sum.update(kind.as_bytes());
    sum.update(json.as_bytes());
    sum.finalize()
}

/// Gives a checksum to every row of a version that had none.
pub(super) fn seal_all(conn: &Connection) -> Result<()> {
    let mut select = conn.prepare("SELECT seq, workroom, thread, kind, json FROM event ORDER BY seq")?;
    let mut seal = conn.prepare("UPDATE event SET checksum = ?2 WHERE seq = ?1")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let seq: u64 = row.get(0)?;
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        seal.execute(params![seq, checksum(seq, row.get(1)?, row.get(2)?, text(3)?, text(4)?)])?;
    }
    Ok(())
}
