//! Registering a descriptor with the current runtime.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A second descriptor for the socket behind `fd`, with a registration of its own.
#[expect(
    deprecated,
    reason = "the replacement is `unsafe`; what it asks for, a descriptor that stays the same, OwnedFd keeps by itself"
)]
pub(super) fn register(fd: impl AsFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd.as_fd().try_clone_to_owned()?, interest)
}
