//! Sends back what comes in.

use sockdock_guest::{Plugin, Socket};

#[derive(Default)]
struct Echo;

impl Plugin for Echo {
    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        // Never short: while the peer reads more slowly than it sends, the host delivers no more.
        socket.write(bytes).ok();
    }
}

sockdock_guest::plugin!(Echo);

#[cfg(test)]
mod tests;
