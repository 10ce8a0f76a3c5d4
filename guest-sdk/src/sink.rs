//! Many small writes, and none lost to a full queue.

use crate::{ErrorCode, Socket};
use serde::{Deserialize, Serialize};

/// Gathers small writes up to a high-water mark, and keeps what a short write left until the queue has drained: the
/// counterpart of Bun's `ArrayBufferSink`.
///
/// Take one per connection, or one per event, kept only while it [holds](Sink::is_empty) something. Call
/// [`Sink::flush`] at the end of a handler and [`Sink::drained`] in [`Plugin::drain`](crate::Plugin::drain). It can stand
/// in a snapshot.
///
/// It is a stream: at each flush, and whenever the mark is reached, what has gathered goes. A [whole](Sink::whole) one holds everything
/// until it is flushed, ended or [taken](Sink::take): for an answer that begins with its length, say.
///
/// It never loses a byte, so it grows if it is written to while [blocked](Sink::is_blocked): look, and produce no more
/// until `drain`.
///
/// ```
/// # use sockdock_guest::{Plugin, Sink, Socket};
/// # use std::collections::HashMap;
/// #[derive(Default)]
/// struct Numbers { sinks: HashMap<Socket, Sink> }
///
/// impl Plugin for Numbers {
///     fn open(&mut self, socket: Socket) {
///         let mut sink = Sink::new(socket);
///         for number in 0..1000 {
///             sink.write(format!("{number}\n").as_bytes()).ok();
///         }
///         sink.end().ok(); // Once all is sent.
///         self.sinks.insert(socket, sink);
///     }
///     fn drain(&mut self, socket: Socket) {
///         if let Some(sink) = self.sinks.get_mut(&socket) {
///             sink.drained().ok();
///         }
///     }
///     fn close(&mut self, socket: Socket, _: sockdock_guest::CloseInfo) {
///         self.sinks.remove(&socket);
///     }
/// }
/// ```
#[derive(Debug, Serialize, Deserialize)]
#[must_use = "what it holds is sent by `flush`"]
pub struct Sink {
    socket: Socket,
    /// What is held; sent up to `sent`.
    #[serde(with = "serde_bytes")]
    held: Vec<u8>,
    sent: usize,
    high_water: usize,
    /// The last write was short: the queue is full until `drain`.
    blocked: bool,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    Open,
    /// When nothing is held any more.
    Due,
    Done,
}

impl Sink {
    /// Bytes gathered before they are written, unless set otherwise: 16 KiB.
    pub const HIGH_WATER: usize = 16 << 10;

    /// An empty one.
    pub fn new(socket: Socket) -> Self {
        Self::with_high_water(socket, Self::HIGH_WATER)
    }

    /// An empty one that gathers up to so many bytes; 0: none.
    pub fn with_high_water(socket: Socket, high_water: usize) -> Self {
        Self { socket, held: Vec::new(), sent: 0, high_water, blocked: false, end: End::Open }
    }

    /// An empty one that gathers without end, and writes nothing before it is flushed or ended.
    pub fn whole(socket: Socket) -> Self {
        Self::with_high_water(socket, usize::MAX)
    }

    /// One that has these bytes to write once the queue has drained.
    pub(crate) fn behind(socket: Socket, rest: &[u8]) -> Self {
        Self { held: rest.to_vec(), blocked: true, ..Self::with_high_water(socket, 0) }
    }

    /// Takes all the bytes: to gather them, to write them, or to keep them until the queue has drained.
    ///
    /// Errors: the socket's. What is held then stays.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ErrorCode> {
        if self.is_ending() {
            return Err(ErrorCode::Closed);
        }
        if !self.blocked && self.len() + bytes.len() >= self.high_water {
            self.flush()?;
            // Large ones go straight from where they are.
            if !self.blocked && bytes.len() >= self.high_water {
                let taken = self.socket.write(bytes)?;
                self.blocked = taken < bytes.len();
                self.held.extend_from_slice(&bytes[taken..]);
                return Ok(());
            }
        }
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    /// Gives what is held to the socket; whether all of it was taken. If not, the rest follows by [`Sink::drained`].
    ///
    /// Errors: the socket's. What is held then stays.
    pub fn flush(&mut self) -> Result<bool, ErrorCode> {
        if self.blocked {
            return Ok(false);
        }
        if !self.is_empty() {
            self.sent += self.socket.write(&self.held[self.sent..])?;
        }
        if !self.is_empty() {
            self.blocked = true;
            // What was sent goes when it is the larger half: each byte is moved once on average.
            if self.sent > self.len() {
                self.held.drain(..self.sent);
                self.sent = 0;
            }
            return Ok(false);
        }
        self.sent = 0;
        self.held.clear();
        // The memory of one large answer isn't kept for the rest of the connection.
        self.held.shrink_to(2 * self.high_water.min(Self::HIGH_WATER));
        if self.end == End::Due {
            self.end = End::Done;
            self.socket.end()?;
        }
        Ok(true)
    }

    /// To be called on `drain`: writes on where a short write had stopped. Whether all of it was taken.
    ///
    /// Errors: the socket's. What is held then stays.
    pub fn drained(&mut self) -> Result<bool, ErrorCode> {
        self.blocked = false;
        self.flush()
    }

    /// Takes out what is held, for the caller to do with as it likes; the sink goes on, empty.
    pub fn take(&mut self) -> Vec<u8> {
        let mut taken = std::mem::take(&mut self.held);
        taken.drain(..std::mem::take(&mut self.sent));
        taken
    }

    /// Ends the connection once all that is held has been taken. Nothing can be written after it.
    ///
    /// Errors: the socket's.
    pub fn end(&mut self) -> Result<(), ErrorCode> {
        if self.end == End::Open {
            self.end = End::Due;
        }
        self.flush().map(drop)
    }

    /// [`Sink::end`] has been called: it takes nothing more.
    pub fn is_ending(&self) -> bool {
        self.end != End::Open
    }

    /// The last write was short: produce no more until `drain`.
    pub fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Bytes held.
    pub fn len(&self) -> usize {
        self.held.len() - self.sent
    }

    /// Nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The connection it writes to.
    pub fn socket(&self) -> Socket {
        self.socket
    }
}

#[cfg(test)]
mod tests;
