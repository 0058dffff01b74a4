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
    /// The active workrooms that have, or had, one of these keys. Those with the first key come first, then the oldest.
    pub fn workrooms_of(&self, keys: &[String]) -> Result<Vec<WorkroomRow>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT w.row FROM repository r JOIN workroom w ON w.row = r.workroom AND w.workspace = r.workspace
             WHERE r.key = ?1 AND w.archived_at IS NULL AND w.merged_into IS NULL ORDER BY w.row",
        )?;
        let mut rows: Vec<RoomKey> = Vec::new();
        for key in keys {
            for row in statement.query_map([key], |row| row.get(0))? {
                let row = row?;
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
        }
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
    /// Records the repository of a workroom. The workroom keeps the key of its folder, and of every repository that its
    /// folder was in before. So a caller without git, or with another version of it, still finds the workroom.
    pub fn identify(&self, found: &Identified) -> Result<()> {
        let mut insert = self.conn.prepare_cached("INSERT OR REPLACE INTO repository VALUES (?1, ?2, ?3)")?;
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
