//! The signals that stop a process, and one that must not.

use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

// Service managers wait a few seconds before they kill a process. Most work in progress finishes sooner.
const GRACE: Duration = Duration::from_secs(1);

// The exit code that a shell reports for a process that SIGINT ended.
pub(super) const EXIT_INTERRUPTED: u8 = 130;

/// Listens for SIGTERM and SIGINT; on systems other than Unix, for Ctrl-C.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    /// Never awaited. Without a handler, writing to a file at its size limit (`ulimit -f`) would kill the process. With
    /// one, the write fails, as on a full disk.
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
