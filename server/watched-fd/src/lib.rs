//! File descriptors whose readiness the runtime reports. The only module with `unsafe`.
#![expect(
    unsafe_code,
    reason = "registering a descriptor promises that it stays open, which the type system cannot see"
)]

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Registers `fd` with the runtime. Fails for descriptors that cannot be polled, such as regular files.
pub fn watch(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the descriptor must stay open and unchanged for as long as the `AsyncFd` lives. An `OwnedFd` stays open
    // until it is dropped and always names the same descriptor. Here it moves into the `AsyncFd`, which provides no
    // way to replace it, and drops it only after its registration.
    unsafe { AsyncFd::register_with_interest(fd, interest) }.map_err(Into::into)
}
