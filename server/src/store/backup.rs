//! Copying the store while it is in use.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::error::{Result, StorageReason, StoreError};
use super::migrate::Progress;
use super::open::{FILE_NAME, connect};
use super::view::View;

// Pages copied before progress is told, and before others get the disk for a moment.
const PAGES_PER_STEP: i32 = 1024;
const PAUSE: Duration = Duration::from_millis(1);

/// Copies the store in `folder` to the new file `to`, as of one moment, and reports pages done of how many.
///
/// The copy is made beside `to` under another name and takes its name when it is whole.
/// A file that is already there is never replaced.
pub fn back_up(folder: &Path, to: &Path, progress: Progress<'_>) -> Result<u64> {
    if to.symlink_metadata().is_ok() {
        return Err(StoreError::Conflict(format!("{} exists already", to.display())));
    }
    let from = folder.join(FILE_NAME);
    if !from.exists() {
        return Err(StoreError::storage(
            StorageReason::CannotOpen,
            format!("no store at {}", from.display()),
        ));
    }
    let source = connect(&from, Default::default())?;
    let mut partial = to.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let partial = Path::new(&partial);
    let copied = copy(&source, partial, progress).and_then(|bytes| {
        // A link fails when the name is taken, where a rename would replace what has it.
        std::fs::hard_link(partial, to).map_err(|error| StoreError::cannot_open(to, &error))?;
        Ok(bytes)
    });
    // Left behind it would be half a copy, or a second name for a whole one.
    let _ = std::fs::remove_file(partial);
    copied
}

fn copy(source: &Connection, partial: &Path, progress: Progress<'_>) -> Result<u64> {
    super::open::create_file(partial)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(partial, flags)?;
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
                _ => std::thread::sleep(PAUSE),
            }
        }
    }
    // One file, whole in itself: readers of the copy find no log beside it.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    target.pragma_update(None, "journal_mode", "WAL")?;
    target.close().map_err(|(_, error)| error)?;
    let file = std::fs::File::open(partial).map_err(|error| StoreError::cannot_open(partial, &error))?;
    file.sync_all().map_err(|error| StoreError::cannot_open(partial, &error))?;
    Ok(file.metadata().map_err(|error| StoreError::cannot_open(partial, &error))?.len())
}
