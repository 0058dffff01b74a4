//! The repository of each workroom.

use rusqlite::params;

use super::error::Result;
use super::keys::RoomKey;
use super::view::View;
use super::workrooms::WorkroomRow;
use super::writer::Tx;

/// A workroom whose repository was looked up.
#[derive(Debug, Clone)]
pub struct Identified {
    /// The workroom.
    pub workroom: RoomKey,
    /// The folder that was examined.
    pub workspace: String,
    /// The key of the repository.
    pub key: String,
}

impl View<'_> {
    /// The active workrooms whose folder has this key, oldest first.
    pub fn workrooms_of(&self, key: &str) -> Result<Vec<WorkroomRow>> {
        self.workrooms_with(
            "SELECT w.row FROM repository r JOIN workroom w ON w.row = r.workroom AND w.workspace = r.workspace
             WHERE r.key = ?1 AND w.archived_at IS NULL AND w.merged_into IS NULL ORDER BY w.row",
            key,
        )
    }

    /// The active workrooms whose folder has this key and was never in a git repository, oldest first. A folder can belong
    /// to one repository and later to another one, which must not get the workroom of the first.
    pub fn workrooms_without_git(&self, key: &str) -> Result<Vec<WorkroomRow>> {
        self.workrooms_with(
            "SELECT w.row FROM repository r JOIN workroom w ON w.row = r.workroom AND w.workspace = r.workspace
             WHERE r.key = ?1 AND w.archived_at IS NULL AND w.merged_into IS NULL
               AND NOT EXISTS (
                 SELECT 1 FROM repository g
                 WHERE g.workroom = r.workroom AND g.workspace = r.workspace AND g.key GLOB 'git:*'
               )
             ORDER BY w.row",
            key,
        )
    }

    fn workrooms_with(&self, sql: &str, key: &str) -> Result<Vec<WorkroomRow>> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows =
            statement.query_map([key], |row| row.get(0))?.collect::<rusqlite::Result<Vec<RoomKey>>>()?;
        rows.into_iter().map(|row| self.workroom_at(row)).collect()
    }

    /// The active workrooms whose folder was not yet looked up: those of older versions, and those that were given
    /// another folder.
    pub fn unidentified(&self) -> Result<Vec<(RoomKey, String)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT w.row, w.workspace FROM workroom w
             WHERE w.workspace IS NOT NULL AND w.archived_at IS NULL AND w.merged_into IS NULL
               AND NOT EXISTS (SELECT 1 FROM repository r WHERE r.workroom = w.row AND r.workspace = w.workspace)
             ORDER BY w.row",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Tx<'_> {
    /// Stores the repository of a workroom's folder. The workroom keeps the key of the folder itself, so that a caller
    /// without git still finds it.
    pub fn identify(&self, found: &Identified) -> Result<()> {
        let mut insert = self.conn.prepare_cached("INSERT OR IGNORE INTO repository VALUES (?1, ?2, ?3)")?;
        for key in [&found.key, &folder_key(&found.workspace)] {
            insert.execute(params![found.workroom, found.workspace, key])?;
        }
        Ok(())
    }
}

/// The key of a folder by itself, without git.
pub fn folder_key(folder: &str) -> String {
    format!("folder:{folder}")
}
