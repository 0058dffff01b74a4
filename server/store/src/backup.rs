//! Copying the store while it is in use.

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

// Pages copied before progress is told, and before others get the disk for a moment.
const PAGES_PER_STEP: i32 = 1024;
const PAUSE: Duration = Duration::from_millis(1);

// Where the header of an SQLite file says that it has a write-ahead log, and how.
const LOG_MARK_AT: u64 = 18;
const LOG_MARK: [u8; 2] = [2, 2];

/// Copies the store in `folder` to the new file `to`, as of one moment, and reports pages done of how many.
///
/// The copy is made beside `to` under a name that nobody can guess, in a file that is created for it and is its user's
/// alone, and takes its name when it is whole. A file that is already there is never replaced.
pub fn back_up(folder: &Path, to: &Path, progress: Progress<'_>) -> Result<u64> {
    back_up_until(folder, to, &CancellationToken::new(), progress)
}

/// Copies the store as [`back_up`] does, unless `stop` is cancelled before it is done: then nothing is left.
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

/// The folder of a new file, if one can be made there.
fn place_for(to: &Path) -> Result<PathBuf> {
    let shown = to.display();
    let refuse = |why: &str| Err(StoreError::Conflict(format!("{shown} {why}")));
    match to.symlink_metadata() {
        Ok(found) if found.is_dir() => {
            return refuse("is a folder; name the file to create in it");
        }
        Ok(found) if found.is_symlink() => return refuse("exists already, as a symbolic link"),
        Ok(_) => return refuse("exists already"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(StoreError::cannot_open(to, &error)),
    }
    if to.file_name().is_none() || to.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return refuse("is no name for a file");
    }
    let beside = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match beside.metadata() {
        Ok(found) if found.is_dir() => Ok(beside.to_owned()),
        Ok(_) => refuse("cannot be made: what should be its folder is a file"),
        Err(error) => Err(StoreError::cannot_open(beside, &error)),
    }
}

/// A file that is being written, which is removed unless it takes its name.
struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    /// Creates it. What is there already, of whomever, is never taken for it.
    fn create(beside: &Path, to: &Path) -> Result<Self> {
        let name = to.file_name().unwrap_or_default();
        // Room for the rest within what a file system allows for a name.
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

    /// Fails when the name stands for another file than the one that was created, or when that is not ours alone.
    fn check(&self) -> Result<()> {
        let failed = |error: io::Error| StoreError::cannot_open(&self.path, &error);
        let created = self.file.metadata().map_err(failed)?;
        let named = self.path.symlink_metadata().map_err(failed)?;
        let refuse = |why: &str| {
            Err(StoreError::storage(StorageReason::NotOurs, format!("{} {why}", self.path.display())))
        };
        if !is_ours(&created) {
            return refuse("was created as another user's: choose a folder of your own");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, PermissionsExt};
            if (created.dev(), created.ino()) != (named.dev(), named.ino()) {
                return refuse("was replaced by another file meanwhile");
            }
            if created.permissions().mode() & 0o077 != 0 {
                // Fails, or changes nothing, on file systems that know no users, such as FAT: whoever may use those
                // may read everything there, which the person who chose the place knows.
                let private = self.file.set_permissions(std::fs::Permissions::from_mode(0o600));
                tracing::warn!(?private, path = %self.path.display(), "the file system keeps nothing from other users");
            }
        }
        #[cfg(not(unix))]
        let _ = named;
        Ok(())
    }

    /// Gives it the name `to`, unless that is taken.
    fn take_name(self, to: &Path) -> Result<()> {
        self.check()?;
        let mut taken = Err(io::ErrorKind::Unsupported.into());
        for way in WAYS {
            taken = way(&self.path, to);
            match &taken {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(StoreError::Conflict(format!("{} exists already", to.display())));
                }
                // The file system may not know this way: FAT and SMB have no hard links.
                Err(_) => {}
                Ok(()) => break,
            }
        }
        taken.map_err(|error| StoreError::cannot_open(to, &error))?;
        // The name is on disk too, where folders can be synced.
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
        // Once it has taken its name there is nothing under this one. Else it would be half a copy, with what SQLite
        // keeps beside a file that it has open.
        for end in ["", "-journal", "-wal", "-shm"] {
            let mut path = self.path.as_os_str().to_owned();
            path.push(end);
            let _ = std::fs::remove_file(path);
        }
    }
}

type Way = fn(&Path, &Path) -> io::Result<()>;

/// Ways to rename a file without replacing another, the best one first.
const WAYS: [Way; 3] = [rename_new, link, reserve];

/// In one step, and also where there are no hard links.
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

/// A link fails when the name is taken, where a plain rename would replace what has it.
fn link(partial: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(partial, to)?;
    std::fs::remove_file(partial)
}

/// Takes the name with an empty file, which fails when it is taken, and replaces that.
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
    // SQLite refuses links anywhere on the way to the file.
    let real = partial.path.canonicalize().map_err(|error| StoreError::cannot_open(&partial.path, &error))?;
    let mut target = Connection::open_with_flags(real, flags)?;
    // Then it needs no memory that processes share, which file systems of the network do not have.
    target.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    {
        // One moment for all of it. Without it SQLite begins anew after each write of another process, and never ends.
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
    // One file, whole in itself: readers of the copy find no log beside it.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    target.close().map_err(|(_, error)| error)?;
    let failed = |error: io::Error| StoreError::cannot_open(&partial.path, &error);
    mark(&partial.file).map_err(failed)?;
    partial.file.sync_all().map_err(failed)?;
    Ok(partial.file.metadata().map_err(failed)?.len())
}

/// Whoever opens the copy gives it a write-ahead log again. Done by hand: SQLite would make that log here and now, for
/// which some file systems have not what it takes.
fn mark(mut file: &File) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(LOG_MARK_AT))?;
    file.write_all(&LOG_MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each way of its own: which of them a file system knows differs.
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
        // A way that fails leaves no empty file behind.
        reserve(&partial, &to).unwrap_err();
        assert!(!to.exists());
    }
}
