//! The words of the contract (`wit/types.wit`) as plain Rust values.

use std::fmt;

/// Names a socket for as long as the host lives; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u64);

/// Connections that one table can hold.
pub const MAX_CONNECTIONS: usize = 1 << 24;

/// Bits in which an id says how many bits its key has: a place in [`KEY_BITS`].
const WIDTH_BITS: u32 = 2;

/// How many bits a key may have. Low keys, which a table fills first, take few, so that the serial number has room below
/// 2^53: beyond that JavaScript's numbers aren't exact, and some of its compilers give it ids as numbers.
const KEY_BITS: [u32; 1 << WIDTH_BITS] = [8, 12, 16, MAX_CONNECTIONS.trailing_zeros()];

// An id is, from its lowest bit on, the width, the key (where in its table the socket stands) and a serial number of the
// host's: found without hashing, and yet never reused.
impl SocketId {
    /// The id of the socket with this serial number at this place of its table.
    pub fn new(serial: u64, key: usize) -> Self {
        let (key, last) = (key as u64 & (MAX_CONNECTIONS as u64 - 1), KEY_BITS.len() - 1);
        let width = KEY_BITS.iter().position(|bits| key >> bits == 0).unwrap_or(last);
        let bits = KEY_BITS.get(width).copied().unwrap_or_default();
        Self((((serial << bits) | key) << WIDTH_BITS) | width as u64)
    }

    /// Its place in its table, if the table has it.
    pub fn key(self) -> usize {
        let width = (self.0 & (KEY_BITS.len() as u64 - 1)) as usize;
        let bits = KEY_BITS.get(width).copied().unwrap_or_default();
        ((self.0 >> WIDTH_BITS) & ((1 << bits) - 1)) as usize
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_lead_to_their_keys_and_are_never_the_same() {
        let keys = [0, 1, 255, 256, 4_095, 4_096, 65_535, 65_536, MAX_CONNECTIONS - 1];
        let serials = [1, 2, 3, 255, 256, 1 << 20, 1 << 30];
        let ids: HashSet<u64> = serials
            .iter()
            .flat_map(|serial| keys.map(|key| (*serial, key)))
            .map(|(serial, key)| {
                let id = SocketId::new(serial, key);
                assert_eq!(id.key(), key, "serial {serial}");
                id.0
            })
            .collect();
        assert_eq!(ids.len(), keys.len() * serials.len());
    }

    #[test]
    fn ids_are_exact_as_javascripts_numbers() {
        const EXACT: u64 = 1 << 53;
        // As many connections in a host's life, with so many at once.
        for (connections, at_once) in [(1 << 38, 4_096), (1 << 34, 65_536)] {
            assert!(SocketId::new(connections, at_once - 1).0 < EXACT, "{at_once}");
        }
    }
}
