//! The signals that ask a process to end, and one that must not.

use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

// Whoever stops a service waits for a few seconds, and then kills it. Most that is under way is done sooner.
const GRACE: Duration = Duration::from_secs(1);

// What a shell sees of a process that SIGINT ended.
pub(super) const EXIT_INTERRUPTED: u8 = 130;

/// SIGTERM and SIGINT from now on; Ctrl-C on other systems than Unix.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    /// Never waited for: taken over, it leaves a file at its size limit (`ulimit -f`) to be the error of a write,
    /// as a full disk is, and not the end of the process.
    #[cfg(unix)]
    _file_too_large: tokio::signal::unix::Signal,
}

impl Signals {
    /// Takes them over. Must be called inside a runtime.
    pub(super) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                _file_too_large: signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Cancels `stop` at the first one, and `hurry` a moment later: what still waits for a lock or reads a long file
    /// is answered without it. A client that does not take its answers can hold up an orderly end for ever, so the
    /// second one ends the process where it stands: what was answered is on disk.
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
