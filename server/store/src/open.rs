//! The store's folder and file, and the connections to it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::Rng;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio_util::sync::CancellationToken;
use workroom_protocol::server::Durability;

use super::error::{Result, StorageReason, StoreError};

/// The name of the store's file in its folder.
pub const FILE_NAME: &str = "workroom.db";

// A lock is held for the duration of a commit. SQLite's own busy handler sleeps longer each time and starves under
// load; short sleeps of random length are fair. After this time the caller gets `busy`.
const MAX_LOCK_WAIT: Duration = Duration::from_secs(30);

/// Creates the folder and the file if they are missing, readable for this user only.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf> {
    // Otherwise the store would be created in the process's current folder.
    if folder.as_os_str().is_empty() {
        let message = "there is no folder for the store: this user has no home folder, and neither WORKROOM_HOME \
                       nor CODEWHALE_HOME is set";
        return Err(StoreError::storage(StorageReason::CannotOpen, message));
    }
    keep_private();
    create_folder(folder)?;
    let path = folder.join(FILE_NAME);
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_symlink() => return Err(not_ours(&path, "is a symbolic link")),
        Ok(metadata) if !metadata.is_file() => return Err(not_ours(&path, "is not a file")),
        Ok(metadata) if !is_ours(&metadata) => return Err(not_ours(&path, "belongs to another user")),
        // A copy that was put in place of the store may be readable for others.
        Ok(metadata) => {
            make_private(&path, &metadata).map_err(|error| StoreError::cannot_open(&path, &error))?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => create_file(&path)?,
        Err(error) => return Err(StoreError::cannot_open(&path, &error)),
    }
    Ok(path)
}

/// From now on this process creates files for its own user only. An inherited umask might even take away that user's
/// own rights.
fn keep_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

fn create_folder(folder: &Path) -> Result<()> {
    match fs::metadata(folder) {
        Ok(metadata) if !metadata.is_dir() => return Err(not_ours(folder, "is not a folder")),
        Ok(metadata) if !is_ours(&metadata) => return Err(not_ours(folder, "belongs to another user")),
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::cannot_open(folder, &error)),
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(|error| StoreError::cannot_open(folder, &error))
}

pub(super) fn create_file(path: &Path) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        // Another process created it first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::cannot_open(path, &error)),
        Ok(_) => Ok(()),
    }
}

#[cfg(unix)]
fn make_private(path: &Path, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
}

#[cfg(not(unix))]
fn make_private(_: &Path, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Whether a file or folder belongs to the user of this process.
#[cfg(unix)]
pub fn is_ours(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == rustix::process::geteuid().as_raw()
}

/// Whether a file or folder belongs to the user of this process. Assumed on systems without that information.
#[cfg(not(unix))]
pub fn is_ours(_: &fs::Metadata) -> bool {
    true
}

fn not_ours(path: &Path, why: &str) -> StoreError {
    StoreError::storage(StorageReason::NotOurs, format!("{} {why}", path.display()))
}

impl StoreError {
    /// The error for a file or folder that the system refuses to open.
    pub(super) fn cannot_open(path: &Path, error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                StorageReason::DiskFull
            }
            io::ErrorKind::ReadOnlyFilesystem => StorageReason::ReadOnly,
            _ => StorageReason::CannotOpen,
        };
        Self::storage(reason, format!("{}: {error}", path.display()))
    }
}

/// Opens the file that [`prepare`] found.
pub(super) fn connect(path: &Path, durability: Durability) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    // SQLite opens a file without write permission as read-only, and stays read-only after the permission is back.
    // Refused here, the file is opened again by the next request.
    if conn.is_readonly("main")? {
        return Err(StoreError::storage(StorageReason::ReadOnly, format!("{} is read-only", path.display())));
    }
    // Must come first: every statement that follows may meet a lock.
    conn.busy_handler(Some(wait_for_lock))?;
    conn.set_prepared_statement_cache_capacity(128);
    // Otherwise SQLite re-plans a cached statement at each use, in case other values deserve another plan.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "synchronous", if durability == Durability::Full { "FULL" } else { "NORMAL" })?;
    // A checkpoint every 16 MiB: each one stalls a commit, and a log that only grows slows all of them down.
    conn.pragma_update(None, "wal_autocheckpoint", 4000)?;
    // The next checkpoint truncates a log that one large transaction has made very long.
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(conn)
}

/// Retries `work` while it meets a lock, up to the time limit for locks.
///
/// For the few operations where SQLite does not wait itself, because each of two processes holds what the other needs.
pub(super) fn past_locks<T>(mut work: impl FnMut() -> rusqlite::Result<T>) -> Result<T> {
    let mut tries = 0;
    loop {
        match work().map_err(StoreError::from) {
            Err(StoreError::Busy) if wait_for_lock(tries) => tries += 1,
            result => return result,
        }
    }
}

thread_local! {
    static HURRY: std::cell::RefCell<CancellationToken> = std::cell::RefCell::default();
}

/// From now on this thread does not wait for locks once `hurry` is cancelled.
pub(super) fn wait_until(hurry: CancellationToken) {
    HURRY.set(hurry);
}

/// Sleeps before SQLite retries a lock; `false` gives up.
pub(super) fn wait_for_lock(tries: i32) -> bool {
    thread_local! {
        static BEGUN: std::cell::Cell<Option<Instant>> = const { std::cell::Cell::new(None) };
    }
    let now = Instant::now();
    let begun = match BEGUN.get().filter(|_| tries > 0) {
        Some(begun) => begun,
        None => {
            BEGUN.set(Some(now));
            now
        }
    };
    if now.duration_since(begun) > MAX_LOCK_WAIT || HURRY.with_borrow(CancellationToken::is_cancelled) {
        return false;
    }
    std::thread::sleep(Duration::from_micros(rand::rng().random_range(250..750)));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_folder_nothing_is_created_in_the_current_folder() {
        let refused = prepare(Path::new("")).expect_err("there is no folder");
        assert!(
            matches!(&refused, StoreError::Storage { reason: StorageReason::CannotOpen, message } if message.contains("WORKROOM_HOME")),
            "{refused}"
        );
        assert!(!Path::new(FILE_NAME).exists());
    }
}
