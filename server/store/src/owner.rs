//! The owner of the store.
//!
//! The store records its owner, independent of the environment: anybody who runs a process as this user is the owner,
//! under the handle that the store has recorded.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use workroom_protocol::actor::ActorKind;
use workroom_protocol::event::{WorkroomEvent, WorkroomEventKind as Kind};
use workroom_protocol::id::ThreadId;
use workroom_protocol::member::MemberRole;

use super::error::{Result, StoreError};
use super::idempotency::token_of_event;
use super::keys::RoomKey;
use super::log::{Author, Target};
use super::rows::json;
use super::view::View;
use super::writer::Tx;
use super::{inbox, names};
use workroom_domain::handle::{self, Keys};

const OWNER: &str = "owner";
// The end of the log when sessions were introduced. Earlier requests have no session.
const SESSIONS_SINCE: &str = "sessions_since";

impl View<'_> {
    /// The current handle of the owner.
    pub fn owner(&self) -> Result<String> {
        Ok(meta(self.conn, OWNER)?.unwrap_or_else(|| OWNER.into()))
    }

    /// Whether a person's handle is, or was, the owner's.
    pub fn is_owners_name(&self, handle: &str) -> Result<bool> {
        let mut statement =
            self.conn.prepare_cached("SELECT 1 FROM owner_name WHERE handle = ?1 OR key = ?2")?;
        Ok(statement.exists(params![handle, Keys::of(handle).key])?)
    }

    /// Whether an event was written before agents had sessions.
    pub(super) fn is_before_sessions(&self, seq: u64) -> Result<bool> {
        let since = meta(self.conn, SESSIONS_SINCE)?.and_then(|since| since.parse::<u64>().ok());
        Ok(since.is_some_and(|since| seq <= since))
    }
}

impl Tx<'_> {
    /// Renames the owner. What they wrote keeps the old handle, which stays reserved for them. Workrooms, direct
    /// messages and their inbox switch to the new one.
    pub fn set_owner(&self, wanted: &str) -> Result<String> {
        let old = self.owner()?;
        if old == wanted {
            return Ok(old);
        }
        if !self.is_owners_name(wanted)? {
            // A former holder has written events under this handle.
            if !self.is_free(wanted)? || inbox::is_known(self.conn, wanted)? {
                let message =
                    format!("`{wanted}` is or was the handle of somebody else in this store; choose another");
                return Err(StoreError::Conflict(message));
            }
        }
        keep_name(self.conn, wanted)?;
        set_meta(self.conn, OWNER, wanted)?;
        inbox::rename(self.conn, &old, wanted)?;
        self.follow(&old, wanted)?;
        Ok(old)
    }

    /// Changes the owner's handle in their workrooms and direct messages.
    fn follow(&self, old: &str, new: &str) -> Result<()> {
        let author = Author::person(new);
        let changed = |handle: &str, member_kind, role| Kind::MemberChanged {
            handle: handle.to_owned(),
            member_kind,
            role: Some(role),
            display_name: None,
        };
        let mut rooms = self.conn.prepare_cached(
            "SELECT m.workroom, m.role FROM member m JOIN actor a ON a.row = m.actor
             WHERE a.kind = 'human' AND a.handle = ?1 ORDER BY m.workroom",
        )?;
        let rooms = rooms.query_map([old], |row| {
            Ok((row.get::<_, RoomKey>(0)?, MemberRole::of_name(row.get_ref(1)?.as_str()?)))
        })?;
        for (row, role) in rooms.collect::<rusqlite::Result<Vec<_>>>()? {
            let room = self.workroom_at(row)?;
            let target = Target::Workroom(&room);
            self.append(&author, target, changed(old, None, None), None)?;
            let role = Some(role.unwrap_or(MemberRole::Owner));
            self.append(&author, target, changed(new, Some(ActorKind::Human), role), None)?;
        }
        let mut threads = self
            .conn
            .prepare_cached("SELECT id, participants FROM thread WHERE participants <> '[]' ORDER BY row")?;
        let threads = threads.query_map([], |row| Ok((super::rows::uuid(row, 0)?, json(row, 1)?)))?;
        for (id, participants) in threads.collect::<rusqlite::Result<Vec<(_, Vec<String>)>>>()? {
            if !participants.iter().any(|handle| handle::same(handle, old)) {
                continue;
            }
            let renamed = |handle: String| if handle::same(&handle, old) { new.to_owned() } else { handle };
            let participants = Some(participants.into_iter().map(renamed).collect());
            let id = ThreadId::from_uuid(id);
            let place = self.thread_place(&id)?;
            let target =
                Target::Thread { workroom: (place.workroom, &place.workroom_id), thread: (place.key, &id) };
            self.append(
                &author,
                target,
                Kind::ThreadUpdated { title: None, participants, archived: None },
                None,
            )?;
        }
        Ok(())
    }
}

