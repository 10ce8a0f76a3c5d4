//! Connections that the plugin opens.

pub use crate::bindings::sockdock::plugin::outbound::{ConnectOptions, TlsOptions};
use crate::{ErrorCode, Socket, host};

/// Begins to connect to `HOST:PORT`, `[ADDRESS]:PORT` or `unix:/path`. Either [`Plugin::open`](crate::Plugin::open)
/// follows or [`Plugin::connect_error`](crate::Plugin::connect_error); writes until then are queued.
///
/// ```no_run
/// # use sockdock_guest::outbound::{connect, ConnectOptions};
/// let upstream = connect("10.0.0.7:5432", &ConnectOptions { allow_half_open: true, ..Default::default() })?;
/// # Ok::<(), sockdock_guest::ErrorCode>(())
/// ```
///
/// Errors: `NotAllowed` where no rule of the operator's (`--allow-connect`) permits the address, `InvalidArgument` for what isn't
/// one, or can't be asked for in a TLS handshake, `LimitExceeded`. What a look-up or the peer says comes by
/// `connect_error`: `NameResolution`, `NotAllowed` (the name's addresses aren't permitted), `Refused`, `Unreachable`,
/// `TimedOut`, `Tls`.
pub fn connect(address: &str, options: &ConnectOptions) -> Result<Socket, ErrorCode> {
    host::outbound::connect(address, options).map(Socket::from_id)
}

/// Plain, with the operator's time limit and no context.
#[allow(clippy::derivable_impls)] // The type is generated.
impl Default for ConnectOptions {
    fn default() -> Self {
        Self { tls: None, timeout_milliseconds: None, allow_half_open: false, context: Vec::new() }
    }
}

/// The host part of the address as the server's name, no ALPN, no client certificate.
#[allow(clippy::derivable_impls)] // The type is generated.
impl Default for TlsOptions {
    fn default() -> Self {
        Self { server_name: None, alpn: Vec::new(), credentials: None }
    }
}
