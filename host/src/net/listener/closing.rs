//! The end of a listening socket, without losing a connection that the kernel has accepted for us.

use rustix::io::Errno;
use socket2::{SockFilter, Socket};
use std::io;
use std::net::Shutdown;

/// Where a TCP header has its flags, and which is SYN.
const FLAGS: u32 = 13;
const SYN: u32 = 0x02;

/// Load a byte; jump if a bit of it is set; return. In the numbers of `linux/bpf_common.h`.
const LOAD_BYTE: u16 = 0x30;
const JUMP_IF_SET: u16 = 0x45;
const RETURN: u16 = 0x06;

/// Has newcomers wait outside while those that the kernel has queued are accepted: an order for before the last `accept`.
///
/// TCP: a filter drops the SYN of each, so that it comes again a second later and meets whoever listens then; handshakes under way may
/// still end. A unix socket: it refuses.
pub(super) fn turn_away(socket: &Socket, unix: bool) {
    let outcome = if unix {
        socket.shutdown(Shutdown::Read)
    } else {
        socket.attach_filter(&[
            SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
            SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
            SockFilter::new(RETURN, 0, 0, 0),
            SockFilter::new(RETURN, 0, 0, u32::MAX),
        ])
    };
    if let Err(error) = outcome {
        // Then whoever comes between the last `accept` and the end is reset, as with any server.
        tracing::debug!("newcomers can't be turned away before a listening socket closes: {error}");
    }
}

/// Ends it at once, whoever else still has its descriptor: a task that hasn't been dropped yet, a child process between fork and exec.
pub(super) fn shut(socket: &Socket) {
    match socket.shutdown(Shutdown::Both) {
        Err(error) if !is_gone(&error) => tracing::debug!("a listening socket can't be shut down: {error}"),
        _ => {}
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::NOTCONN.raw_os_error())
}