/// Sets the owner of the store, unless it has one. `name` is called only then.
pub(super) fn settle(conn: &Connection, name: impl FnOnce() -> String) -> Result<()> {
    if meta(conn, OWNER)?.is_some() {
        return Ok(());
    }
    let name = handle::of_name(&name());
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    // Another process may have set it first.
    if meta(&tx, OWNER)?.is_none() {
        keep_name(&tx, &name)?;
        set_meta(&tx, OWNER, &name)?;
    }
    tx.commit()?;
    Ok(())
}

/// Migrates a store from a version that took the owner from the environment. The owner becomes the person who has owned
/// its workrooms so far.
pub(super) fn take_over(conn: &Connection) -> Result<()> {
    names::fill_in(conn)?;
    let head: u64 = conn.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))?;
    set_meta(conn, SESSIONS_SINCE, &head.to_string())?;
    let names = owners_so_far(conn)?;
    if let Some((owner, _)) = names.first() {
        set_meta(conn, OWNER, owner)?;
    }
    for (name, _) in &names {
        keep_name(conn, name)?;
    }
    super::idempotency::take_over(conn, names.first().map(|(owner, _)| &**owner))
}

/// The handles under which workrooms were created by, or given to, people without a token. The handle with the most
/// workrooms comes first.
fn owners_so_far(conn: &Connection) -> Result<Vec<(String, u64)>> {
    let mut found: BTreeMap<String, (String, u64)> = BTreeMap::new();
    let mut select = conn.prepare(
        "SELECT json FROM event WHERE kind IN ('workroom_created', 'member_changed') ORDER BY seq",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let event: WorkroomEvent = json(row, 0)?;
        let name = match (&event.kind, event.actor.kind) {
            (Kind::WorkroomCreated { .. }, ActorKind::Human)
                if token_of_event(View::whole(conn), event.seq)?.is_none() =>
            {
                event.actor.handle.clone()
            }
            // Workroom itself gives the owner a workroom that somebody else created.
            (Kind::MemberChanged { handle, role: Some(Some(MemberRole::Owner)), .. }, ActorKind::System) => {
                handle.clone()
            }
            _ => continue,
        };
        found.entry(name.to_lowercase()).or_insert((name, 0)).1 += 1;
    }
    let mut names: Vec<_> = found.into_values().collect();
    names.sort_by_key(|(_, rooms)| std::cmp::Reverse(*rooms));
    // A person with a token is not the owner, unless there is no other candidate.
    let mut bears = conn.prepare("SELECT 1 FROM token WHERE handle = ?1 AND kind = 'human'")?;
    let mut owners = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        if index == 0 || !bears.exists([&name.0])? {
            owners.push(name);
        }
    }
    Ok(owners)
}

fn keep_name(conn: &Connection, name: &str) -> Result<()> {
    let Keys { key, shape } = Keys::of(name);
    conn.execute(
        "INSERT OR IGNORE INTO owner_name (handle, key, shape) VALUES (?1, ?2, ?3)",
        params![name, key, shape],
    )?;
    Ok(())
}

fn meta(conn: &Connection, key: &str) -> Result<Option<String>> {
    let mut statement = conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?)
}

fn set_meta(conn: &Connection, key: &str, value: &str) -> Result<()> {
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", params![key, value])?;
    Ok(())
}
