//! Threads in the store.

use rusqlite::{OptionalExtension, Row, ToSql};
use workroom_protocol::external_ref::AttachedRef;
use workroom_protocol::id::{ThreadId, WorkroomId};
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::resolve::ThreadBrief;
use workroom_protocol::thread::{WorkroomThread, WorkroomThreadKind};
use workroom_protocol::time::Timestamp;

use super::activity::ListPlace;
use super::error::{Result, StoreError};
use super::keys::{RoomKey, ThreadKey};
use super::rows::{blob, json, uuid};
use super::view::{Scope, View};

/// A thread, its key and the key of its workroom.
#[derive(Debug, Clone)]
pub struct ThreadRow {
    /// Its key.
    pub key: ThreadKey,
    /// The key of its workroom.
    pub workroom: RoomKey,
    /// The thread.
    pub thread: WorkroomThread,
    /// How many of its events are of the kinds that agents receive.
    pub told: u64,
}

/// The keys of a thread and its workroom.
#[derive(Debug, Clone)]
pub struct ThreadPlace {
    /// Its key.
    pub key: ThreadKey,
    /// The key of its workroom.
    pub workroom: RoomKey,
    /// The id of its workroom.
    pub workroom_id: WorkroomId,
}

/// Filters for the threads to list.
#[derive(Debug, Clone)]
pub struct ThreadFilter {
    /// A workroom, or everything.
    pub scope: Scope,
    /// Only active threads, only inactive ones, or all that are not archived.
    pub active: Option<bool>,
    /// Only these kinds.
    pub kinds: Option<Vec<WorkroomThreadKind>>,
}

const COLUMNS: &str = "t.row, t.workroom, t.id, w.id, t.title, t.kind, t.participants, t.refs, t.created_at,
    t.updated_at, t.archived_at, t.head_seq, t.status, t.told, t.branch";
const FROM: &str = "FROM thread t JOIN workroom w ON w.row = t.workroom";

fn read(row: &Row<'_>) -> rusqlite::Result<ThreadRow> {
    let id = ThreadId::from_uuid(uuid(row, 2)?);
    let workroom_id = WorkroomId::from_uuid(uuid(row, 3)?);
    let external_refs: Vec<AttachedRef> = json(row, 7)?;
    Ok(ThreadRow {
        key: row.get(0)?,
        workroom: row.get(1)?,
        told: row.get(13)?,
        thread: WorkroomThread {
            link: WorkroomLink::thread(workroom_id.clone(), id.clone()).to_url(),
            id,
            workroom_id,
            title: row.get(4)?,
            kind: json(row, 5)?,
            participants: json(row, 6)?,
            external_ref: external_refs.iter().find(|r| r.primary).map(|r| r.target.clone()),
            external_refs,
            created_at: Timestamp::from_millis(row.get(8)?),
            updated_at: Timestamp::from_millis(row.get(9)?),
            archived_at: row.get::<_, Option<i64>>(10)?.map(Timestamp::from_millis),
            head_seq: row.get(11)?,
            status: json(row, 12)?,
            branch: row.get(14)?,
        },
    })
}

