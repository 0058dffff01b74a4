//! Members in the store: the people and agents of a workroom.

use rusqlite::{Connection, OptionalExtension, Row, params};
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::member::{Member, MemberRole};
use workroom_protocol::time::Timestamp;

use super::error::{Result, StoreError};
use super::rows::json;
use super::view::View;
use super::workrooms::WorkroomRow;
use workroom_domain::access::ROLE_OF_GUESTS;
use workroom_domain::handle::Keys;

/// A member and their position in the list.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// Members are listed in the order of positions.
    pub position: u64,
    /// Whether they were added explicitly. Other members took part with somebody else's rights.
    pub added: bool,
    /// The member.
    pub member: Member,
}

const COLUMNS: &str = "m.row, m.added, m.handle, a.kind, m.role, m.display_name, m.added_at, m.added_by";
const FROM: &str = "FROM member m JOIN actor a ON a.row = m.actor";

fn read(room: &WorkroomRow, row: &Row<'_>) -> rusqlite::Result<MemberRow> {
    Ok(MemberRow {
        position: row.get(0)?,
        added: row.get(1)?,
        member: Member {
            workroom_id: room.workroom.id.clone(),
            handle: row.get(2)?,
            // This program wrote these names.
            kind: ActorKind::of_name(row.get_ref(3)?.as_str()?).unwrap_or(ActorKind::System),
            role: MemberRole::of_name(row.get_ref(4)?.as_str()?).unwrap_or(MemberRole::Viewer),
            display_name: row.get(5)?,
            added_at: Timestamp::from_millis(row.get(6)?),
            added_by: json(row, 7)?,
        },
    })
}

impl View<'_> {
    /// The member of a workroom with this handle, ignoring case.
    pub fn member(&self, room: &WorkroomRow, handle: &str) -> Result<Option<MemberRow>> {
        let found = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} {FROM} WHERE m.workroom = ?1 AND m.handle = ?2"))?
            .query_row(params![room.key, handle], |row| read(room, row))
            .optional()?;
        found.map_or_else(|| self.member_alike(room, handle), |found| Ok(Some(found)))
    }

    /// The only member whose handle looks the same.
    fn member_alike(&self, room: &WorkroomRow, handle: &str) -> Result<Option<MemberRow>> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} {FROM} WHERE m.workroom = ?1 AND m.key = ?2 LIMIT 2"
        ))?;
        let found = statement.query_map(params![room.key, Keys::of(handle).key], |row| read(room, row))?;
        let mut found = found.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(found.pop().filter(|_| found.is_empty()))
    }

    /// The member of a workroom with this handle, or `not_found`.
    pub fn known_member(&self, room: &WorkroomRow, handle: &str) -> Result<MemberRow> {
        let missing = || StoreError::NotFound { what: "member", id: format!("`{handle}` of this workroom") };
        self.member(room, handle)?.ok_or_else(missing)
    }

    /// Up to `limit` members after a position, in the order in which they joined.
    pub fn members(&self, room: &WorkroomRow, after: u64, limit: usize) -> Result<Vec<MemberRow>> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} {FROM} WHERE m.workroom = ?1 AND m.row > ?2 ORDER BY m.row LIMIT ?3"
        ))?;
        let rows = statement
            .query_map(params![room.key, after.min(i64::MAX as u64), limit], |row| read(room, row))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many members a workroom has, and how many people own it.
    pub fn count_members(&self, room: &WorkroomRow) -> Result<(usize, usize)> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT count(*), count(*) FILTER (WHERE m.role = 'owner' AND a.kind = 'human')
                 FROM member m JOIN actor a ON a.row = m.actor WHERE m.workroom = ?1",
            )?
            .query_row([room.key], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// The key of an actor who is a member of any workroom or was mentioned in one.
    pub(super) fn actor_row(&self, actor: &Actor) -> Result<Option<i64>> {
        Ok(self
            .conn
            .prepare_cached("SELECT row FROM actor WHERE kind = ?1 AND handle = ?2")?
            .query_row(params![actor.kind.name(), actor.handle], |row| row.get(0))
            .optional()?)
    }
}

