//! The events that a plugin answers.

use crate::{CloseInfo, Config, Socket, SocketError, State};

/// Why `start`, `snapshot` or `restore` failed; for people. Made by `?` from any error, or by `.into()` from text.
pub type Failure = Box<dyn std::error::Error>;

/// A plugin: one value per instance, one method per event. Each has a default that does nothing (but [`Plugin::restore`]).
///
/// Calls never overlap, and nothing that a handler calls comes back into the plugin: the effects of a call arrive as
/// events of their own. Each event has a budget of CPU time (default 100 ms). A panic, or a used-up budget, costs the
/// event's connection, and the instance: a fresh one takes over the others, which it finds in [`Socket::live`] with
/// their contexts intact.
///
/// Order: `open`; then `data`, `drain`, `timeout`, `end`, `error` as they come; then `close`, exactly once, and nothing
/// after it.
#[allow(unused_variables)]
pub trait Plugin: Default + 'static {
    /// The first call into an instance, once; 5 s of CPU time by default. A failure stops the listener's begin or the
    /// reload. Sockets can't be written or ended here ([`ErrorCode::NotAllowed`](crate::ErrorCode::NotAllowed)).
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        Ok(())
    }

    /// A connection stands, its TLS handshake included.
    fn open(&mut self, socket: Socket) {}

    /// Bytes have come in: in order, each once, 1 byte to 64 KiB at a time by default. TCP is a stream: a message may be
    /// split, or joined with the next, at any byte.
    fn data(&mut self, socket: Socket, bytes: &[u8]) {}

    /// The outbound queue is empty again after a short write or after it had crossed its high-water mark (64 KiB).
    fn drain(&mut self, socket: Socket) {}

    /// The peer has ended its sending side, and all its bytes were delivered. Unless the listener allows half-open
    /// connections, the host closes once everything is sent.
    fn end(&mut self, socket: Socket) {}

    /// No byte has moved either way for the time given to [`Socket::set_timeout`]; closes nothing by itself.
    fn timeout(&mut self, socket: Socket) {}

    /// A TLS handshake has succeeded; before `open`. `verified` is an error, with the reason, only where the listener
    /// lets peers without a good certificate pass.
    fn handshake(&mut self, socket: Socket, verified: Result<(), String>) {}

    /// The connection has failed; `close` follows with the same error.
    fn error(&mut self, socket: Socket, error: SocketError) {}

    /// The connection is over: forget it. Its id never comes again.
    fn close(&mut self, socket: Socket, info: CloseInfo) {}

    /// [`outbound::connect`](crate::outbound::connect) has failed; the only event of that socket.
    fn connect_error(&mut self, socket: Socket, error: SocketError) {}

    /// A timer armed by [`timers::set`](crate::timers::set) has run out; it is no longer armed.
    fn fired(&mut self, token: u64) {}

    /// What the next generation must know, beside the contexts of sockets, which the host keeps; none: nothing.
    ///
    /// For each reload and each dry run; this instance may well live on afterwards. Only logging and calls that read
    /// work. See [`State::save`]. A failure stops the reload.
    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(None)
    }

    /// Takes over what the previous generation's `snapshot` gave; after `start`, before any event. Not called if that was
    /// none. See [`State::load`]. A failure stops the reload: the previous generation goes on.
    ///
    /// The default fails, so that no state is lost in silence.
    fn restore(&mut self, state: State) -> Result<(), Failure> {
        Err(format!(
            "this plugin takes over no state, and was given version `{}`",
            state.version
        )
        .into())
    }
}
