//! Connections that the plugin opens, and TLS as a client.
//!
//! The host of this version answers [`ErrorCode::Unsupported`].

pub use crate::bindings::sockdock::plugin::outbound::{ConnectOptions, TlsOptions};
use crate::{ErrorCode, Socket, host};

/// Begins to connect to `HOST:PORT`, `[ADDRESS]:PORT` or `unix:/path`. Either [`Plugin::open`](crate::Plugin::open)
/// follows or [`Plugin::connect_error`](crate::Plugin::connect_error); writes until then are queued.
///
/// Errors: `Unsupported` in this version of the host.
pub fn connect(address: &str, options: &ConnectOptions) -> Result<Socket, ErrorCode> {
    host::outbound::connect(address, options).map(Socket::from_id)
}

/// Plain, with the operator's time limit and no context.
#[allow(clippy::derivable_impls)] // The type is generated.
impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            tls: None,
            timeout_milliseconds: None,
            allow_half_open: false,
            context: Vec::new(),
        }
    }
}

/// The host part of the address as the server's name, no ALPN, no client certificate.
#[allow(clippy::derivable_impls)] // The type is generated.
impl Default for TlsOptions {
    fn default() -> Self {
        Self {
            server_name: None,
            alpn: Vec::new(),
            credentials: None,
        }
    }
}
