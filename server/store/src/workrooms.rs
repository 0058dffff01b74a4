//! Workrooms in the store.

use std::sync::OnceLock;

use rusqlite::{OptionalExtension, Row, ToSql};
use workroom_protocol::id::WorkroomId;
use workroom_protocol::link::WorkroomLink;
use workroom_protocol::time::Timestamp;
use workroom_protocol::workroom::{RepoRef, Workroom, WorkroomSummary};

use super::activity::ListPlace;
use super::error::{Result, StoreError};
use super::keys::RoomKey;
use super::rows::{blob, json, uuid};
use super::view::View;

/// A workroom and its key.
#[derive(Debug, Clone)]
pub struct WorkroomRow {
    /// Its key.
    pub key: RoomKey,
    /// The workroom.
    pub workroom: Workroom,
}

/// Filters for the workrooms to list.
#[derive(Debug, Clone, Default)]
pub struct WorkroomFilter {
    /// Text in the title, repository, branch or folder.
    pub query: Option<String>,
    /// The exact folder.
    pub workspace: Option<String>,
    /// The repository's owner and name; case does not matter.
    pub repo: Option<(String, String)>,
    /// Whether to include archived workrooms.
    pub include_archived: bool,
}

const NOT_MERGED: &str = " AND merged_into IS NULL";
const NOT_ARCHIVED: &str = " AND merged_into IS NULL AND archived_at IS NULL";
// The row of a workroom, or of the workroom that it was merged into. The condition follows.
const CURRENT: &str = "(SELECT coalesce(merged_into, row) FROM workroom WHERE";
const COLUMNS: &str =
    "row, id, title, workspace, repo_host, repo_owner, repo_name, branch, owner, visibility,
    created_at, updated_at, archived_at, head_seq";
// What a list shows of each workroom: the columns that [`read_summary`] takes.
const SUMMARY: &str =
    "id, title, workspace, repo_host, repo_owner, repo_name, branch, updated_at, archived_at, head_seq,
    active_threads, row";
const ROW: usize = 11;
const PLACE: usize = 12;

fn read(row: &Row<'_>) -> rusqlite::Result<WorkroomRow> {
    let id = WorkroomId::from_uuid(uuid(row, 1)?);
    let (owner, name): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    let host = row.get(4)?;
    Ok(WorkroomRow {
        key: row.get(0)?,
        workroom: Workroom {
            link: WorkroomLink::workroom(id.clone()).to_url(),
            id,
            title: row.get(2)?,
            workspace: row.get(3)?,
            repo_identity: owner.zip(name).map(|(owner, name)| RepoRef { owner, name, host }),
            branch: row.get(7)?,
            owner: row.get(8)?,
            visibility: json(row, 9)?,
            created_at: Timestamp::from_millis(row.get(10)?),
            updated_at: Timestamp::from_millis(row.get(11)?),
            archived_at: row.get::<_, Option<i64>>(12)?.map(Timestamp::from_millis),
            head_seq: row.get(13)?,
        },
    })
}

fn read_summary(row: &Row<'_>) -> rusqlite::Result<WorkroomSummary> {
    let id = WorkroomId::from_uuid(uuid(row, 0)?);
    let (owner, name): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
    let host = row.get(3)?;
    Ok(WorkroomSummary {
        link: WorkroomLink::workroom(id.clone()).to_url(),
        id,
        title: row.get(1)?,
        workspace: row.get(2)?,
        repo_identity: owner.zip(name).map(|(owner, name)| RepoRef { owner, name, host }),
        branch: row.get(6)?,
        updated_at: Timestamp::from_millis(row.get(7)?),
        archived_at: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_millis),
        head_seq: row.get(9)?,
        active_threads: row.get(10)?,
    })
}

impl View<'_> {
    /// The workroom with this id, or the one that it was merged into, or `not_found`.
    pub fn workroom(&self, id: &WorkroomId) -> Result<WorkroomRow> {
        let found = self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM workroom WHERE row = {CURRENT} id = ?1)"))?
            .query_row([blob(id.uuid())], read)
            .optional()?
            .ok_or_else(|| StoreError::NotFound { what: "workroom", id: id.to_string() })?;
        self.enter(found.key, "workroom", id)?;
        Ok(found)
    }

    /// The workroom of a key, or the one that it was merged into.
    pub fn workroom_at(&self, key: RoomKey) -> Result<WorkroomRow> {
        Ok(self
            .conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM workroom WHERE row = {CURRENT} row = ?1)"))?
            .query_row([key], read)?)
    }

    /// Up to `limit` workrooms after a place in the list, newest activity first, each with its place in the list.
    pub fn workrooms(
        &self,
        filter: &WorkroomFilter,
        from: ListPlace,
        limit: usize,
    ) -> Result<Vec<(ListPlace, WorkroomSummary)>> {
        let mut conditions = String::new();
        // Text is compared in Rust, because SQLite ignores case in ASCII only. So SQLite cannot apply the limit either.
        let most = if filter.query.is_some() { i64::MAX } else { limit as i64 };
        let mut values: Vec<(&str, &dyn ToSql)> =
            vec![(":upto", &from.upto), (":before", &from.before), (":limit", &most)];
        conditions.push_str(if filter.include_archived { NOT_MERGED } else { NOT_ARCHIVED });
        let limited = self.limit();
        if let Some(rooms) = &limited {
            conditions.push_str(" AND row IN (SELECT value FROM json_each(:rooms))");
            values.push((":rooms", rooms));
        }
        if let Some(workspace) = &filter.workspace {
            conditions.push_str(" AND workspace = :workspace");
            values.push((":workspace", workspace));
        }
        if let Some((owner, name)) = &filter.repo {
            conditions
                .push_str(" AND repo_owner = :owner COLLATE NOCASE AND repo_name = :name COLLATE NOCASE");
            values.push((":owner", owner));
            values.push((":name", name));
        }
        let write =
            |conditions: &str| from.sql(SUMMARY, "FROM workroom", ("workroom", "event.workroom"), conditions);
        // The SQL of the most frequent request is built once.
        static IN_USE: OnceLock<String> = OnceLock::new();
        let written;
        let sql = if from == ListPlace::FIRST && conditions == NOT_ARCHIVED {
            IN_USE.get_or_init(|| write(NOT_ARCHIVED))
        } else {
            written = write(&conditions);
            &written
        };
        let overtaken = self.overtaken()?;
        let query = filter.query.as_ref().map(|query| query.to_lowercase());
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(&values[..])?;
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(row) = rows.next()?
        {
            let mut room = read_summary(row)?;
            if !overtaken.is_empty() {
                let key: i64 = row.get(ROW)?;
                let ended = overtaken.iter().filter(|found| found.workroom == key && found.has_ended());
                room.active_threads = room.active_threads.saturating_sub(ended.count());
            }
            if query.as_ref().is_none_or(|query| contains(&room, query)) {
                let upto = if from == ListPlace::FIRST { row.get(PLACE + 1)? } else { from.upto };
                found.push((ListPlace::new(upto, row.get(PLACE)?), room));
            }
        }
        Ok(found)
    }
}

/// Whether the title, branch, folder or repository contains `query`, which is in lower case.
fn contains(room: &WorkroomSummary, query: &str) -> bool {
    let repo = room.repo_identity.as_ref().map(|repo| format!("{}/{}", repo.owner, repo.name));
    [Some(&room.title), room.branch.as_ref(), room.workspace.as_ref(), repo.as_ref()]
        .into_iter()
        .flatten()
        .any(|text| text.to_lowercase().contains(query))
}
