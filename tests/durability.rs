//! What was answered is there: after retries, kills, full disks, and beside files that are not ours.

#[cfg(unix)]
mod endings;
#[cfg(unix)]
mod files;
mod idempotency;
mod kills;
#[cfg(unix)]
mod moved;
#[cfg(target_os = "linux")]
mod storage;
mod versions;
