//! The signals that stop a process, and one that must not.

use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

// Service managers wait a few seconds before they kill a process. Most work in progress finishes sooner.
const GRACE: Duration = Duration::from_secs(1);

// The exit code that a shell reports for a process that SIGINT ended.
pub(super) const EXIT_INTERRUPTED: u8 = 130;

/// SIGTERM, SIGINT and SIGHUP, which a closed terminal sends, from now on; Ctrl-C on other systems than Unix.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    /// `None` where it was ignored from the start: `nohup` asks to survive the terminal.
    #[cfg(unix)]
    hang_up: Option<tokio::signal::unix::Signal>,
    /// Never waited for: taken over, it leaves a file at its size limit (`ulimit -f`) to be the error of a write,
    /// as a full disk is, and not the end of the process.
    #[cfg(unix)]
    _file_too_large: tokio::signal::unix::Signal,
}

impl Signals {
    /// Installs the handlers. Must be called inside a runtime.
    pub(super) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hang_up: (!ignores_hang_up()).then(|| signal(SignalKind::hangup())).transpose()?,
                _file_too_large: signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = hang_up(&mut self.hang_up) => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Cancels `stop` at the first signal, and `hurry` a moment later: requests that still wait for a lock or read a
    /// long file are then answered without the result. A client that does not read its responses can delay an orderly
    /// stop forever, so the second signal exits immediately. Everything that was answered is on disk.
    pub(super) async fn cancel(mut self, stop: CancellationToken, hurry: CancellationToken) {
        self.next().await;
        stop.cancel();
        tokio::select! {
            () = self.next() => std::process::exit(i32::from(EXIT_INTERRUPTED)),
            () = tokio::time::sleep(GRACE) => hurry.cancel(),
        }
        self.next().await;
        std::process::exit(i32::from(EXIT_INTERRUPTED));
    }
}

#[cfg(unix)]
async fn hang_up(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Whether SIGHUP is ignored. Other systems than Linux do not say so in a file.
#[cfg(unix)]
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The first bit is that of the first signal.
    mask.is_some_and(|mask| mask & 1 << (rustix::process::Signal::HUP.as_raw() - 1) != 0)
}
