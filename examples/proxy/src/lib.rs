//! Passes each connection on to an upstream, byte for byte, in both directions.
//!
//! Who belongs to whom stands in the sockets' contexts, which the host keeps: a new build, or a fresh instance after a fault, goes on
//! with all connections without a word from its predecessor.

mod pair;

use pair::{other, pair};
use sockdock_guest::outbound::{ConnectOptions, connect};
use sockdock_guest::{CloseInfo, Config, Failure, Plugin, Socket, SocketError, warn};

/// Bytes queued for one side above which the other is read no further. The host's own mark: with less, `drain` wouldn't come.
const HIGH_WATER: usize = 64 << 10;

#[derive(Default)]
struct Proxy {
    upstream: String,
}

impl Plugin for Proxy {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        config.only(&["upstream"])?;
        self.upstream = config.get("upstream").ok_or("no upstream is set: --set upstream=HOST:PORT")?.into();
        Ok(())
    }

    /// A client has come, or its upstream stands.
    fn open(&mut self, socket: Socket) {
        // Each side is read as fast as the *other* takes it, which only the proxy knows.
        socket.set_auto_pause(false).ok();
        if other(socket).is_some() {
            return;
        }
        // The peers say when their directions end. What the client sends before the upstream stands, waits in its queue.
        let options = ConnectOptions { allow_half_open: true, context: pair(socket), ..ConnectOptions::default() };
        match connect(&self.upstream, &options) {
            Ok(upstream) => drop(socket.set_context_bytes(&pair(upstream))),
            Err(why) => {
                warn!("{}: {why}", self.upstream);
                socket.terminate().ok();
            }
        }
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        let Some(other) = other(socket) else { return };
        // Taken in full: reading stops long before the host's limit on the queue.
        if other.write(bytes) != Ok(bytes.len()) {
            socket.terminate().ok();
        } else if other.queued().is_ok_and(|queued| queued > HIGH_WATER) {
            socket.pause().ok();
        }
    }

    fn drain(&mut self, socket: Socket) {
        if let Some(other) = other(socket) {
            other.resume().ok();
        }
    }

    fn end(&mut self, socket: Socket) {
        if let Some(other) = other(socket) {
            other.shutdown().ok();
        }
    }

    /// One side is over: so is the other, in the same way.
    fn close(&mut self, socket: Socket, info: CloseInfo) {
        let Some(other) = other(socket) else { return };
        if info.error.is_some() { other.terminate() } else { other.end() }.ok();
    }

    fn connect_error(&mut self, socket: Socket, error: SocketError) {
        warn!("{}: {} ({})", self.upstream, error.message, error.code);
        if let Some(client) = other(socket) {
            client.terminate().ok();
        }
    }
}

sockdock_guest::plugin!(Proxy);

#[cfg(test)]
mod tests;
