//! Acknowledged writes survive retries, kills and full disks, and the store ignores files that are not its own.

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
