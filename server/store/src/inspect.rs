//! Reads facts about the store's file without changing it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::error::{Result, StoreError};
use super::migrate::{self, user_version};
use super::open::{FILE_NAME, wait_for_lock};
use super::view::View;

/// Facts about the store's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The version of its schema.
    pub version: u32,
    /// Whether this program writes that version. An older store is migrated when it is opened.
    pub is_current: bool,
    /// Identifies the store; absent in a file that nothing was written to yet.
    pub epoch: Option<String>,
    /// The last position of its log.
    pub head_seq: u64,
}

/// Inspects the store in `folder`; `None` if there is none. Fails for a store that [`super::Store::open`] would refuse.
pub fn inspect(folder: &Path) -> Result<Option<Inspection>> {
    let path = folder.join(FILE_NAME);
    if path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(&path, flags)?;
    conn.busy_handler(Some(wait_for_lock))?;
    let is_current = migrate::is_current(&conn)?;
    let version =
        u32::try_from(user_version(&conn)?).map_err(|error| StoreError::Internal(error.to_string()))?;
    if version == 0 {
        return Ok(Some(Inspection { version, is_current, epoch: None, head_seq: 0 }));
    }
    let epoch =
        conn.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0)).optional()?;
    let view = View::whole(&conn);
    // Another version may have projections of another shape.
    let head_seq = if is_current { view.head_seq()? } else { view.end_of_log()? };
    Ok(Some(Inspection { version, is_current, epoch, head_seq }))
}

/// The version of SQLite that this program includes.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}
