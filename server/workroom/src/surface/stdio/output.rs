//! Writes stdout.

use std::future::Future;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// Enough for most pages of a list. All pipes of a user may have 64 MiB together, which is enough for a few hundred
/// servers.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 128 * 1024;

/// Stdout, which is written without blocking the runtime if possible.
pub(crate) enum Output {
    /// A pipe, terminal or socket.
    #[cfg(unix)]
    Nonblocking(super::nonblocking::Nonblocking),
    /// A regular file, which never blocks a writer; on systems other than Unix, everything.
    Blocking(io::Stdout),
}

impl Output {
    pub(crate) fn stdout() -> io::Result<Self> {
        #[cfg(unix)]
        {
            let interest = tokio::io::Interest::WRITABLE;
            hold_pages();
            if let Some(stream) = super::nonblocking::Nonblocking::new(rustix::stdio::stdout(), interest)? {
                return Ok(Self::Nonblocking(stream));
            }
        }
        Ok(Self::Blocking(io::stdout()))
    }

    /// Returns when stdout has no reader any more. Never returns if that cannot be detected.
    pub(crate) fn closed(&self) -> impl Future<Output = ()> + use<> {
        #[cfg(unix)]
        let watched = matches!(self, Self::Nonblocking(_));
        async move {
            #[cfg(unix)]
            if watched && super::nonblocking::hang_up(rustix::stdio::stdout()).await.is_ok() {
                return;
            }
            std::future::pending().await
        }
    }
}

/// Makes a pipe large enough for the longest ordinary response. A larger response needs two writes, and the client must
/// read in between.
#[cfg(unix)]
fn hold_pages() {
    #[cfg(target_os = "linux")]
    {
        use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size};
        let stdout = rustix::stdio::stdout();
        // This fails if it is not a pipe, or if the user's pipes already have their maximum size; then the pipe keeps
        // its size.
        if fcntl_getpipe_size(stdout).is_ok_and(|bytes| bytes < PIPE_BYTES) {
            let _ = fcntl_setpipe_size(stdout, PIPE_BYTES);
        }
    }
}

impl AsyncWrite for Output {
    #[cfg_attr(not(unix), allow(unused_variables, reason = "only a stream that does not block waits"))]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            #[cfg(unix)]
            Self::Nonblocking(stream) => loop {
                let mut guard = std::task::ready!(stream.watched().poll_write_ready(cx))?;
                match guard.try_io(|_| stream.write(bytes)) {
                    Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(result) => return Poll::Ready(result),
                    Err(_would_block) => {}
                }
            },
            Self::Blocking(stream) => {
                stream.write_all(bytes)?;
                Poll::Ready(stream.flush().map(|()| bytes.len()))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
