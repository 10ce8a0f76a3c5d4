//! Floor 1: sockets and TLS; nothing here knows of plugins.

mod accept;
mod address;
mod announced;
mod dial;
mod endpoint;
mod handshake;
mod hangup;
mod inherited;
mod listener;
mod readiness;
mod stream;
mod tls;
mod trust;

pub use accept::{Accepted, accept_loop, accept_rest};
pub use address::Bind;
pub use announced::read_announcement;
pub use dial::{dial_tcp, dial_unix, look_up};
pub use endpoint::{endpoint_of, socket_error};
pub use handshake::Handshake;
pub use hangup::HangupWatch;
pub use listener::{Bound, Owner, SocketOptions};
pub use stream::{Stream, Transport};
pub use tls::{ClientAuth, ClientRule, Passphrase, Tls, TlsCertificate, TlsSettings, TlsSource, TlsVersion};
pub use trust::{Ask, Trust, TrustSettings};
