//! Copies the store while it is in use.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::Rng;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tokio_util::sync::CancellationToken;

use super::error::{Result, StorageReason, StoreError};
use super::migrate::Progress;
use super::open::{FILE_NAME, connect, is_ours};
use super::view::View;

// Pages to copy before each report of progress, and before a pause that lets other programs use the disk.
const PAGES_PER_STEP: i32 = 1024;
const PAUSE: Duration = Duration::from_millis(1);

// The two bytes in the header of an SQLite file that say it uses a write-ahead log.
const LOG_MARK_AT: u64 = 18;
const LOG_MARK: [u8; 2] = [2, 2];

/// Copies one consistent state of the store in `folder` to the new file `to`, and reports pages copied and the total.
///
/// The copy is written to a new file beside `to`, with an unguessable name and accessible to its user only. It is
/// renamed to `to` once it is complete. An existing file is never replaced.
pub fn back_up(folder: &Path, to: &Path, progress: Progress<'_>) -> Result<u64> {
    back_up_until(folder, to, &CancellationToken::new(), progress)
}

/// Copies the store as [`back_up`] does, unless `stop` is cancelled first: then no file remains.
pub fn back_up_until(
    folder: &Path,
    to: &Path,
    stop: &CancellationToken,
    progress: Progress<'_>,
) -> Result<u64> {
    let beside = place_for(to)?;
    let from = folder.join(FILE_NAME);
    if !from.exists() {
        return Err(StoreError::storage(
            StorageReason::CannotOpen,
            format!("no store at {}", from.display()),
        ));
    }
    let source = connect(&from, Default::default())?;
    let partial = Partial::create(&beside, to)?;
    let bytes = copy(&source, &partial, stop, progress)?;
    partial.take_name(to)?;
    Ok(bytes)
}

/// The folder for a new file, if one can be created there.
fn place_for(to: &Path) -> Result<PathBuf> {
    let shown = to.display();
    let refuse = |why: &str| Err(StoreError::Conflict(format!("{shown} {why}")));
    match to.symlink_metadata() {
        Ok(found) if found.is_dir() => {
            return refuse("is a folder; add a file name");
        }
        Ok(found) if found.is_symlink() => return refuse("already exists, as a symbolic link"),
        Ok(_) => return refuse("already exists"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::cannot_open(to, &error)),
    }
    if to.file_name().is_none() || to.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return refuse("is not a file name");
    }
    let beside = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match beside.metadata() {
        Ok(found) if found.is_dir() => Ok(beside.to_owned()),
        Ok(_) => refuse("cannot be created: its parent is a file, not a folder"),
        Err(error) => Err(StoreError::cannot_open(beside, &error)),
    }
}

/// A file that is being written. It is removed unless it gets its final name.
struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    /// Creates the file. It never uses an existing file, no matter who owns it.
    fn create(beside: &Path, to: &Path) -> Result<Self> {
        let name = to.file_name().unwrap_or_default();
        // Leaves room for the suffix within the file system's limit on names.
        let name: String = name.to_string_lossy().chars().take(40).collect();
        let random: u128 = rand::rng().random();
        let path = beside.join(format!(".{name}.{random:032x}.partial"));
        let mut options = File::options();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| StoreError::cannot_open(&path, &error))?;
        let partial = Self { path, file };
        partial.check()?;
        Ok(partial)
    }

    /// Fails if the path now leads to a file other than the one created, or if another user owns the file.
    fn check(&self) -> Result<()> {
        let failed = |error: io::Error| StoreError::cannot_open(&self.path, &error);
        let created = self.file.metadata().map_err(failed)?;
        let named = self.path.symlink_metadata().map_err(failed)?;
        let refuse = |why: &str| {
            Err(StoreError::storage(StorageReason::NotOurs, format!("{} {why}", self.path.display())))
        };
        if !is_ours(&created) {
            return refuse("was created with another owner; choose a folder that you own");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, PermissionsExt};
            if (created.dev(), created.ino()) != (named.dev(), named.ino()) {
                return refuse("was replaced by another file during the backup");
            }
            if created.permissions().mode() & 0o077 != 0 {
                // On file systems without users, such as FAT, this fails or has no effect. Every user of such a file
                // system can read everything on it, and the user who chose the place knows that.
                let private = self.file.set_permissions(std::fs::Permissions::from_mode(0o600));
                tracing::warn!(?private, path = %self.path.display(), "the file system cannot restrict the backup to its user");
            }
        }
        #[cfg(not(unix))]
        let _ = named;
        Ok(())
    }

    /// Renames the file to `to`, unless `to` exists.
    fn take_name(self, to: &Path) -> Result<()> {
        self.check()?;
        let mut taken = Err(io::ErrorKind::Unsupported.into());
        for way in WAYS {
            taken = way(&self.path, to);
            match &taken {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(StoreError::Conflict(format!("{} already exists", to.display())));
                }
                // The file system may not support this way: FAT and SMB have no hard links.
                Err(_) => {}
                Ok(()) => break,
            }
        }
        taken.map_err(|error| StoreError::cannot_open(to, &error))?;
        // Syncs the folder, where the system supports that, so that the name is on disk too.
        if let Some(folder) = self.path.parent()
            && let Ok(folder) = File::open(folder)
        {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After the rename, nothing has this name. Otherwise these are an incomplete copy and the files that SQLite
        // keeps beside an open file.
        for end in ["", "-journal", "-wal", "-shm"] {
            let mut path = self.path.as_os_str().to_owned();
            path.push(end);
            let _ = std::fs::remove_file(path);
        }
    }
}

