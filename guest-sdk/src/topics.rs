//! Publish and subscribe among the sockets of one listener's plugin, over all its instances.
//!
//! ```
//! # use sockdock_guest::{Plugin, Socket, topics};
//! #[derive(Default)]
//! struct Party;
//!
//! impl Plugin for Party {
//!     fn open(&mut self, socket: Socket) {
//!         socket.subscribe("everybody").ok();
//!     }
//!     fn data(&mut self, speaker: Socket, bytes: &[u8]) {
//!         topics::publish("everybody", bytes, Some(speaker)).ok();
//!     }
//! }
//! ```
//!
//! A subscription belongs to its socket, as the context does: it survives reloads and traps, and goes with the socket, or when that is
//! ended. A plugin can't listen to a topic: what is published reaches sockets, not the other instances' memory.

use crate::{ErrorCode, Socket, host};

/// Writes the bytes to every socket that has [subscribed](Socket::subscribe), except `skip`; how many took them.
///
/// A subscriber gets the whole message or none of it: one whose queue has no room for it is closed with `LimitExceeded`, or goes without,
/// as the operator has configured. To the sockets of this instance it is as a [write](Socket::write) at this place; to those of others it goes when
/// the handler has returned. Of this instance's sockets, those whose queues took it are counted; of the others', those that are subscribed.
/// An empty message counts and sends nothing.
///
/// Errors: `InvalidArgument` for an empty name; `LimitExceeded` for a name that is too long (256 bytes by default), a message longer than a
/// queue can be (1 MiB), or while an instance that should get it has too much waiting; `NotAllowed` in
/// [`Plugin::start`](crate::Plugin::start), [`Plugin::restore`](crate::Plugin::restore) and [`Plugin::snapshot`](crate::Plugin::snapshot).
pub fn publish(topic: &str, bytes: &[u8], skip: Option<Socket>) -> Result<u32, ErrorCode> {
    host::topics::publish(topic, bytes, skip.map(Socket::id))
}

/// How many sockets have subscribed, on all instances. Of two sockets that subscribe at the same time and then count, at
/// least one counts both: so a topic that only one may have can be claimed.
///
/// Errors: as [`publish`].
pub fn subscribers(topic: &str) -> Result<u32, ErrorCode> {
    publish(topic, b"", None)
}

impl Socket {
    /// From now on the socket is sent what is [published](publish) on this topic. Twice is once. In
    /// [`Plugin::restore`](crate::Plugin::restore) it takes effect with the reload, or not at all.
    ///
    /// Errors: `Closed`, also after [`Socket::end`] or [`Socket::shutdown`]; `InvalidArgument` for an empty name; `LimitExceeded` for a name
    /// that is too long, or too many topics (256 per socket by default).
    pub fn subscribe(self, topic: &str) -> Result<(), ErrorCode> {
        host::topics::subscribe(self.id(), topic)
    }

    /// Takes the subscription back; nothing happens if there is none.
    ///
    /// Errors: `Closed`.
    pub fn unsubscribe(self, topic: &str) -> Result<(), ErrorCode> {
        host::topics::unsubscribe(self.id(), topic)
    }
}
