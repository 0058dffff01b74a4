//! The events of other logs that a thread contains.

use rusqlite::{Connection, OptionalExtension, params};
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::id::EventId;

use super::error::Result;
use super::keys::ThreadKey;
use super::rows::{blob, uuid};
use super::view::View;

impl View<'_> {
    /// The event of a thread that was imported from this source id: its position and its id here.
    pub fn imported(&self, thread: ThreadKey, source: &EventId) -> Result<Option<(u64, EventId)>> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT e.seq, e.id FROM imported i JOIN event e ON e.seq = i.seq
                 WHERE i.thread = ?1 AND i.source = ?2",
            )?
            .query_row(params![thread, source.0], |row| Ok((row.get(0)?, EventId::from_uuid(uuid(row, 1)?))))
            .optional()?)
    }

    /// The position of the event of a thread with this id.
    pub fn seq_in_thread(&self, thread: ThreadKey, id: &EventId) -> Result<Option<u64>> {
        Ok(self
            .conn
            .prepare_cached("SELECT seq FROM event WHERE id = ?1 AND thread = ?2")?
            .query_row(params![blob(id.uuid()), thread], |row| row.get(0))
            .optional()?)
    }
}

/// Records the source id of an imported event.
pub(super) fn apply(conn: &Connection, event: &WorkroomEvent, thread: i64) -> Result<()> {
    let Some(imported) = &event.imported else { return Ok(()) };
    conn.prepare_cached("INSERT INTO imported VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![thread, imported.event_id.0, event.seq])?;
    Ok(())
}