type Way = fn(&Path, &Path) -> io::Result<()>;

/// Ways to rename a file without replacing another, best first.
const WAYS: [Way; 3] = [rename_new, link, reserve];

/// Renames in one step, and works without hard links.
fn rename_new(partial: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        Ok(renameat_with(CWD, partial, CWD, to, RenameFlags::NOREPLACE)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (partial, to);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Creates a hard link, which fails if the name exists, and removes the old name. A plain rename would replace an
/// existing file.
fn link(partial: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(partial, to)?;
    std::fs::remove_file(partial)
}

/// Reserves the name with an empty file, which fails if the name exists, and then replaces that file.
fn reserve(partial: &Path, to: &Path) -> io::Result<()> {
    File::options().write(true).create_new(true).open(to)?;
    std::fs::rename(partial, to).inspect_err(|_| {
        let _ = std::fs::remove_file(to);
    })
}

fn copy(
    source: &Connection,
    partial: &Partial,
    stop: &CancellationToken,
    progress: Progress<'_>,
) -> Result<u64> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    // SQLite refuses a path that contains symbolic links.
    let real = partial.path.canonicalize().map_err(|error| StoreError::cannot_open(&partial.path, &error))?;
    let mut target = Connection::open_with_flags(real, flags)?;
    // In this mode SQLite needs no shared memory, which network file systems lack.
    target.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    {
        // One consistent state for the whole copy. Otherwise SQLite restarts after each write of another process, and
        // may never finish.
        let snapshot = source.unchecked_transaction()?;
        View::whole(&snapshot).end_of_log()?;
        let backup = Backup::new(source, &mut target)?;
        loop {
            let step = backup.step(PAGES_PER_STEP)?;
            let pages = backup.progress();
            progress((pages.pagecount - pages.remaining) as u64, pages.pagecount as u64);
            match step {
                StepResult::Done => break,
                _ if stop.is_cancelled() => return Err(StoreError::Cancelled),
                _ => std::thread::sleep(PAUSE),
            }
        }
    }
    // The copy is a single file, without a log beside it.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    target.close().map_err(|(_, error)| error)?;
    let failed = |error: io::Error| StoreError::cannot_open(&partial.path, &error);
    mark(&partial.file).map_err(failed)?;
    partial.file.sync_all().map_err(failed)?;
    Ok(partial.file.metadata().map_err(failed)?.len())
}

/// Makes SQLite use a write-ahead log again when the copy is opened. The header is changed by hand: SQLite would create
/// the log right away, and some file systems do not support that.
fn mark(mut file: &File) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(LOG_MARK_AT))?;
    file.write_all(&LOG_MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests each way separately, because file systems differ in which ones they support.
    #[test]
    fn every_way_to_take_a_name_takes_it_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (partial, to) = (folder.path().join("partial"), folder.path().join("to"));
        for way in WAYS {
            std::fs::write(&partial, "whole").unwrap();
            std::fs::write(&to, "mine").unwrap();
            let refused = way(&partial, &to).unwrap_err();
            if refused.kind() == io::ErrorKind::Unsupported {
                continue;
            }
            assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(std::fs::read_to_string(&to).unwrap(), "mine");
            std::fs::remove_file(&to).unwrap();
            way(&partial, &to).unwrap();
            assert_eq!(std::fs::read_to_string(&to).unwrap(), "whole");
            assert!(!partial.exists());
            std::fs::remove_file(&to).unwrap();
        }
        // A way that fails must not leave an empty file behind.
        reserve(&partial, &to).unwrap_err();
        assert!(!to.exists());
    }
}
