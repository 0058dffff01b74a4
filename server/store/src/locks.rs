//! Who keeps the store locked.

use std::path::Path;

/// A process that has kept others from writing for as long as it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockHolder {
    /// Its id; `None` when it runs where its id means nothing here, such as in another container.
    pub pid: Option<u32>,
    /// What it is called, where the system tells.
    pub name: Option<String>,
    /// Whether it is stopped, as by Ctrl-Z or a debugger.
    pub is_stopped: bool,
}

/// Looks whether one process keeps the store in `folder` from being written, for longer than any write takes. Changes
/// nothing, and takes no lock.
#[cfg(unix)]
pub fn lock_holder(folder: &Path) -> std::io::Result<Option<LockHolder>> {
    use std::time::Duration;
    // A write holds its lock for milliseconds, a large one for some hundred.
    const LOOKS: u32 = 15;
    const BETWEEN: Duration = Duration::from_millis(100);
    let index = folder.join(format!("{}-shm", super::FILE_NAME));
    let index = match std::fs::File::open(index) {
        Ok(index) => index,
        // Nobody has the store open.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut holder = None;
    for look in 0..LOOKS {
        if look > 0 {
            std::thread::sleep(BETWEEN);
        }
        let Some(found) = held_by(&index)? else { return Ok(None) };
        if look > 0 && holder != Some(found) {
            // They take turns.
            return Ok(None);
        }
        holder = Some(found);
    }
    Ok(holder.map(|pid| {
        let id = pid.map(rustix::process::Pid::as_raw_pid);
        LockHolder {
            pid: id.and_then(|id| u32::try_from(id).ok()),
            name: id.and_then(name),
            is_stopped: id.is_some_and(is_stopped),
        }
    }))
}

/// Who has the lock of a process that writes, or that recovers the log.
#[cfg(unix)]
fn held_by(index: &std::fs::File) -> std::io::Result<Option<Option<rustix::process::Pid>>> {
    use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};
    // "WAL-Index File Locks" in SQLite's format of that file: 120 is the one to write, 122 the one to recover.
    for byte in [120, 122] {
        let wanted = Flock {
            start: byte,
            length: 1,
            pid: None,
            typ: FlockType::WriteLock,
            offset_type: FlockOffsetType::Set,
        };
        if let Some(found) = fcntl_getlk(index, &wanted)? {
            return Ok(Some(found.pid));
        }
    }
    Ok(None)
}

#[cfg(unix)]
fn name(pid: i32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

#[cfg(unix)]
fn is_stopped(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .filter_map(|line| line.strip_prefix("State:"))
        .any(|state| state.trim_start().starts_with(['T', 't']))
}

/// Other systems do not tell.
#[cfg(not(unix))]
pub fn lock_holder(_: &Path) -> std::io::Result<Option<LockHolder>> {
    Ok(None)
}