/// The key of an actor, which is created if they have none.
pub(super) fn intern(conn: &Connection, actor: &Actor) -> Result<i64> {
    if let Some(row) = View::whole(conn).actor_row(actor)? {
        return Ok(row);
    }
    conn.prepare_cached("INSERT INTO actor (kind, handle) VALUES (?1, ?2)")?
        .execute(params![actor.kind.name(), actor.handle])?;
    Ok(conn.last_insert_rowid())
}

/// A change of membership by an event, other than a change of name.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// The actor who is no longer a member, or no longer one of this kind.
    pub(super) left: Option<Actor>,
    /// The handle of a new member, or of a member with a new role.
    pub(super) came: Option<String>,
}

/// Updates the members after an event about them.
pub(super) fn apply(conn: &Connection, event: &WorkroomEvent, workroom: i64) -> Result<Changed> {
    let mut changed = Changed::default();
    match &event.kind {
        Kind::WorkroomCreated { .. } => {
            let role = match event.actor.kind {
                ActorKind::Human => MemberRole::Owner,
                // The creator of a workroom may change it, but what requires a person still requires a person.
                _ => MemberRole::Maintainer,
            };
            insert(conn, event, workroom, &event.actor, role, None, true)?;
        }
        Kind::MemberChanged { handle, member_kind: Some(kind), role: Some(Some(role)), display_name } => {
            let actor = Actor { kind: *kind, handle: handle.clone() };
            // A member who only took part so far is now added explicitly.
            changed.left = remove(conn, workroom, handle)?.filter(|left| left.kind != actor.kind);
            insert(conn, event, workroom, &actor, *role, display_name.clone().flatten(), true)?;
            changed.came = Some(actor.handle);
        }
        Kind::MemberChanged { handle, role: Some(None), .. } => {
            changed.left = remove(conn, workroom, handle)?
        }
        Kind::MemberChanged { handle, role, display_name, .. } => {
            if let Some(Some(role)) = role {
                conn.prepare_cached(
                    "UPDATE member SET role = ?3, added = 1 WHERE workroom = ?1 AND handle = ?2",
                )?
                .execute(params![workroom, handle, role.name()])?;
                changed.came = Some(handle.clone());
            }
            if let Some(name) = display_name {
                conn.prepare_cached(
                    "UPDATE member SET display_name = ?3 WHERE workroom = ?1 AND handle = ?2",
                )?
                .execute(params![workroom, handle, name])?;
            }
        }
        _ => {}
    }
    Ok(changed)
}

/// Records that the actor of an event takes part in a workroom, at their first event in a thread. Returns whether they
/// are new to the workroom.
pub(super) fn took_part(conn: &Connection, event: &WorkroomEvent, workroom: i64) -> Result<bool> {
    if event.actor.kind == ActorKind::System {
        return Ok(false);
    }
    insert(conn, event, workroom, &event.actor, ROLE_OF_GUESTS, None, false)
}

fn insert(
    conn: &Connection,
    event: &WorkroomEvent,
    workroom: i64,
    actor: &Actor,
    role: MemberRole,
    display_name: Option<String>,
    added: bool,
) -> Result<bool> {
    let Keys { key, shape } = Keys::of(&actor.handle);
    let inserted = conn.prepare_cached(
        "INSERT INTO member (workroom, actor, handle, role, display_name, added, added_at, added_by, since, key, shape)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (workroom, handle) DO NOTHING",
    )?
    .execute(params![
        workroom,
        intern(conn, actor)?,
        actor.handle,
        role.name(),
        display_name,
        added,
        event.timestamp.millis(),
        serde_json::to_string(&event.actor)?,
        event.seq,
        key,
        shape,
    ])?;
    Ok(inserted > 0)
}

/// Removes a member, and returns their actor.
fn remove(conn: &Connection, workroom: i64, handle: &str) -> Result<Option<Actor>> {
    let who = conn
        .prepare_cached(
            "SELECT a.kind, a.handle FROM member m JOIN actor a ON a.row = m.actor
             WHERE m.workroom = ?1 AND m.handle = ?2",
        )?
        .query_row(params![workroom, handle], |row| {
            let kind = ActorKind::of_name(row.get_ref(0)?.as_str()?).unwrap_or(ActorKind::System);
            Ok(Actor { kind, handle: row.get(1)? })
        })
        .optional()?;
    conn.prepare_cached("DELETE FROM member WHERE workroom = ?1 AND handle = ?2")?
        .execute(params![workroom, handle])?;
    Ok(who)
}
