//! Publish and subscribe among the sockets of one listener's plugin, over all its instances.
//!
//! The host of this version answers [`ErrorCode::Unsupported`].

use crate::{ErrorCode, Socket, host};

/// Writes the bytes to every socket that has [subscribed](Socket::subscribe), except `skip`; how many took them. A
/// subscriber gets the whole message or none of it.
///
/// Errors: `Unsupported` in this version of the host.
pub fn publish(topic: &str, bytes: &[u8], skip: Option<Socket>) -> Result<u32, ErrorCode> {
    host::topics::publish(topic, bytes, skip.map(Socket::id))
}

impl Socket {
    /// From now on the socket is sent what is [published](publish) on this topic.
    ///
    /// Errors: `Unsupported` in this version of the host.
    pub fn subscribe(self, topic: &str) -> Result<(), ErrorCode> {
        host::topics::subscribe(self.id(), topic)
    }

    /// Takes the subscription back.
    ///
    /// Errors: `Unsupported` in this version of the host.
    pub fn unsubscribe(self, topic: &str) -> Result<(), ErrorCode> {
        host::topics::unsubscribe(self.id(), topic)
    }
}
