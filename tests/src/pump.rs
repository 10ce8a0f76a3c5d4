//! Sending and receiving at once on one connection, cut at random.

use crate::{client::Client, random::Random, wait::DEADLINE};
use rustix::event::PollFlags;
use std::{
    io::{ErrorKind, Read as _, Write as _},
    time::{Duration, Instant},
};

/// How a peer behaves.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The largest piece that it writes at once.
    pub write: usize,
    /// The largest piece that it reads at once.
    pub read: usize,
    /// Reads only when it can't write: the other side's queue fills up first.
    pub read_late: bool,
}

/// Sends `bytes` in pieces and reads until as many have come back.
#[track_caller]
pub fn pump(client: &mut Client, bytes: &[u8], pace: Pace, random: &mut Random) -> Vec<u8> {
    client.set_nonblocking(true);
    let mut back = Vec::with_capacity(bytes.len());
    let mut buffer = vec![0; pace.read];
    let (mut sent, mut flushed) = (0, true);
    let mut progress = Instant::now();
    while back.len() < bytes.len() || !flushed {
        let (before, mut blocked) = ((sent, back.len()), true);
        if sent < bytes.len() {
            let piece = random.between(1, pace.write).min(bytes.len() - sent);
            match client.write(&bytes[sent..sent + piece]) {
                Ok(n) => (sent, blocked, flushed) = (sent + n, false, false),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error} after {sent} bytes sent"),
            }
        } else if !flushed {
            flushed = client.flush().map_or_else(|error| (assert_eq!(error.kind(), ErrorKind::WouldBlock), false).1, |()| true);
        }
        if blocked || !pace.read_late {
            let piece = random.between(1, pace.read);
            match client.read(&mut buffer[..piece]) {
                Ok(0) => panic!("the host ended after {} of {} bytes", back.len(), bytes.len()),
                Ok(n) => back.extend_from_slice(&buffer[..n]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error} after {} bytes", back.len()),
            }
        }
        if before == (sent, back.len()) {
            assert!(progress.elapsed() < DEADLINE, "stuck: sent {sent}, got {} of {}", back.len(), bytes.len());
            let wish = if sent < bytes.len() || !flushed { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            client.ready(wish, Duration::from_millis(50));
        } else {
            progress = Instant::now();
        }
    }
    client.set_nonblocking(false);
    back
}

/// Reads `length` bytes while what was written before, and is still on its way out, goes on being sent.
#[track_caller]
pub fn take_back(client: &mut Client, length: usize) -> Vec<u8> {
    client.set_nonblocking(true);
    let (mut back, mut progress) = (vec![0; length], Instant::now());
    let mut got = 0;
    while got < length {
        match client.read(&mut back[got..]) {
            Ok(0) => panic!("the host ended after {got} of {length} bytes"),
            Ok(n) => (got, progress) = (got + n, Instant::now()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error} after {got} bytes");
                assert!(progress.elapsed() < DEADLINE, "stuck after {got} of {length} bytes");
                client.ready(PollFlags::IN, Duration::from_millis(10));
            }
        }
    }
    client.set_nonblocking(false);
    back
}
