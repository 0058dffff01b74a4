//! File descriptors that the runtime waits for. The one module with `unsafe`.
#![expect(
    unsafe_code,
    reason = "registering a descriptor promises that it stays open, which the type system cannot see"
)]

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Registers `fd` with the runtime. Fails for kinds that cannot be waited for, such as regular files.
pub fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the descriptor must stay open and the same for as long as the `AsyncFd` lives. An `OwnedFd` is open
    // until it is dropped and always names one descriptor; here it moves into the `AsyncFd`, which gives no way to
    // replace it and drops it after its registration.
    unsafe { AsyncFd::register_with_interest(fd, interest) }.map_err(Into::into)
}
