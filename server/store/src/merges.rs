//! Workrooms that were merged into others.
//!
//! A merged workroom keeps its row, because its events still belong to it: their checksums cover their place in the
//! log. Everything derived from the events moves to the other workroom. A reference to the first one, by its id or by
//! one of its events, leads to the other.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use workroom_domain::access::ROLE_OF_GUESTS;
use workroom_protocol::actor::ActorKind;
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::id::WorkroomId;
use workroom_protocol::inbox::NotificationLevel;
use workroom_protocol::member::MemberRole;
use workroom_protocol::workroom::WorkroomVisibility;

use super::error::{Result, StoreError};
use super::inbox;
use super::keys::RoomKey;
use super::rows::{blob, json};
use super::view::View;
use super::workrooms::WorkroomRow;
use super::writer::Tx;

impl View<'_> {
    /// The workroom that this one was merged into, or itself.
    pub fn current_workroom(&self, key: RoomKey) -> Result<RoomKey> {
        let sql = "SELECT coalesce(merged_into, row) FROM workroom WHERE row = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?.unwrap_or(key))
    }

    /// A workroom and those that were merged into it: all of their events are about its threads.
    pub(super) fn joined(&self, key: RoomKey) -> Result<Vec<RoomKey>> {
        let current = self.current_workroom(key)?;
        let sql = "SELECT row FROM workroom WHERE merged_into = ?1";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = vec![current];
        for row in statement.query_map([current], |row| row.get(0))? {
            rows.push(row?);
        }
        Ok(rows)
    }

    /// The members and tokens that would gain or lose rights if two workrooms were merged. Such differences prevent a
    /// merge.
    pub fn differences(&self, from: &WorkroomRow, into: &WorkroomRow) -> Result<Vec<String>> {
        let mut differences = Vec::new();
        if tokens_of(&from.workroom.visibility) != tokens_of(&into.workroom.visibility) {
            differences.push("their visibility".to_owned());
        }
        let (of_from, of_into) = (self.rights(from.key)?, self.rights(into.key)?);
        for handle in of_from.keys().chain(of_into.keys().filter(|handle| !of_from.contains_key(*handle))) {
            let (there, here) = (of_from.get(handle), of_into.get(handle));
            let differs = match (there, here) {
                (Some(there), Some(here)) => there != here,
                // An agent of the local user contributes to every workroom, whether it is a member or not.
                (Some(one), None) | (None, Some(one)) => *one != Rights::of_local_agents(),
                (None, None) => false,
            };
            if differs {
                let name = |rights: Option<&Rights>| rights.map_or("no member", |rights| rights.role.name());
                differences.push(format!("{handle} ({} there, {} here)", name(there), name(here)));
            }
        }
        let mut limited = self.conn.prepare_cached(
            "SELECT handle FROM token WHERE revoked_at IS NULL AND workrooms IS NOT NULL
               AND EXISTS (SELECT 1 FROM json_each(workrooms) WHERE value = ?1)
                <> EXISTS (SELECT 1 FROM json_each(workrooms) WHERE value = ?2)",
        )?;
        let ids = params![from.workroom.id.0, into.workroom.id.0];
        for handle in limited.query_map(ids, |row| row.get::<_, String>(0))? {
            differences.push(format!("a token of {} is limited to one of them", handle?));
        }
        Ok(differences)
    }

    /// What each member may do in a workroom.
    fn rights(&self, workroom: RoomKey) -> Result<BTreeMap<String, Rights>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT lower(m.handle), a.kind, m.role, m.added,
               EXISTS (SELECT 1 FROM token t WHERE t.handle = m.handle AND t.revoked_at IS NULL)
             FROM member m JOIN actor a ON a.row = m.actor WHERE m.workroom = ?1",
        )?;
        let mut rows = statement.query([workroom])?;
        let mut members = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let kind = ActorKind::of_name(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
            let role = MemberRole::of_name(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?);
            let role = role.unwrap_or(MemberRole::Viewer);
            let (added, bears_a_token): (bool, bool) = (row.get(3)?, row.get(4)?);
            let rights = match kind {
                Some(ActorKind::Agent) if !bears_a_token => {
                    Rights { role: role.min(ROLE_OF_GUESTS), is_door: false }
                }
                _ => Rights { role, is_door: added },
            };
            members.insert(row.get(0)?, rights);
        }
        Ok(members)
    }
}

/// The rights of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rights {
    role: MemberRole,
    /// Whether their tokens give access to the workroom.
    is_door: bool,
}

