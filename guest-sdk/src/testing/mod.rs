//! A host without sockets, for native tests of a plugin (`cargo test`): connections are queues in memory, time is a
//! number, and everything happens in the order that the real host promises.
//!
//! ```
//! use sockdock_guest::{Plugin, Socket, testing::Harness};
//!
//! #[derive(Default)]
//! struct Echo;
//! impl Plugin for Echo {
//!     fn data(&mut self, socket: Socket, bytes: &[u8]) {
//!         socket.write(bytes).ok();
//!     }
//! }
//!
//! let mut host = Harness::<Echo>::new();
//! let socket = host.connect();
//! host.send(socket, b"hello");
//! assert_eq!(host.received(socket), b"hello");
//! ```
//!
//! The calls find the host in a variable of the thread: one [`Harness`] at a time per test. What it doesn't imitate:
//! CPU and memory limits, TLS itself (an upgrade stands when the test says so: [`Harness::secure`]), and the kernel's buffers. There
//! is one instance; what others subscribe to and publish, the test says ([`Harness::subscribed_elsewhere`]).

pub(crate) mod calls;
mod harness;
pub(crate) mod topics;
mod world;

pub use harness::Harness;
pub use world::Limits;

use crate::log::Level;

/// Takes what was logged on this thread since the last call.
pub fn log() -> Vec<(Level, String)> {
    world::with(|world| std::mem::take(&mut world.log))
}
