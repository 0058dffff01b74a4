//! Artifacts in the store.

use rusqlite::{OptionalExtension, Row, params};
use workroom_protocol::artifact::Artifact;
use workroom_protocol::id::ArtifactId;

use super::error::{Result, StoreError};
use super::keys::RoomKey;
use super::rows::{blob, json};
use super::view::{Scope, View};

/// An artifact and the key of its workroom.
#[derive(Debug, Clone)]
pub struct ArtifactRow {
    /// The key of its workroom.
    pub workroom: RoomKey,
    /// The artifact.
    pub artifact: Artifact,
}

fn read(row: &Row<'_>) -> rusqlite::Result<ArtifactRow> {
    let mut artifact: Artifact = json(row, 1)?;
    // Only the server measures sizes. It computes the digest too, unless the file is too large.
    if artifact.size.is_some() && artifact.sha256.is_none() {
        artifact.sha256_absent = Some("too_large".into());
    }
    Ok(ArtifactRow { workroom: row.get(0)?, artifact })
}

impl View<'_> {
    /// The artifact with this id, or `not_found`.
    pub fn artifact(&self, id: &ArtifactId) -> Result<ArtifactRow> {
        let found = self
            .conn
            .prepare_cached("SELECT workroom, json FROM artifact WHERE id = ?1")?
            .query_row([blob(id.uuid())], read)
            .optional()?
            .ok_or_else(|| StoreError::NotFound { what: "artifact", id: id.to_string() })?;
        self.enter(found.workroom, "artifact", id)?;
        Ok(found)
    }

    /// Up to `limit` artifacts linked before position `before`, newest first.
    pub fn artifacts(&self, scope: Scope, before: u64, limit: usize) -> Result<Vec<ArtifactRow>> {
        let (column, row) = scope.column();
        let sql = format!(
            "SELECT workroom, json FROM artifact WHERE {column} = ?1 AND seq < ?2
               AND (?4 IS NULL OR workroom IN (SELECT value FROM json_each(?4))) ORDER BY seq DESC LIMIT ?3"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let values = params![row, before.min(i64::MAX as u64), limit, self.limit()];
        let rows = statement.query_map(values, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The folder that an artifact's path is relative to: that of the workroom in which it was linked, even if this
    /// workroom was merged into another one since.
    pub fn artifact_folder(&self, artifact: &Artifact) -> Result<Option<String>> {
        let sql = "SELECT w.workspace FROM event e JOIN workroom w ON w.row = e.workroom WHERE e.seq = ?1";
        Ok(self.conn.prepare_cached(sql)?.query_row([artifact.seq], |row| row.get(0))?)
    }

    /// How many artifacts there are.
    pub fn count_artifacts(&self, scope: Scope) -> Result<u64> {
        let (column, row) = scope.column();
        let sql = format!("SELECT count(*) FROM artifact WHERE {column} = ?1");
        Ok(self.conn.prepare_cached(&sql)?.query_row([row], |row| row.get(0))?)
    }
}