impl Rights {
    fn of_local_agents() -> Self {
        Self { role: ROLE_OF_GUESTS, is_door: false }
    }
}

fn tokens_of(visibility: &WorkroomVisibility) -> Vec<&String> {
    let WorkroomVisibility::Shared { allowed_tokens } = visibility else { return Vec::new() };
    let mut tokens: Vec<_> = allowed_tokens.iter().collect();
    tokens.sort();
    tokens.dedup();
    tokens
}

impl Tx<'_> {
    /// Gives the threads of one workroom their current notification levels as their own levels, where the other
    /// workroom has a different level. Members' levels are not in the log, so this happens before the event.
    pub fn keep_levels(&self, from: RoomKey, into: RoomKey) -> Result<()> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT reader FROM inbox_level WHERE workroom IN (?1, ?2) GROUP BY reader")?;
        let readers = statement.query_map([from, into], |row| row.get(0))?;
        for reader in readers.collect::<rusqlite::Result<Vec<i64>>>()? {
            let level = |room: RoomKey| -> Result<NotificationLevel> {
                Ok(inbox::level_of_workroom(self.conn, reader, room.row())?.0.unwrap_or_default())
            };
            let (there, here) = (level(from)?, level(into)?);
            if there != here {
                inbox::set_levels(self.conn, reader, from.row(), there)?;
            }
        }
        Ok(())
    }
}

/// Merges the workroom of a row into the one with this id, as an event says.
pub(super) fn apply(conn: &Connection, event: &WorkroomEvent, from: i64, into: &WorkroomId) -> Result<()> {
    let found = conn
        .prepare_cached("SELECT coalesce(merged_into, row) FROM workroom WHERE id = ?1")?
        .query_row([blob(into.uuid())], |row| row.get::<_, i64>(0))
        .optional()?;
    let into_row = found.filter(|into| *into != from).ok_or_else(|| {
        StoreError::Internal(format!("event {} merges a workroom into one that does not exist", event.seq))
    })?;
    let mut statement = conn.prepare_cached("SELECT row FROM thread WHERE workroom = ?1 ORDER BY row")?;
    let threads: Vec<i64> =
        statement.query_map([from], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for table in ["thread", "open_item", "participant"] {
        conn.execute(&format!("UPDATE {table} SET workroom = ?2 WHERE workroom = ?1"), [from, into_row])?;
    }
    for table in ["approval", "artifact"] {
        let sql = format!(
            "UPDATE {table} SET workroom = ?2, json = json_set(json, '$.workroom_id', ?3) WHERE workroom = ?1"
        );
        conn.execute(&sql, params![from, into_row, into.0])?;
    }
    move_members(conn, from, into_row)?;
    conn.execute(
        "UPDATE workroom SET active_threads = active_threads
           + (SELECT active_threads FROM workroom WHERE row = ?1) WHERE row = ?2",
        [from, into_row],
    )?;
    conn.execute(
        "UPDATE workroom SET active_threads = 0, visibility = '\"private\"', merged_into = ?2
         WHERE row = ?1 OR merged_into = ?1",
        [from, into_row],
    )?;
    inbox::moved(conn, event.seq, (from, into_row), &threads)
}

/// Makes the members of one workroom members of the other, unless they already are. They can be mentioned there, but
/// get no access and no role, because nobody granted one.
fn move_members(conn: &Connection, from: i64, into: i64) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT actor, handle, role, display_name, added_at, added_by, since, key, shape FROM member
         WHERE workroom = ?1 ORDER BY row",
    )?;
    let mut rows = statement.query([from])?;
    while let Some(row) = rows.next()? {
        let role = MemberRole::of_name(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?);
        let role = role.unwrap_or(MemberRole::Viewer).min(ROLE_OF_GUESTS);
        let added_by: serde_json::Value = json(row, 5)?;
        conn.prepare_cached(
            "INSERT INTO member (workroom, actor, handle, role, display_name, added, added_at, added_by, since,
               key, shape)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (workroom, handle) DO NOTHING",
        )?
        .execute(params![
            into,
            row.get::<_, i64>(0)?,
            row.get::<_, String>(1)?,
            role.name(),
            row.get::<_, Option<String>>(3)?,
            row.get::<_, i64>(4)?,
            added_by.to_string(),
            row.get::<_, i64>(6)?,
            row.get::<_, String>(7)?,
            row.get::<_, String>(8)?,
        ])?;
    }
    conn.execute("DELETE FROM member WHERE workroom = ?1", [from])?;
    Ok(())
}
