//! Announces changes of the log's head, within this process and between processes.
//!
//! After each commit the writer writes one byte to a file beside the store, and every other process that follows the
//! log watches that file. Watching the store's own log file instead would wake them before the commit is visible.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::error::{Result, StoreError};
use super::news::{self, News};

/// The name of the file that wakes other processes.
const WAKE_NAME: &str = "workroom.wake";

// How often the head is checked without a wake-up: a safety net for lost wake-ups.
const LOOK_EVERY: Duration = Duration::from_secs(1);
// How often the head is checked where wake-ups do not work: on systems without inotify, or when the user's inotify
// limit is reached.
const LOOK_EVERY_UNWOKEN: Duration = Duration::from_millis(20);

/// What a connection found when it checked the head of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// The head of the log.
    pub(super) head: u64,
    /// The connection that looked, and a number that changes when somebody has committed since its last look.
    pub(super) version: (usize, i64),
}

/// Notifies followers of the log that it has grown.
pub struct Feed {
    news: watch::Sender<News>,
    /// How many commits this process has made.
    commits: AtomicU64,
    path: PathBuf,
    wake: File,
}

impl Feed {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(WAKE_NAME);
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
        }
        let wake = options.open(&path).map_err(|error| StoreError::cannot_open(&path, &error))?;
        let news = watch::Sender::new(News::default());
        Ok(Self { news, commits: AtomicU64::new(0), path, wake })
    }

    /// How many commits this process has made, for callers who got the answer to one.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    /// Counts a commit of this process, before any caller gets an answer.
    pub(super) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Release);
    }

    /// Announces a commit of this process, with the head of the log at `head`.
    pub(super) fn publish(&self, head: u64) {
        news::tell(&self.news, head);
        // Lost only on a full disk or similar. The other processes then see the commit at their next look.
        if let Err(error) = touch(&self.wake) {
            tracing::debug!(%error, "other processes were not woken");
        }
    }

    /// Follows the commits of every process.
    pub fn follow(&self) -> watch::Receiver<News> {
        self.news.subscribe()
    }

    /// Announces the commits of other processes: on their wake-ups, and when `look` finds one. Never ends.
    pub(super) async fn watch_others(&self, look: impl Fn(Option<Look>) -> Result<Look>) {
        let mut waker = Waker::new(&self.path);
        let every = if waker.is_woken() { LOOK_EVERY } else { LOOK_EVERY_UNWOKEN };
        let mut known = None;
        loop {
            let own = self.commits();
            match look(known) {
                Ok(found) if known == Some(found) => {}
                Ok(found) => {
                    known = Some(found);
                    news::tell(&self.news, found.head);
                }
                Err(error) => tracing::warn!(%error, "the head of the log cannot be read"),
            }
            // A wake-up while this process has committed nothing comes from another process. Followers then look for
            // themselves.
            while tokio::time::timeout(every, waker.woken()).await.is_ok() && self.commits() == own {
                news::tell(&self.news, 0);
            }
        }
    }
}

/// Tests whether other processes can wake this one. On an error, this process only polls.
pub fn probe_wake_ups(folder: &Path) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
        add_watch(init(CreateFlags::CLOEXEC)?, folder, WatchFlags::MODIFY)?;
        Ok(())
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
fn touch(file: &File) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, b"w", 0)
}

#[cfg(not(unix))]
fn touch(mut file: &File) -> std::io::Result<()> {
    use std::io::{Seek, Write};
    file.rewind()?;
    file.write_all(b"w")
}

/// Waits for another process to write to the wake file.
#[cfg(target_os = "linux")]
struct Waker(Option<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>>);

#[cfg(target_os = "linux")]
impl Waker {
    fn new(path: &Path) -> Self {
        Self(Self::watch(path).inspect_err(|error| tracing::warn!(%error, "no inotify")).ok())
    }

    fn watch(path: &Path) -> std::io::Result<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>> {
        use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
        let fd = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        add_watch(&fd, path, WatchFlags::MODIFY)?;
        workroom_watched_fd::watch(fd, tokio::io::Interest::READABLE)
    }

    /// Whether wake-ups work.
    fn is_woken(&self) -> bool {
        self.0.is_some()
    }

    async fn woken(&mut self) {
        // Without inotify, only polling remains.
        let Some(fd) = &self.0 else { return std::future::pending().await };
        let Ok(mut guard) = fd.readable().await else { return };
        // The content of the notifications does not matter, only that there were some. One loop reads them all; all
        // have one length.
        let mut notes = [0; 4096];
        while matches!(rustix::io::read(fd, &mut notes), Ok(count) if count == notes.len()) {}
        guard.clear_ready();
    }
}

#[cfg(not(target_os = "linux"))]
struct Waker;

#[cfg(not(target_os = "linux"))]
impl Waker {
    fn new(_: &Path) -> Self {
        Self
    }

    fn is_woken(&self) -> bool {
        false
    }

    async fn woken(&mut self) {
        std::future::pending().await
    }
}
