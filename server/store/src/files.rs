//! Whether the files that this process has open are still the store at its place.
//!
//! A file that is deleted, moved or replaced goes on being readable and writable for whoever has it open: without this,
//! writes would be acknowledged into a file that nobody finds again. SQLite looks for that only where it has no
//! write-ahead log.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::error::{Result, StorageReason, StoreError};
use super::migrate;

/// Device and number of a file: no other file has them while it is open.
pub(super) type Identity = (u64, u64);

/// The files of a store as this process has opened them.
pub(super) struct Files {
    /// The store's file, its write-ahead log, and the index of that.
    opened: [(PathBuf, Identity); 3],
    #[cfg(unix)]
    log: std::fs::File,
    outdated: CancellationToken,
}

// How often a store is looked for that is replaced while it is opened.
const TRIES: usize = 5;

// The first bytes of a write-ahead log, but for the last bit, which tells the order of bytes in its checksums.
#[cfg(unix)]
const LOG_BEGINS: u32 = 0x377f_0682;

impl Files {
    /// The files behind a connection that has read already. Cancels `outdated` once only a new process can serve the
    /// store at this place.
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

    /// Fails when what is at the store's place is not what this process has open.
    pub(super) fn check(&self) -> Result<()> {
        for (place, opened) in &self.opened {
            match identity(place) {
                Ok(found) if found == *opened => {}
                found => return Err(self.changed(place, found)),
            }
        }
        Ok(())
    }

    /// Fails when what was just committed is not in the store at this place, or would not be found there.
    pub(super) fn check_committed(&self) -> Result<()> {
        self.check().and_then(|()| self.check_log()).map_err(|error| match error {
            StoreError::Storage { reason, message } => StoreError::storage(
                reason,
                format!("{message}. Whether this last write was kept is not known; repeat it with its key"),
            ),
            error => error,
        })
    }

    /// A log without its beginning is taken for an empty one by whoever opens the store next: this happens when the
    /// file was deleted under one process, and another one continues in a new file where the first one stood.
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

    /// Fails when a newer version has brought the store up to date beside this process.
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

    /// The error of a store that another file has taken the place of in all but its name.
    pub(super) fn went_back(&self, seq: u64) -> StoreError {
        self.outdated.cancel();
        let message = format!(
            "{} was overwritten with another state, which does not have event {seq} as this server has written it; \
             restart the server to use it as it is now",
            self.opened[0].0.display()
        );
        StoreError::storage(StorageReason::Replaced, message)
    }

    /// The error of an agent whose handle may be another's by now, because the lock at `place` was deleted.
    pub(super) fn session_lost(&self, place: &Path) -> StoreError {
        self.outdated.cancel();
        let message = format!(
            "{} was deleted or replaced, which kept the handle of this session from others; restart the server to get a \
             handle of its own",
            place.display()
        );
        StoreError::storage(StorageReason::Replaced, message)
    }

    /// What is behind an error: files that are not those that this process has open explain most of them.
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
        // What is beside it may have gone with it, after it was looked at.
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
        // A store that is away may come back, and nothing else is at its place: a new process would begin a new one.
        if !(is_store && is_missing) {
            self.outdated.cancel();
        }
        tracing::warn!(reason = reason.name(), "{message}");
        StoreError::storage(reason, message)
    }
}

const ALL_AGAIN: &str = "stop every server of this store, run `workroom check`, and start them again";

/// Whether the file that SQLite has open is not the one at its path any more.
#[cfg(unix)]
fn has_moved(conn: &Connection) -> Result<bool> {
    let mut moved = 0;
    conn.file_control(Some("main"), rusqlite::FileControl::HasMoved(&mut moved))?;
    Ok(moved != 0)
}

/// Other systems do not let a file be moved that is open.
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
