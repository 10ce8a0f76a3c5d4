//! The words of the contract (`wit/types.wit`) as plain Rust values.

use std::fmt;

/// Names a socket for as long as the host lives; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u64);

/// Bits of an id that say where in its table the socket stands; the rest is a serial number of the host's, so that an id is
/// found without hashing and yet never reused.
const KEY_BITS: u32 = 24;

/// Connections that one table can hold.
pub const MAX_CONNECTIONS: usize = 1 << KEY_BITS;

impl SocketId {
    /// The id of the socket with this serial number at this place of its table.
    pub fn new(serial: u64, key: usize) -> Self {
        Self((serial << KEY_BITS) | (key as u64 & (MAX_CONNECTIONS as u64 - 1)))
    }

    /// Its place in its table, if the table has it.
    pub fn key(self) -> usize {
        (self.0 & (MAX_CONNECTIONS as u64 - 1)) as usize
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// `types.error-code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "complete, as the contract is; client sockets will use the rest")]
pub enum ErrorCode {
    /// The socket is closed, closing, or not the caller's.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// Nothing listens there.
    Refused,
    /// No route to the peer.
    Unreachable,
    /// Took longer than allowed.
    TimedOut,
    /// The name has no address.
    NameResolution,
    /// The TLS handshake or a TLS record failed.
    Tls,
    /// The operator, or the moment (a snapshot, a candidate's start), doesn't allow it.
    NotAllowed,
    /// The argument makes no sense.
    InvalidArgument,
    /// A limit of the listener is reached.
    LimitExceeded,
    /// The same is under way already.
    InProgress,
    /// This host, or this kind of socket, can't.
    Unsupported,
    /// Another error of the operating system.
    Io,
    /// Anything else.
    Other,
}

/// `types.socket-error`: why a connection failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketError {
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
}

/// `types.close-info`: how a connection ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseInfo {
    /// None: a local end, or a clean end by both sides.
    pub error: Option<SocketError>,
    /// Bytes that `write` took and that never reached the kernel.
    pub unsent: u64,
}

/// `types.endpoint`: an address and port; a unix socket's path and 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The IP address, or the path of a unix socket (empty: unnamed).
    pub address: String,
    /// The port; 0 for a unix socket.
    pub port: u16,
}

/// `types.state`: what one generation hands to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The plugin's own name for the shape of `data`.
    pub version: String,
    /// The plugin's bytes.
    pub data: Vec<u8>,
}

/// `logging.level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Finest.
    Trace,
    /// For debugging.
    Debug,
    /// Normal.
    Info,
    /// Unexpected, survivable.
    Warn,
    /// Failed.
    Error,
}

/// `tls.session-info`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: String,
    /// IANA name of the cipher suite.
    pub cipher: String,
    /// The protocol agreed on by ALPN.
    pub alpn: Option<String>,
    /// The name the client asked for.
    pub server_name: Option<String>,
    /// Whether the session was resumed.
    pub resumed: bool,
    /// Whether the peer showed a certificate that was verified.
    pub verified: bool,
}

/// `outbound.tls-options`: how a client handshake is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// The name to ask for and to verify; none: the host part of the address.
    pub server_name: Option<String>,
    /// Protocols offered by ALPN, most wanted first.
    pub alpn: Vec<String>,
    /// The name of a certificate and key that the operator has configured, to show to the server.
    pub credentials: Option<String>,
}

/// `outbound.connect-options`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// Some: speak TLS.
    pub tls: Option<TlsOptions>,
    /// How long to try, in milliseconds; none: the host's own bound.
    pub timeout_milliseconds: Option<u32>,
    /// Keep the socket open for writing after the peer's FIN.
    pub allow_half_open: bool,
    /// The new socket's context.
    pub context: Vec<u8>,
}
