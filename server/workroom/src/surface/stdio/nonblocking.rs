//! A standard stream as a descriptor that never blocks.
//!
//! `tokio::io::stdin` and `stdout` use a thread pool, at five times the cost of a read and a write. Setting
//! `O_NONBLOCK` on the inherited stream is not an option: the flag belongs to the open file, which is shared with
//! others, such as a shell's terminal or the stderr of this process.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{FileType, OFlags};
use rustix::net::{RecvFlags, SendFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use workroom_watched_fd as watched_fd;

/// A pipe, terminal or socket, registered with the runtime.
pub(crate) struct Nonblocking {
    /// The inherited open file. It stays open because a named pipe that is opened again after its writers are gone does
    /// not report their end.
    watched: AsyncFd<OwnedFd>,
    /// The open file to read or write, which does not block. A socket does not need one.
    own: Option<OwnedFd>,
    /// The flags to restore on the inherited open file, if it could not be opened again.
    borrowed_flags: Option<OFlags>,
    is_terminal: bool,
}

impl Nonblocking {
    /// Registers `stream`, or returns `None` if it does not support polling, like a regular file.
    pub(super) fn new(stream: BorrowedFd<'_>, interest: Interest) -> io::Result<Option<Self>> {
        let kind = FileType::from_raw_mode(rustix::fs::fstat(stream)?.st_mode);
        if !matches!(kind, FileType::Socket | FileType::Fifo | FileType::CharacterDevice) {
            return Ok(None);
        }
        // `epoll` rejects files that do not support polling: `/dev/null` is a character device too.
        let Ok(watched) = watched_fd::watch(stream.try_clone_to_owned()?, interest) else { return Ok(None) };
        // Sockets have a flag for each call, and cannot be opened again.
        let (own, borrowed_flags) = match kind {
            FileType::Socket => (None, None),
            _ => match reopen(stream, interest) {
                Ok(own) => (Some(own), None),
                Err(_) => {
                    let (own, flags) = share_nonblocking(stream)?;
                    (Some(own), Some(flags))
                }
            },
        };
        Ok(Some(Self { watched, own, borrowed_flags, is_terminal: kind == FileType::CharacterDevice }))
    }

    pub(super) fn watched(&self) -> &AsyncFd<OwnedFd> {
        &self.watched
    }

    /// Whether a read that returns less than requested has emptied the stream. A terminal returns one line per read,
    /// even if more lines are available.
    pub(super) fn short_read_empties(&self) -> bool {
        !self.is_terminal
    }

    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(match &self.own {
            None => rustix::net::recv(&self.watched, buffer, RecvFlags::DONTWAIT)?.0,
            Some(own) => rustix::io::read(own, buffer)?,
        })
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(match &self.own {
            None => rustix::net::send(&self.watched, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?,
            Some(own) => rustix::io::write(own, bytes)?,
        })
    }
}

/// Opens the stream's file again: the new open file has its own flags.
fn reopen(stream: BorrowedFd<'_>, interest: Interest) -> io::Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    let access = if interest.is_readable() { OFlags::RDONLY } else { OFlags::WRONLY };
    let flags = access | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let path = format!("/proc/self/fd/{}", stream.as_raw_fd());
    Ok(rustix::fs::open(path, flags, rustix::fs::Mode::empty())?)
}

/// If there is no /proc, or the stream belongs to another user, the flag is set on the shared open file while it is in
/// use. Also returns the previous flags.
fn share_nonblocking(stream: BorrowedFd<'_>) -> io::Result<(OwnedFd, OFlags)> {
    let own = stream.try_clone_to_owned()?;
    let flags = rustix::fs::fcntl_getfl(stream)?;
    rustix::fs::fcntl_setfl(stream, flags | OFlags::NONBLOCK)?;
    Ok((own, flags))
}

impl Drop for Nonblocking {
    fn drop(&mut self) {
        if let (Some(own), Some(flags)) = (&self.own, self.borrowed_flags) {
            // After the process exits, a shell that shares the terminal continues to use it.
            let _ = rustix::fs::fcntl_setfl(own, flags);
        }
    }
}

/// Waits until `stream` has no reader any more.
pub(super) async fn hang_up(stream: BorrowedFd<'_>) -> io::Result<()> {
    // The stream is registered for reading, although only the end of writing matters, which is reported anyway. If it
    // were registered for writing, it would wake up for each message that the client reads. Data to read, and its end,
    // are ignored: a socket may also be stdin, and its client may have sent everything.
    let fd = watched_fd::watch(stream.try_clone_to_owned()?, Interest::READABLE)?;
    fd.ready(Interest::WRITABLE | Interest::ERROR).await.map(|_| ())
}
