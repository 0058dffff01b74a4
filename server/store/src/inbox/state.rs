//! Members' state for their threads. Not a projection: it is not in the log.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};
use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::inbox::NotificationLevel;

use super::Mark;
use crate::error::Result;

/// The script that creates the tables.
pub(crate) const SCHEMA: &str = include_str!("../migrations/0003.sql");

// From a later version than the other tables.
const ALIASES: &str = "CREATE TABLE reader_alias (
  kind TEXT NOT NULL, handle TEXT NOT NULL COLLATE NOCASE, reader INTEGER NOT NULL, PRIMARY KEY (kind, handle)
) STRICT, WITHOUT ROWID";

const TABLES: [&str; 4] = ["reader", "inbox_state", "inbox_level", "reader_alias"];

/// Creates the tables in another database, with the same rows.
pub(crate) fn copy(from: &Connection, into: &Connection) -> Result<()> {
    into.execute_batch(SCHEMA)?;
    into.execute_batch(ALIASES)?;
    for table in TABLES {
        let mut rows = from.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = rows.column_count();
        let places = vec!["?"; columns].join(", ");
        let mut insert = into.prepare(&format!("INSERT INTO {table} VALUES ({places})"))?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| row.get::<_, Value>(column));
            let values = values.collect::<rusqlite::Result<Vec<_>>>()?;
            insert.execute(rusqlite::params_from_iter(values))?;
        }
    }
    Ok(())
}

/// The key of a reader, if they have an inbox.
pub(super) fn known_reader(conn: &Connection, actor: &Actor) -> Result<Option<i64>> {
    let find = |sql: &str| -> Result<Option<i64>> {
        let mut statement = conn.prepare_cached(sql)?;
        Ok(statement.query_row(params![actor.kind.name(), actor.handle], |row| row.get(0)).optional()?)
    };
    match find("SELECT row FROM reader WHERE kind = ?1 AND handle = ?2")? {
        Some(row) => Ok(Some(row)),
        None => find("SELECT reader FROM reader_alias WHERE kind = ?1 AND handle = ?2"),
    }
}

/// Whether an inbox exists, or existed, for a handle.
pub(crate) fn is_known(conn: &Connection, handle: &str) -> Result<bool> {
    let mut statement = conn.prepare_cached("SELECT 1 FROM reader WHERE handle = ?1")?;
    Ok(statement.exists([handle])?)
}

/// Moves the inbox of a person to another handle.
pub(crate) fn rename(conn: &Connection, old: &str, new: &str) -> Result<()> {
    let person = |handle: &str| Actor { kind: ActorKind::Human, handle: handle.to_owned() };
    let row = reader(conn, &person(old))?;
    conn.execute("DELETE FROM reader_alias WHERE kind = 'human' AND handle = ?1", [new])?;
    conn.execute("UPDATE reader SET handle = ?2 WHERE row = ?1", params![row, new])?;
    conn.execute(
        "INSERT OR REPLACE INTO reader_alias (kind, handle, reader) VALUES ('human', ?1, ?2)",
        params![old, row],
    )?;
    Ok(())
}

/// Whether a reader used to have this handle.
pub(super) fn was_called(conn: &Connection, reader: i64, kind: ActorKind, handle: &str) -> Result<bool> {
    let mut statement =
        conn.prepare_cached("SELECT 1 FROM reader_alias WHERE kind = ?1 AND handle = ?2 AND reader = ?3")?;
    Ok(statement.exists(params![kind.name(), handle, reader])?)
}

/// The key of a reader, who gets an inbox if they have none.
pub(super) fn reader(conn: &Connection, actor: &Actor) -> Result<i64> {
    if let Some(row) = known_reader(conn, actor)? {
        return Ok(row);
    }
    conn.prepare_cached("INSERT INTO reader (kind, handle) VALUES (?1, ?2)")?
        .execute(params![actor.kind.name(), actor.handle])?;
    Ok(conn.last_insert_rowid())
}

/// A member's state for a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) read_upto: u64,
    /// The last position that they marked as done. Never decreases.
    pub(super) done_upto: u64,
    /// The position up to which the thread is done now.
    pub(super) done_floor: u64,
    /// The value of `done_floor` before that.
    pub(super) done_before: u64,
    /// Whether they reopened it.
    pub(super) reopened: bool,
    pub(super) snoozed_until: Option<i64>,
    /// The last position that they had seen when they snoozed it.
    pub(super) snoozed_at: u64,
    pub(super) saved: bool,
    pub(super) level: Option<NotificationLevel>,
    pub(super) mark: Mark,
}

impl State {
    pub(super) fn read(conn: &Connection, reader: i64, thread: i64) -> Result<Self> {
        let found = conn
            .prepare_cached(
                "SELECT read_upto, done_upto, done_floor, done_before, reopened, snoozed_until, snoozed_at, saved,
                   level, changed, turn FROM inbox_state WHERE reader = ?1 AND thread = ?2",
            )?
            .query_row([reader, thread], |row| {
                Ok(Self {
                    read_upto: row.get(0)?,
                    done_upto: row.get(1)?,
                    done_floor: row.get(2)?,
                    done_before: row.get(3)?,
                    reopened: row.get(4)?,
                    snoozed_until: row.get(5)?,
                    snoozed_at: row.get(6)?,
                    saved: row.get(7)?,
                    level: row.get::<_, Option<String>>(8)?.as_deref().and_then(NotificationLevel::of_name),
                    mark: Mark { changed: row.get(9)?, turn: row.get(10)? },
                })
            })
            .optional()?;
        Ok(found.unwrap_or_default())
    }

    pub(super) fn write(&self, conn: &Connection, reader: i64, thread: i64) -> Result<()> {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO inbox_state VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            reader,
            thread,
            self.read_upto,
            self.done_upto,
            self.done_floor,
            self.done_before,
            self.reopened,
            self.snoozed_until,
            self.snoozed_at,
            self.saved,
            self.level.map(NotificationLevel::name),
            self.mark.changed,
            self.mark.turn,
        ])?;
        Ok(())
    }
}

/// A member's notification level for a workroom, and since when.
pub(crate) fn level_of_workroom(
    conn: &Connection,
    reader: i64,
    workroom: i64,
) -> Result<(Option<NotificationLevel>, Mark)> {
    let found = conn
        .prepare_cached("SELECT level, changed, turn FROM inbox_level WHERE reader = ?1 AND workroom = ?2")?
        .query_row([reader, workroom], |row| {
            let level = row.get::<_, Option<String>>(0)?.as_deref().and_then(NotificationLevel::of_name);
            Ok((level, Mark { changed: row.get(1)?, turn: row.get(2)? }))
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Applies this level to the threads of a workroom that are in a member's inbox and have no level of their own.
pub(crate) fn set_levels(
    conn: &Connection,
    reader: i64,
    workroom: i64,
    level: NotificationLevel,
) -> Result<()> {
    let mut statement =
        conn.prepare_cached("SELECT thread FROM inbox_item WHERE reader = ?1 AND workroom = ?2")?;
    let threads = statement.query_map([reader, workroom], |row| row.get(0))?;
    for thread in threads.collect::<rusqlite::Result<Vec<i64>>>()? {
        let state = State::read(conn, reader, thread)?;
        if state.level.is_none() {
            State { level: Some(level), ..state }.write(conn, reader, thread)?;
        }
    }
    Ok(())
}
