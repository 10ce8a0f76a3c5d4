//! The operating system's addresses and errors in the contract's words.

use crate::pure::socket::{Endpoint, ErrorCode, SocketError};
use rustix::net::{SocketAddrAny, SocketAddrUnix};
use std::io;
use std::net::SocketAddr;

/// A socket address as `types.endpoint`. Unnamed unix sockets have an empty address, abstract names begin with `@`.
pub fn endpoint_of(address: &SocketAddrAny) -> Endpoint {
    if let Ok(ip) = SocketAddr::try_from(address.clone()) {
        return Endpoint { address: ip.ip().to_string(), port: ip.port() };
    }
    let path = SocketAddrUnix::try_from(address.clone()).ok().and_then(|unix| match unix.abstract_name() {
        // Unnamed ones have a name without bytes.
        Some(name) if !name.is_empty() => Some(format!("@{}", String::from_utf8_lossy(name))),
        _ => unix.path().map(|path| String::from_utf8_lossy(path.to_bytes()).into_owned()),
    });
    Endpoint { address: path.unwrap_or_default(), port: 0 }
}

/// An error of a read or write as `types.socket-error`.
pub fn socket_error(error: &io::Error) -> SocketError {
    use io::ErrorKind as Kind;
    let code = match error.kind() {
        // EPIPE: the reset had been reported to an earlier call.
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => ErrorCode::Reset,
        Kind::ConnectionRefused => ErrorCode::Refused,
        // Not found: no unix socket has that path.
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown | Kind::NotFound => ErrorCode::Unreachable,
        Kind::TimedOut => ErrorCode::TimedOut,
        // What rustls says comes as InvalidData; a missing close_notify as UnexpectedEof.
        Kind::InvalidData | Kind::UnexpectedEof => ErrorCode::Tls,
        _ => ErrorCode::Io,
    };
    let message = match error.kind() {
        Kind::UnexpectedEof => "the peer closed the connection without TLS close_notify: data may be missing".to_owned(),
        _ => error.to_string(),
    };
    SocketError { code, message }
}
