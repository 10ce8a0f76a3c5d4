//! {{name}}: sends back what comes in, and counts it.
//!
//! The host calls a method per event of a socket. `sockdock dev` puts each save behind the live connections.

use serde::{Deserialize, Serialize};
use sockdock_guest::{CloseInfo, First, Plugin, Socket, Versioned, info};

/// One value per instance. What it remembers ends with it, unless `snapshot` and `restore` hand it to the next build.
#[derive(Default)]
struct App;

/// What is remembered of a connection. The host keeps it, also while builds are swapped.
#[derive(Default, Serialize, Deserialize)]
struct Session {
    bytes: u64,
}

impl Versioned for Session {
    // Another set of fields is another version; see `Versioned` for the way from this one to it.
    const VERSION: &'static str = "1";
    type Previous = First;
}

impl Plugin for App {
    fn open(&mut self, socket: Socket) {
        if let Ok(peer) = socket.remote_endpoint() {
            info!("{}:{} has connected", peer.address, peer.port);
        }
        socket.write(b"hello from {{name}}\n").ok();
    }

    /// Some bytes of a stream: a line may come in two calls, or two lines in one.
    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        let mut session: Session = socket.context().unwrap_or_default().unwrap_or_default();
        session.bytes += bytes.len() as u64;
        socket.set_context(&session).ok();
        // Try it: `&bytes.to_ascii_uppercase()`.
        socket.write(bytes).ok();
    }

    fn close(&mut self, socket: Socket, _info: CloseInfo) {
        let session: Session = socket.context().unwrap_or_default().unwrap_or_default();
        info!("a connection has ended after {} bytes", session.bytes);
    }
}

sockdock_guest::plugin!(App);

#[cfg(test)]
mod tests;
