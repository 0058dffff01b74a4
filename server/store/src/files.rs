//! Checks whether the open files are still the store at its path.
//!
//! A file that is deleted, moved or replaced stays readable and writable for a process that has it open. Without this
//! check, writes would be acknowledged into a file that nobody finds again. SQLite itself checks for that only when it
//! has no write-ahead log.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::error::{Result, StorageReason, StoreError};
use super::migrate;

/// Device and number of a file. They are unique while it is open.
pub(super) type Identity = (u64, u64);

/// The files of a store, as this process opened them.
pub(super) struct Files {
    /// The store's file, its write-ahead log, and the index of the log.
    opened: [(PathBuf, Identity); 3],
    #[cfg(unix)]
    log: std::fs::File,
    outdated: CancellationToken,
}

// How often to retry when the store is replaced while it is being opened.
const TRIES: usize = 5;

// The first bytes of a write-ahead log, except for the last bit, which is the byte order of its checksums.
#[cfg(unix)]
const LOG_BEGINS: u32 = 0x377f_0682;

impl Files {
    /// The files behind a connection that has already read. `outdated` is cancelled once only a new process can serve
    /// the store at this path.
    pub(super) fn of(conn: &Connection, path: &Path, outdated: CancellationToken) -> Result<Self> {
        let beside = |end: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        };
        let identified = |path: PathBuf| match identity(&path) {
            Ok(identity) => Ok((path, identity)),
            Err(error) => Err(StoreError::cannot_open(&path, &error)),
        };
        for _ in 0..TRIES {
            let opened =
                [identified(path.to_owned())?, identified(beside("-wal"))?, identified(beside("-shm"))?];
            if has_moved(conn)? {
                break;
            }
            #[cfg(unix)]
            {
                let log = std::fs::File::open(&opened[1].0)
                    .map_err(|error| StoreError::cannot_open(&opened[1].0, &error))?;
                let metadata =
                    log.metadata().map_err(|error| StoreError::cannot_open(&opened[1].0, &error))?;
                if identity_of(&metadata) == opened[1].1 {
                    return Ok(Self { opened, log, outdated });
                }
            }
            #[cfg(not(unix))]
            return Ok(Self { opened, outdated });
        }
        Err(StoreError::storage(
            StorageReason::Replaced,
            format!("{} was replaced while it was opened; try again", path.display()),
        ))
    }

    /// Fails if the files at the store's path are not those that this process has open.
    pub(super) fn check(&self) -> Result<()> {
        for (place, opened) in &self.opened {
            match identity(place) {
                Ok(found) if found == *opened => {}
                found => return Err(self.changed(place, found)),
            }
        }
        Ok(())
    }

    /// Fails if the last commit is not in the store at this path, or would not be found there.
    pub(super) fn check_committed(&self) -> Result<()> {
        self.check().and_then(|()| self.check_log()).map_err(|error| match error {
            StoreError::Storage { reason, message } => StoreError::storage(
                reason,
                format!("{message}. It is unknown whether the last write was kept; retry it with its idempotency key"),
            ),
            error => error,
        })
    }

    /// The next process to open the store would treat a log without its beginning as empty. This happens when the file
    /// was deleted under one process, and another process continues in a new file at the same path.
    #[cfg(unix)]
    fn check_log(&self) -> Result<()> {
        let mut begins = [0; 4];
        let read = std::os::unix::fs::FileExt::read_exact_at(&self.log, &mut begins, 0);
        match read {
            Ok(()) if u32::from_be_bytes(begins) & !1 == LOG_BEGINS => Ok(()),
            _ => {
                self.outdated.cancel();
                let message = format!("{} was cut or overwritten; {ALL_AGAIN}", self.opened[1].0.display());
                Err(StoreError::storage(StorageReason::Replaced, message))
            }
        }
    }

    #[cfg(not(unix))]
    fn check_log(&self) -> Result<()> {
        Ok(())
    }

    /// Fails if a newer version has migrated the store while this process has it open.
    pub(super) fn check_version(&self, conn: &Connection) -> Result<()> {
        migrate::check_running(conn).inspect_err(|error| {
            if let StoreError::Storage {
                reason: StorageReason::NewerVersion | StorageReason::Replaced, ..
            } = error
            {
                self.outdated.cancel();
            }
        })
    }

    /// The error for a store whose content was replaced under the same file.
    pub(super) fn went_back(&self, seq: u64) -> StoreError {
        self.outdated.cancel();
        let message = format!(
            "{} was overwritten with another state, which lacks event {seq} as this server wrote it; \
             restart the server to use the new state",
            self.opened[0].0.display()
        );
        StoreError::storage(StorageReason::Replaced, message)
    }

    /// The error for an agent whose handle may now belong to another agent, because the lock at `place` was deleted.
    pub(super) fn session_lost(&self, place: &Path) -> StoreError {
        self.outdated.cancel();
        let message = format!(
            "{} was deleted or replaced, so the handle of this session is no longer reserved; restart the server to \
             get a new handle",
            place.display()
        );
        StoreError::storage(StorageReason::Replaced, message)
    }

    /// Explains an error. Files that are not those that this process has open are the cause of most errors.
    pub(super) fn explain(&self, conn: &Connection, error: StoreError) -> StoreError {
        match error {
            StoreError::Storage { .. } | StoreError::Internal(_) => {
                self.check().err().unwrap_or_else(|| migrate::explain(conn, error))
            }
            error => error,
        }
    }

    fn changed(&self, place: &Path, found: io::Result<Identity>) -> StoreError {
        let store = &self.opened[0].0;
        let is_store = place == store;
        // The files beside the store may have disappeared together with it, after it was checked.
        if let Err(error) = identity(store)
            && !is_store
        {
            return self.changed(store, Err(error));
        }
        let is_missing = match &found {
            Ok(_) => false,
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => true,
                _ => return StoreError::cannot_open(place, error),
            },
        };
        let reason = if is_missing { StorageReason::Moved } else { StorageReason::Replaced };
        let place = place.display();
        let message = match (is_store, is_missing) {
            (true, true) => format!(
                "{place} was deleted or moved away while this server had it open: put it back, or restart the server \
                 to begin a new store there"
            ),
            (true, false) => {
                format!(
                    "{place} was replaced by another file while this server had it open; restart the server"
                )
            }
            (false, _) => {
                format!("{place} was deleted or replaced while this server had the store open; {ALL_AGAIN}")
            }
        };
        // A store that is missing may come back, and nothing else is at its path: a new process would create a new
        // store there.
        if !(is_store && is_missing) {
            self.outdated.cancel();
        }
        tracing::warn!(reason = reason.name(), "{message}");
        StoreError::storage(reason, message)
    }
}

const ALL_AGAIN: &str = "stop every server of this store, run `workroom check`, and start them again";

/// Whether the file that SQLite has open is no longer the one at its path.
#[cfg(unix)]
fn has_moved(conn: &Connection) -> Result<bool> {
    let mut moved = 0;
    conn.file_control(Some("main"), rusqlite::FileControl::HasMoved(&mut moved))?;
    Ok(moved != 0)
}

/// Other systems do not allow moving an open file.
#[cfg(not(unix))]
fn has_moved(_: &Connection) -> Result<bool> {
    Ok(false)
}

/// Whether a store that was just read has a write-ahead log.
pub(super) fn has_log(path: &Path) -> bool {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    identity(Path::new(&name)).is_ok()
}

pub(super) fn identity(path: &Path) -> io::Result<Identity> {
    std::fs::symlink_metadata(path).map(|metadata| identity_of(&metadata))
}

#[cfg(unix)]
pub(super) fn identity_of(metadata: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
pub(super) fn identity_of(_: &std::fs::Metadata) -> Identity {
    (0, 0)
}