impl View<'_> {
    /// The thread with this id, or `not_found`.
    pub fn thread(&self, id: &ThreadId) -> Result<ThreadRow> {
        let found = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} {FROM} WHERE t.id = ?1"))?
            .query_row([blob(id.uuid())], read)
            .optional()?
            .ok_or_else(|| StoreError::NotFound { what: "thread", id: id.to_string() })?;
        self.enter(found.workroom, "thread", id)?;
        self.standing_thread(found)
    }

    /// The current state of a thread, even if an expiry in it could not be recorded.
    fn standing_thread(&self, mut found: ThreadRow) -> Result<ThreadRow> {
        if self.due.is_some()
            && let Some(status) = self.status_overtaken(found.key.row())?
        {
            found.thread.status = status;
        }
        Ok(found)
    }

    /// The place of the thread with this id, or `not_found`.
    pub fn thread_place(&self, id: &ThreadId) -> Result<ThreadPlace> {
        let place = self
            .conn
            .prepare_cached("SELECT t.row, t.workroom, w.id FROM thread t JOIN workroom w ON w.row = t.workroom WHERE t.id = ?1")?
            .query_row([blob(id.uuid())], |row| {
                let workroom_id = WorkroomId::from_uuid(uuid(row, 2)?);
                Ok(ThreadPlace { key: row.get(0)?, workroom: row.get(1)?, workroom_id })
            })
            .optional()?
            .ok_or_else(|| StoreError::NotFound { what: "thread", id: id.to_string() })?;
        self.enter(place.workroom, "thread", id)?;
        Ok(place)
    }

    /// The workroom of a thread.
    pub fn workroom_of_thread(&self, key: ThreadKey) -> Result<RoomKey> {
        Ok(self
            .conn
            .prepare_cached("SELECT workroom FROM thread WHERE row = ?1")?
            .query_row([key], |row| row.get(0))?)
    }

    /// How many events in a workroom's threads are of the kinds that agents receive.
    pub fn count_told(&self, workroom: RoomKey) -> Result<u64> {
        Ok(self
            .conn
            .prepare_cached("SELECT coalesce(sum(told), 0) FROM thread WHERE workroom = ?1")?
            .query_row([workroom], |row| row.get(0))?)
    }

    /// The thread of a key.
    pub fn thread_at(&self, key: ThreadKey) -> Result<ThreadRow> {
        let found = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} {FROM} WHERE t.row = ?1"))?
            .query_row([key], read)?;
        self.standing_thread(found)
    }

    /// Up to `limit` threads after a place in the list, newest activity first, each with its position in the list.
    pub fn threads(
        &self,
        filter: &ThreadFilter,
        from: ListPlace,
        limit: usize,
    ) -> Result<Vec<(u64, ThreadRow)>> {
        let mut conditions = String::new();
        if let Scope::Workroom(key) = filter.scope {
            conditions.push_str(&format!(" AND t.workroom = {}", key.row()));
        }
        let overtaken = self.overtaken()?;
        let ended: Vec<_> = overtaken.iter().filter(|found| found.has_ended()).collect();
        let ended: Vec<_> = ended.into_iter().map(|found| found.thread.to_string()).collect();
        match filter.active {
            Some(active) if !ended.is_empty() => {
                let ended = ended.join(",");
                conditions.push_str(&match active {
                    true => format!(" AND t.active = 1 AND t.row NOT IN ({ended})"),
                    false => format!(" AND (t.active = 0 OR t.row IN ({ended}))"),
                });
            }
            Some(true) => conditions.push_str(" AND t.active = 1"),
            Some(false) => conditions.push_str(" AND t.active = 0"),
            None => conditions.push_str(" AND t.archived = 0"),
        }
        if let Some(kinds) = &filter.kinds {
            let kinds =
                kinds.iter().map(serde_json::to_string).collect::<std::result::Result<Vec<_>, _>>()?;
            // These are the names of an enum, quoted as JSON, so no caller's text gets into the SQL.
            let kinds: Vec<_> = kinds.iter().map(|kind| format!("'{kind}'")).collect();
            conditions.push_str(&format!(" AND t.kind IN ({})", kinds.join(",")));
        }
        let limited = self.limit();
        let mut values: Vec<(&str, &dyn ToSql)> =
            vec![(":upto", &from.upto), (":before", &from.before), (":limit", &limit)];
        if let Some(rooms) = &limited {
            conditions.push_str(" AND t.workroom IN (SELECT value FROM json_each(:rooms))");
            values.push((":rooms", rooms));
        }
        let sql = from.sql(COLUMNS, FROM, ("t", "event.thread"), &conditions);
        let mut statement = self.conn.prepare_cached(&sql)?;
        let rows = statement.query_map(&values[..], |row| Ok((row.get(15)?, read(row)?)))?;
        let mut threads: Vec<(u64, ThreadRow)> = rows.collect::<rusqlite::Result<_>>()?;
        for (_, found) in &mut threads {
            if let Some(known) = overtaken.iter().find(|known| known.thread == found.key.row()) {
                found.thread.status = known.status;
            }
        }
        Ok(threads)
    }

    /// The newest `limit` threads of a workroom in brief, and how many more there are.
    pub fn thread_briefs(&self, workroom: RoomKey, limit: usize) -> Result<(Vec<ThreadBrief>, u64)> {
        let mut statement = self.conn.prepare_cached(
            "SELECT id, title, status, updated_at, row FROM thread WHERE workroom = ?1 AND archived = 0
             ORDER BY head_seq DESC LIMIT ?2",
        )?;
        let overtaken = self.overtaken()?;
        let rows = statement.query_map((workroom, limit), |row| {
            let thread: i64 = row.get(4)?;
            let status = overtaken.iter().find(|known| known.thread == thread).map(|known| known.status);
            Ok(ThreadBrief {
                id: ThreadId::from_uuid(uuid(row, 0)?),
                title: row.get(1)?,
                status: status.map_or_else(|| json(row, 2), Ok)?,
                updated_at: Timestamp::from_millis(row.get(3)?),
            })
        })?;
        let briefs: Vec<ThreadBrief> = rows.collect::<rusqlite::Result<_>>()?;
        let total: u64 = self
            .conn
            .prepare_cached("SELECT count(*) FROM thread WHERE workroom = ?1 AND archived = 0")?
            .query_row([workroom], |row| row.get(0))?;
        let more = total - briefs.len() as u64;
        Ok((briefs, more))
    }
}
