//! Failures in the store: which are open, and whether another attempt is in progress.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::id::EventId;

use super::error::Result;
use super::event_row::{self, COLUMNS};
use super::keys::ThreadKey;
use super::log::Author;
use super::participants::{Who, reach};
use super::rows::{blob, uuid};
use super::view::View;

/// An open failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFailure {
    /// Which attempt failed, counted from 1.
    pub attempt: u32,
    /// The event that requested the next attempt, while that attempt is in progress.
    pub retry: Option<EventId>,
}

impl View<'_> {
    /// The failure of this event, if it is still open.
    pub fn open_failure(&self, id: &EventId) -> Result<Option<OpenFailure>> {
        Ok(self
            .conn
            .prepare_cached("SELECT attempt, retry FROM open_item WHERE event_id = ?1 AND kind = 'failure'")?
            .query_row([blob(id.uuid())], |row| {
                let retry = row.get_ref(1)?.as_blob_or_null()?.map(|_| uuid(row, 1)).transpose()?;
                Ok(OpenFailure { attempt: row.get(0)?, retry: retry.map(EventId::from_uuid) })
            })
            .optional()?)
    }

    /// The attempt whose result an event of `author` in a thread reports, and its number. It is the attempt that the
    /// event replies to, or otherwise the oldest one in progress after a failure of `author`.
    pub fn attempt_under_way(
        &self,
        thread: ThreadKey,
        author: &Author,
        reply_to: Option<&EventId>,
    ) -> Result<Option<(EventId, u32)>> {
        let who = Who::of_author(author).key();
        Ok(self
            .conn
            .prepare_cached(
                "SELECT retry, attempt FROM open_item
                 WHERE thread = ?1 AND kind = 'failure' AND retry IS NOT NULL AND (retry = ?2 OR actor = ?3)
                 ORDER BY retry = ?2 DESC, seq LIMIT 1",
            )?
            .query_row(params![thread, blob(reply_to.and_then(EventId::uuid)), who], |row| {
                let retry: Uuid = uuid(row, 0)?;
                Ok((EventId::from_uuid(retry), row.get::<_, u32>(1)? + 1))
            })
            .optional()?)
    }
}

/// Records that an attempt was requested, or its result, and returns how many failures this settles.
pub(super) fn apply(conn: &Connection, event: &WorkroomEvent, thread: i64) -> Result<usize> {
    if event.imported.is_some() {
        return apply_imported(conn, event, thread);
    }
    match &event.kind {
        Kind::RetryRequested { failure_event_id, .. } => {
            conn.prepare_cached("UPDATE open_item SET retry = ?2 WHERE event_id = ?1 AND kind = 'failure'")?
                .execute(params![blob(failure_event_id.uuid()), blob(event.id.uuid())])?;
            Ok(0)
        }
        // A chain of attempts counts as one failure, the last one.
        Kind::Failure { retry_of: Some(retry), .. } | Kind::Receipt { retry_of: Some(retry), .. } => Ok(conn
            .prepare_cached("DELETE FROM open_item WHERE thread = ?1 AND kind = 'failure' AND retry = ?2")?
            .execute(params![thread, blob(retry.uuid())])?),
        _ => Ok(0),
    }
}

/// Records an imported event. An attempt that was requested in another log runs there, so the failure can be retried
/// here. The result of the attempt therefore finds the failure through the event that requested it.
fn apply_imported(conn: &Connection, event: &WorkroomEvent, thread: i64) -> Result<usize> {
    let (Kind::Failure { retry_of: Some(retry), .. } | Kind::Receipt { retry_of: Some(retry), .. }) =
        &event.kind
    else {
        return Ok(0);
    };
    let asked = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE id = ?1 AND thread = ?2"))?
        .query_row(params![blob(retry.uuid()), thread], event_row::read)
        .optional()?;
    let asked = asked.map(|event| event.json.read()).transpose()?;
    let Some(Kind::RetryRequested { failure_event_id, .. }) = asked.map(|event| event.kind) else {
        return Ok(0);
    };
    Ok(conn
        .prepare_cached(
            "DELETE FROM open_item WHERE thread = ?1 AND kind = 'failure' AND event_id = ?2
               AND substr(actor, 1, length(?3)) = ?3",
        )?
        .execute(params![thread, blob(failure_event_id.uuid()), reach(event)])?)
}
