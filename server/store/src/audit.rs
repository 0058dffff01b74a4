//! The audit trail: actions by tokens, changes of members and tokens, and decisions.

use rusqlite::{Row, params};
use workroom_protocol::audit::AuditEntry;
use workroom_protocol::id::{TokenId, WorkroomId};
use workroom_protocol::time::Timestamp;

use super::error::Result;
use super::keys::RoomKey;
use super::rows::{blob, json, uuid};
use super::view::View;
use super::writer::Tx;
use workroom_domain::access::Access;

/// Filters for the entries to list.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only actions by this token, or on it.
    pub token: Option<TokenId>,
    /// Only entries about this workroom.
    pub workroom: Option<RoomKey>,
}

/// An entry and its key.
#[derive(Debug, Clone)]
pub struct Audited {
    /// The key inside the store. Entries are listed in its order.
    pub row: u64,
    /// The entry.
    pub entry: AuditEntry,
}

/// The outcome of a successful action. A refusal has the name of its kind.
const DONE: &str = "ok";

fn read(row: &Row<'_>) -> rusqlite::Result<Audited> {
    let id = |column| row.get_ref(column)?.as_blob_or_null()?.map(|_| uuid(row, column)).transpose();
    Ok(Audited {
        row: row.get(0)?,
        entry: AuditEntry {
            at: Timestamp::from_millis(row.get(1)?),
            token_id: id(2)?.map(TokenId::from_uuid),
            actor: json(row, 3)?,
            method: row.get(4)?,
            outcome: row.get(5)?,
            workroom_id: id(6)?.map(WorkroomId::from_uuid),
            first_seq: row.get(7)?,
            last_seq: row.get(8)?,
            about_token_id: id(9)?.map(TokenId::from_uuid),
            decided_how: row.get_ref(10)?.as_str_or_null()?.map(|_| json(row, 10)).transpose()?,
        },
    })
}

impl View<'_> {
    /// Up to `limit` entries before a position, newest first. A caller with limited access gets only entries about
    /// workrooms that they see.
    pub fn audit(&self, filter: &AuditFilter, before: u64, limit: usize) -> Result<Vec<Audited>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT a.id, a.at, a.token, a.actor, a.method, a.outcome, w.id, a.first_seq, a.last_seq, a.about,
               CASE e.kind WHEN 'approval_decided' THEN json_extract(e.json, '$.kind.decided_how') END
             FROM audit a LEFT JOIN workroom w ON w.row = a.workroom LEFT JOIN event e ON e.seq = a.first_seq
             WHERE a.id < ?1 AND (?2 IS NULL OR a.token = ?2 OR a.about = ?2) AND (?3 IS NULL OR a.workroom IN (SELECT value FROM json_each(?3)))
               AND (?4 IS NULL OR a.workroom IN (SELECT value FROM json_each(?4)))
             ORDER BY a.id DESC LIMIT ?5",
        )?;
        let token = filter.token.as_ref().map(|token| blob(token.uuid()));
        let rooms = filter.workroom.map(|row| self.joined(row)).transpose()?;
        let rooms = rooms.map(|rooms| rooms.into_iter().map(RoomKey::row).collect::<Vec<_>>());
        let rooms = rooms.map(|rows| serde_json::to_string(&rows)).transpose()?;
        let values = params![before.min(i64::MAX as u64), token, rooms, self.limit(), limit];
        let rows = statement.query_map(values, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Tx<'_> {
    /// Adds a successful action: the caller wrote the events after `before`.
    pub(super) fn audit_done(&self, access: &Access, before: u64) -> Result<()> {
        let head = self.head_seq()?;
        let events = (head > before).then(|| (before + 1, head));
        let workroom =
            events.map(|(_, last)| self.any_event_at(last)).transpose()?.map(|event| event.workroom);
        self.audit(access, DONE, workroom, events)
    }

    /// Adds an entry with this outcome, such as a refusal or a successful connection.
    pub fn audit_outcome(&self, access: &Access, outcome: &str) -> Result<()> {
        self.audit(access, outcome, None, None)
    }

    fn audit(
        &self,
        access: &Access,
        outcome: &str,
        workroom: Option<RoomKey>,
        events: Option<(u64, u64)>,
    ) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO audit (at, token, actor, method, outcome, workroom, first_seq, last_seq, about)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                self.now().millis(),
                access.principal.token().map(|token| blob(Some(token))),
                serde_json::to_string(&access.principal.actor)?,
                access.method,
                outcome,
                workroom,
                events.map(|(first, _)| first),
                events.map(|(_, last)| last),
                self.about_token.get().map(|token| blob(Some(token))),
            ])?;
        Ok(())
    }
}
