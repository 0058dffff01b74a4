//! Finds the process that keeps the store locked.

use std::path::Path;

/// A process that prevented others from writing during the whole observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockHolder {
    /// Its process id; `None` if its id is not visible here, such as in another container.
    pub pid: Option<u32>,
    /// Its name, if the system provides it.
    pub name: Option<String>,
    /// Whether it is stopped, for example by Ctrl-Z or a debugger.
    pub is_stopped: bool,
}

/// Checks whether one process keeps the store in `folder` locked for longer than any write takes. Changes nothing, and
/// takes no lock.
#[cfg(unix)]
pub fn lock_holder(folder: &Path) -> std::io::Result<Option<LockHolder>> {
    use std::time::Duration;
    // A write holds its lock for milliseconds, a large one for a few hundred.
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
            // Different processes hold the lock in turn.
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

/// The process that holds the lock for writing, or for recovering the log.
#[cfg(unix)]
fn held_by(index: &std::fs::File) -> std::io::Result<Option<Option<rustix::process::Pid>>> {
    use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};
    // See "WAL-Index File Locks" in SQLite's description of that file: byte 120 is the write lock, and 122 the recovery
    // lock.
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

/// Other systems do not provide this.
#[cfg(not(unix))]
pub fn lock_holder(_: &Path) -> std::io::Result<Option<LockHolder>> {
    Ok(None)
}
