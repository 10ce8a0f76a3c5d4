//! What a plugin does with a connection.

use crate::bindings::sockdock::plugin::outbound::TlsOptions;
use crate::host::{sockets, tls};
use crate::timers::milliseconds;
use crate::{Endpoint, ErrorCode, SessionInfo};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A connection: a number that names it. Copy it, keep it in maps, put it into a snapshot: the next generation can use it.
///
/// No call blocks. Each answers [`ErrorCode::Closed`] once the connection is over, or if it isn't this instance's;
/// each but the reading ones answers [`ErrorCode::NotAllowed`] in [`Plugin::snapshot`](crate::Plugin::snapshot), and,
/// with the exception of the context's, in [`Plugin::start`](crate::Plugin::start) and
/// [`Plugin::restore`](crate::Plugin::restore).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Socket(u64);

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket({})", self.0)
    }
}

/// The number alone.
impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Socket {
    /// The socket of an id that was kept as a number.
    pub const fn from_id(id: u64) -> Self {
        Self(id)
    }

    /// The number; never used twice in a host's life.
    pub const fn id(self) -> u64 {
        self.0
    }

    /// All sockets of this instance: those that it accepted, opened or took over, in no particular order.
    pub fn live() -> Vec<Self> {
        sockets::live().into_iter().map(Self).collect()
    }
}

/// Writing.
impl Socket {
    /// Queues bytes and answers how many were taken, from the front.
    ///
    /// Fewer than all only at the listener's write limit (default 1 MiB): keep the rest, and go on in
    /// [`Plugin::drain`](crate::Plugin::drain), or let a [`Sink`](crate::Sink) do that. A handler that answers each
    /// `data` with no more bytes than came never meets it. All that one handler writes leaves together when it returns.
    ///
    /// Errors: `Closed`, also after [`Socket::end`] or [`Socket::shutdown`].
    pub fn write(self, bytes: &[u8]) -> Result<usize, ErrorCode> {
        sockets::write(self.0, bytes).map(|taken| taken as usize)
    }

    /// Sends what is queued now, not first when the handler returns.
    pub fn flush(self) -> Result<(), ErrorCode> {
        sockets::flush(self.0)
    }

    /// Bytes that were taken and not yet sent.
    pub fn queued(self) -> Result<usize, ErrorCode> {
        sockets::queued(self.0).map(|bytes| bytes as usize)
    }
}

/// Ending.
impl Socket {
    /// Sends what is queued, ends the connection in good order, and reads no more. `close` is the only event after it.
    pub fn end(self) -> Result<(), ErrorCode> {
        sockets::end(self.0)
    }

    /// Sends what is queued and ends our side; `data` goes on until the peer ends as well.
    pub fn shutdown(self) -> Result<(), ErrorCode> {
        sockets::shutdown(self.0)
    }

    /// Resets the connection and discards what is queued. `close` is the only event after it.
    pub fn terminate(self) -> Result<(), ErrorCode> {
        sockets::terminate(self.0)
    }
}

/// Reading and back-pressure.
impl Socket {
    /// No `data` until [`Socket::resume`]; the peer is slowed down by its own window.
    pub fn pause(self) -> Result<(), ErrorCode> {
        sockets::pause(self.0)
    }

    /// Takes [`Socket::pause`] back.
    pub fn resume(self) -> Result<(), ErrorCode> {
        sockets::resume(self.0)
    }

    /// Whether the host stops reading while more than 64 KiB (default) are queued for this socket. On by default; a
    /// proxy turns it off and pauses the source of the bytes instead.
    pub fn set_auto_pause(self, enabled: bool) -> Result<(), ErrorCode> {
        sockets::set_auto_pause(self.0, enabled)
    }
}

/// Settings.
impl Socket {
    /// Has [`Plugin::timeout`](crate::Plugin::timeout) called after so long without a byte either way; none: never.
    ///
    /// Errors: `InvalidArgument` for zero.
    pub fn set_timeout(self, idle: Option<Duration>) -> Result<(), ErrorCode> {
        sockets::set_timeout(self.0, idle.map(milliseconds))
    }

    /// TCP_NODELAY; on by default.
    ///
    /// Errors: `Unsupported` on a unix socket.
    pub fn set_no_delay(self, enabled: bool) -> Result<(), ErrorCode> {
        sockets::set_no_delay(self.0, enabled)
    }

    /// TCP keep-alive, with the first probe after so much silence; none, the default: off.
    ///
    /// Errors: `InvalidArgument` for zero, `Unsupported` on a unix socket.
    pub fn set_keep_alive(self, delay: Option<Duration>) -> Result<(), ErrorCode> {
        sockets::set_keep_alive(self.0, delay.map(milliseconds))
    }
}

/// Facts.
impl Socket {
    /// Our end.
    pub fn local_endpoint(self) -> Result<Endpoint, ErrorCode> {
        sockets::local_endpoint(self.0)
    }

    /// The peer's end.
    pub fn remote_endpoint(self) -> Result<Endpoint, ErrorCode> {
        sockets::remote_endpoint(self.0)
    }

    /// The name of the listener that accepted it; none for an outbound socket.
    pub fn listener(self) -> Result<Option<String>, ErrorCode> {
        sockets::listener(self.0)
    }

    /// Bytes delivered by `data` so far.
    pub fn bytes_read(self) -> Result<u64, ErrorCode> {
        sockets::bytes_read(self.0)
    }

    /// Bytes handed to the kernel so far: taken by `write`, less what is [queued](Socket::queued).
    pub fn bytes_written(self) -> Result<u64, ErrorCode> {
        sockets::bytes_written(self.0)
    }
}

/// TLS.
impl Socket {
    /// What the handshake agreed on; none for a plain socket.
    pub fn tls_session(self) -> Result<Option<SessionInfo>, ErrorCode> {
        tls::session(self.0)
    }

    /// The peer's certificates in DER, the leaf first; empty if it showed none.
    pub fn peer_certificates(self) -> Result<Vec<Vec<u8>>, ErrorCode> {
        tls::peer_certificates(self.0)
    }

    /// Begins TLS as the client on a plain connection (STARTTLS). What was written before goes in the clear; then
    /// [`Plugin::handshake`](crate::Plugin::handshake) comes, or `error` and `close`. Bytes that came in the clear behind the request for
    /// TLS aren't to be trusted: drop them.
    ///
    /// Errors: `InProgress`; `InvalidArgument` where TLS is spoken already, and for names, protocols and credentials that can't be used.
    pub fn upgrade_client(self, options: &TlsOptions) -> Result<(), ErrorCode> {
        tls::upgrade_client(self.0, options)
    }

    /// Begins TLS as the server, with a certificate and key that the operator has configured under this name (`--credentials`).
    ///
    /// Errors: as [`Socket::upgrade_client`].
    pub fn upgrade_server(self, credentials: &str) -> Result<(), ErrorCode> {
        tls::upgrade_server(self.0, credentials)
    }
}
