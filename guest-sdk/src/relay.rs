//! Two connections whose bytes go to each other: what proxies and tunnels are made of.

use crate::outbound::{ConnectOptions, connect};
use crate::{CloseInfo, ErrorCode, Socket, timers};
use std::collections::BTreeSet;
use std::time::Duration;

/// Bytes queued for one side above which the other is read no further: the host's own mark, unless the operator has set another.
const HIGH_WATER: usize = 64 << 10;
/// A queue that is below the host's mark empties without a `drain`. So one that a side is paused for is looked at from time to time.
const LOOK: Duration = Duration::from_millis(50);

/// What the context of a joined connection begins with; the number of the other one follows. In the form of a version's name, so that
/// [`Socket::context`] takes it for no other type.
const MARK: &[u8] = b"\x07relay-1";

/// One side of a pair of connections, and what to do in its events so that the other side sees what this one does: bytes, ends, resets.
///
/// Each side is read as fast as the other takes it: not the host's rule (which stops reading from a peer that doesn't read), but the
/// pair's, which stops the *source* of the bytes. A side that doesn't read costs 128 KiB at most, and never the other direction. The
/// listener needs `--allow-half-open`.
///
/// Who belongs to whom stands in the connections' contexts, which the host keeps: nothing is to be carried over a reload. Before a
/// connection is joined its context is the plugin's; give it a [typed](Socket::set_context) one, since a peer's bytes, put there as
/// they are, could look like a pair's.
///
/// ```
/// use sockdock_guest::{CloseInfo, Plugin, Relay, Socket, SocketError};
///
/// #[derive(Default)]
/// struct Tunnel;
///
/// impl Plugin for Tunnel {
///     fn open(&mut self, socket: Socket) {
///         // Not for the connection that was asked for here: that one is joined already.
///         if Relay::of(socket).is_none() && Relay::connect(socket, "10.0.0.7:5432", Default::default()).is_err() {
///             socket.terminate().ok();
///         }
///     }
///     fn data(&mut self, socket: Socket, bytes: &[u8]) {
///         Relay::of(socket).into_iter().for_each(|relay| relay.pass(bytes));
///     }
///     fn drain(&mut self, socket: Socket) {
///         Relay::of(socket).into_iter().for_each(Relay::drained);
///     }
///     fn end(&mut self, socket: Socket) {
///         Relay::of(socket).into_iter().for_each(Relay::ended);
///     }
///     fn close(&mut self, socket: Socket, info: CloseInfo) {
///         Relay::of(socket).into_iter().for_each(|relay| relay.closed(&info));
///     }
///     fn connect_error(&mut self, socket: Socket, _: SocketError) {
///         if let Some(relay) = Relay::of(socket) {
///             relay.part().terminate().ok();
///         }
///     }
///     fn fired(&mut self, token: u64) {
///         Relay::of(Socket::from_id(token)).into_iter().for_each(Relay::look);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relay {
    side: Socket,
    other: Socket,
}

impl Relay {
    /// Connects to `address` and joins the new connection with `client`, whose context is replaced. What the client sends from now on
    /// can be passed at once: it waits for the connection. Of `options`, `context` and `allow_half_open` are the pair's.
    ///
    /// Errors: those of [`connect`]; `Closed` if the client is gone. Nothing is joined then.
    pub fn connect(client: Socket, address: &str, options: ConnectOptions) -> Result<Self, ErrorCode> {
        let other = connect(address, &ConnectOptions { allow_half_open: true, context: context(client), ..options })?;
        let relay = Self { side: client, other };
        relay.join().inspect_err(|_| other.terminate().unwrap_or_default())?;
        Ok(relay)
    }

    fn join(self) -> Result<(), ErrorCode> {
        self.side.set_context_bytes(&context(self.other))?;
        self.side.set_auto_pause(false)?;
        self.other.set_auto_pause(false)
    }

    /// The pair that this connection is a side of; none if it isn't joined.
    pub fn of(side: Socket) -> Option<Self> {
        let context = side.context_bytes().ok()?;
        let id = context.strip_prefix(MARK)?.try_into().ok()?;
        Some(Self { side, other: Socket::from_id(u64::from_le_bytes(id)) })
    }

    /// The connection on the other side.
    pub fn other(self) -> Socket {
        self.other
    }

    /// For `data`: these bytes have come on this side.
    pub fn pass(self, bytes: &[u8]) {
        // Taken in full: reading stops long before the host's limit on the queue.
        if self.other.write(bytes) != Ok(bytes.len()) {
            self.other.terminate().ok();
            self.side.terminate().ok();
        } else if self.other.queued().is_ok_and(|queued| queued > HIGH_WATER) {
            self.side.pause().ok();
            timers::set(self.side.id(), LOOK).ok();
        }
    }

    /// For `fired`, where the timer's token is this side's number.
    pub fn look(self) {
        match self.other.queued() {
            Ok(0) => drop(self.side.resume()),
            Ok(_) => drop(timers::set(self.side.id(), LOOK)),
            // Its `close` ends this side.
            Err(_) => {}
        }
    }

    /// For `drain`: this side has taken what was queued for it, so the other is read again.
    pub fn drained(self) {
        timers::clear(self.other.id());
        self.other.resume().ok();
    }

    /// For `end`: this side's peer sends nothing more. Answers may still come.
    pub fn ended(self) {
        self.other.shutdown().ok();
    }

    /// For `close`: this side is over, and so is the other, in the same way: at once after a failure, else once it has all its bytes.
    pub fn closed(self, info: &CloseInfo) {
        timers::clear(self.side.id());
        let other = self.part();
        if info.error.is_some() { other.terminate() } else { other.end() }.ok();
    }

    /// Takes the pair apart and answers the other side, which is the caller's to end.
    pub fn part(self) -> Socket {
        self.side.clear_context().ok();
        self.other.clear_context().ok();
        self.other
    }

    /// Resets the connections whose other side is gone without a `close`, as it happens after a trap in one of its events: bytes
    /// on their way are lost, so the pair can't go on. For a timer, with a token of its own, that [`Plugin::start`](crate::Plugin::start) sets.
    pub fn reset_orphans() {
        let live: BTreeSet<Socket> = Socket::live().into_iter().collect();
        for relay in live.iter().filter_map(|side| Self::of(*side)) {
            if !live.contains(&relay.other) {
                relay.side.terminate().ok();
            }
        }
    }
}

fn context(other: Socket) -> Vec<u8> {
    [MARK, &other.id().to_le_bytes()].concat()
}

#[cfg(test)]
mod tests;
