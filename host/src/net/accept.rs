//! The accept loop: outlives everything but its own end.

use super::listener::Bound;
use super::readiness::register;
use rustix::io::Errno;
use rustix::net::{SocketAddrAny, SocketFlags, acceptfrom_with};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::Interest;

/// First and longest wait after an `accept` that failed for want of a resource. Descriptors come back when
/// connections close, which nothing announces: so it is tried again, soon and then less often.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));
/// Connections taken per wake-up before other tasks of the worker get their turn.
const BATCH: usize = 32;

/// A connection fresh from the kernel: non-blocking, close-on-exec.
#[derive(Debug)]
pub struct Accepted {
    /// The socket.
    pub fd: OwnedFd,
    /// The peer's address, where the kernel knows it.
    pub peer: Option<SocketAddrAny>,
}

/// Accepts from `bound` and hands each connection to `take`, until the future is dropped. `failed` hears of each
/// `accept` that failed.
///
/// # Errors
/// Only when the socket can't be registered with the runtime.
pub async fn accept_loop(bound: &Bound, mut take: impl FnMut(Accepted), mut failed: impl FnMut(io::Error)) -> io::Result<()> {
    let socket = register(bound, Interest::READABLE)?;
    let mut wait = BACK_OFF.0;
    loop {
        let mut ready = socket.readable().await?;
        for _ in 0..BATCH {
            match acceptfrom_with(ready.get_inner(), SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Ok((fd, peer)) => {
                    wait = BACK_OFF.0;
                    take(Accepted { fd, peer });
                }
                Err(Errno::AGAIN) => {
                    ready.clear_ready();
                    break;
                }
                Err(error) => {
                    failed(error.into());
                    if !concerns_one_connection(error) {
                        tokio::time::sleep(wait).await;
                        wait = (wait * 2).min(BACK_OFF.1);
                        break;
                    }
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Ends listening, after it has taken what the kernel has queued: the last act of a listener that stops.
pub fn accept_rest(bound: &Bound, mut take: impl FnMut(Accepted), mut failed: impl FnMut(io::Error)) {
    bound.turn_away();
    loop {
        match acceptfrom_with(bound, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
            Ok((fd, peer)) => take(Accepted { fd, peer }),
            // INVAL: the end of a unix socket's queue that takes no more.
            Err(Errno::AGAIN | Errno::INVAL) => break,
            Err(error) => {
                failed(error.into());
                if !concerns_one_connection(error) {
                    break;
                }
            }
        }
    }
    bound.shut();
}

/// Errors that are about the one connection that would have been accepted (accept(2) hands on pending network errors): the
/// next one may be fine.
fn concerns_one_connection(error: Errno) -> bool {
    matches!(
        error,
        Errno::CONNABORTED
            | Errno::INTR
            | Errno::PROTO
            | Errno::PERM
            | Errno::NETDOWN
            | Errno::NOPROTOOPT
            | Errno::HOSTDOWN
            | Errno::NONET
            | Errno::HOSTUNREACH
            | Errno::OPNOTSUPP
            | Errno::NETUNREACH
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::net::{Bind, SocketOptions};
    use std::net::TcpStream;
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    fn bound(address: &str) -> Bound {
        Bound::new(&address.parse::<Bind>().unwrap(), &SocketOptions::default()).unwrap()
    }

    fn rest(bound: &Bound) -> usize {
        let mut taken = Vec::new();
        accept_rest(bound, |accepted| taken.push(accepted), |error| panic!("{error}"));
        taken.len()
    }

    #[test]
    fn those_that_wait_are_taken_and_then_nobody_listens() {
        let bound = bound("127.0.0.1:0");
        let address = bound.tcp_address().unwrap();
        let _waiting: Vec<_> = (0..50).map(|_| TcpStream::connect(address).unwrap()).collect();
        // As a child process has it between fork and exec.
        let _held = bound.as_fd().try_clone_to_owned().unwrap();
        assert_eq!(rest(&bound), 50);
        let refused = TcpStream::connect(address).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn of_a_unix_socket_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.sock");
        for address in [format!("unix:{}", path.display()), format!("unix:@{}", path.display())] {
            let bound = bound(&address);
            let _held = bound.as_fd().try_clone_to_owned().unwrap();
            let connect = || match address.strip_prefix("unix:@") {
                None => UnixStream::connect(&path),
                Some(name) => {
                    use std::os::linux::net::SocketAddrExt as _;
                    UnixStream::connect_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap())
                }
            };
            let _waiting: Vec<_> = (0..20).map(|_| connect().unwrap()).collect();
            assert_eq!(rest(&bound), 20);
            assert!(connect().is_err() && !path.exists(), "{address}");
        }
    }
}
