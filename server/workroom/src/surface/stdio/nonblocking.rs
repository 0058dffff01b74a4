//! A standard stream as a descriptor that never blocks.
//!
//! `tokio::io::stdin` and `stdout` go through a thread pool, at five times the cost of a read and a write.
//! Setting `O_NONBLOCK` on the inherited stream is no way either: the flag belongs to the open file, which others
//! share: a shell's terminal, or the stderr of this very process.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{FileType, OFlags};
use rustix::net::{RecvFlags, SendFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use workroom_watched_fd as watched_fd;

/// A pipe, terminal or socket, registered with the runtime.
pub(crate) struct Nonblocking {
    /// The inherited open file. A named pipe that is opened again after its writers have gone tells no end of them.
    watched: AsyncFd<OwnedFd>,
    /// The open file to read or write, which does not block. A socket does without.
    own: Option<OwnedFd>,
    /// The flags to give back to the inherited open file, when it could not be opened again.
    borrowed_flags: Option<OFlags>,
    is_terminal: bool,
}

impl Nonblocking {
    /// Registers `stream`, or says `None` when it is of a kind that cannot be waited for, such as a regular file.
    pub(super) fn new(stream: BorrowedFd<'_>, interest: Interest) -> io::Result<Option<Self>> {
        let kind = FileType::from_raw_mode(rustix::fs::fstat(stream)?.st_mode);
        if !matches!(kind, FileType::Socket | FileType::Fifo | FileType::CharacterDevice) {
            return Ok(None);
        }
        // The runtime's `epoll` refuses what cannot be waited for: `/dev/null` is a character device too.
        let Ok(watched) = watched_fd::watch(stream.try_clone_to_owned()?, interest) else { return Ok(None) };
        // Sockets have a flag a call, and cannot be opened again.
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

    /// Whether a read that returns less than was asked for has emptied the stream.
    /// A terminal hands out one line a read, however many wait.
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

/// Opens the stream's file once more: the new open file has flags of its own.
fn reopen(stream: BorrowedFd<'_>, interest: Interest) -> io::Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    let access = if interest.is_readable() { OFlags::RDONLY } else { OFlags::WRONLY };
    let flags = access | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let path = format!("/proc/self/fd/{}", stream.as_raw_fd());
    Ok(rustix::fs::open(path, flags, rustix::fs::Mode::empty())?)
}

/// Where there is no /proc, or the stream belongs to another user, the flag is set on the shared open file for as long
/// as it is used. Also returns the flags from before.
fn share_nonblocking(stream: BorrowedFd<'_>) -> io::Result<(OwnedFd, OFlags)> {
    let own = stream.try_clone_to_owned()?;
    let flags = rustix::fs::fcntl_getfl(stream)?;
    rustix::fs::fcntl_setfl(stream, flags | OFlags::NONBLOCK)?;
    Ok((own, flags))
}

impl Drop for Nonblocking {
    fn drop(&mut self) {
        if let (Some(own), Some(flags)) = (&self.own, self.borrowed_flags) {
            // The process ends; a shell that shares the terminal goes on with it.
            let _ = rustix::fs::fcntl_setfl(own, flags);
        }
    }
}

/// Waits until nobody can read any more what is written to `stream`.
pub(super) async fn hang_up(stream: BorrowedFd<'_>) -> io::Result<()> {
    // Registered for reading and asked for the end of writing, which comes all the same: registered for writing, it
    // would wake at each message that the client takes. What is to be read there does not matter, nor its end: a
    // socket may be stdin as well, and the client at its other end may have said all it has to say.
    let fd = watched_fd::watch(stream.try_clone_to_owned()?, Interest::READABLE)?;
    fd.ready(Interest::WRITABLE | Interest::ERROR).await.map(|_| ())
}
