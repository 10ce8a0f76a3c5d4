//! Notices a reset on a socket that isn't being read.

use super::readiness::register;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll, ready};
use tokio::io::{Interest, unix::AsyncFd};

/// A second registration of a socket that hears of nothing but its end. A paused socket's own registration is no
/// use for that: with input waiting it is always ready.
#[derive(Debug)]
pub struct HangupWatch {
    fd: AsyncFd<OwnedFd>,
}

impl HangupWatch {
    /// Watches the socket behind `fd`; must be dropped for the connection to be closed.
    pub fn new(fd: impl AsFd) -> io::Result<Self> {
        // PRIORITY: something has to be asked for; hang-up and error are always told.
        Ok(Self { fd: register(fd, Interest::PRIORITY)? })
    }

    /// Ready when both directions are over: with the error, if that was by a reset.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Error>> {
        loop {
            let mut guard = match ready!(self.fd.poll_read_ready(cx)) {
                Ok(guard) => guard,
                Err(error) => return Poll::Ready(Some(error)),
            };
            if guard.ready().is_read_closed() {
                let error = rustix::net::sockopt::socket_error(self.fd.get_ref());
                return Poll::Ready(match error {
                    Ok(Ok(())) => None,
                    Ok(Err(errno)) | Err(errno) => Some(errno.into()),
                });
            }
            guard.clear_ready();
        }
    }
}
