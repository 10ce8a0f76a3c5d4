//! What the operator grants a plugin beyond the sockets that it is handed.

use crate::net::{Ask, Tls, Trust};
use crate::pure::allow::AllowConnect;
use crate::pure::socket::{ErrorCode, TlsOptions};
use std::collections::BTreeMap;

/// Of one listener.
pub(super) struct Grants {
    /// Where its plugin may connect.
    pub(super) allow: AllowConnect,
    /// Whose certificates are good there; or why nobody's are.
    pub(super) trust: Result<Trust, String>,
    /// Certificates and keys, by the names that the plugin knows them by.
    pub(super) credentials: BTreeMap<String, Tls>,
}

impl Default for Grants {
    /// Nothing.
    fn default() -> Self {
        Self { allow: AllowConnect::default(), trust: Err("nothing is granted".to_owned()), credentials: BTreeMap::new() }
    }
}

impl Grants {
    /// What to ask for in a TLS handshake with a server that is known as `host`, if as anything.
    ///
    /// # Errors
    /// `invalid-argument` for a name or protocol that can't be asked for, and for unknown credentials.
    pub(super) fn ask(&self, options: TlsOptions, host: Option<String>) -> Result<Ask, ErrorCode> {
        let name = options.server_name.or(host).ok_or(ErrorCode::InvalidArgument)?;
        let credentials = options.credentials.map(|name| self.credentials(&name)).transpose()?;
        Ask::new(&name, options.alpn, credentials).ok_or(ErrorCode::InvalidArgument)
    }

    /// A certificate and key by its name.
    ///
    /// # Errors
    /// `invalid-argument` where there is none.
    pub(super) fn credentials(&self, name: &str) -> Result<Tls, ErrorCode> {
        self.credentials.get(name).cloned().ok_or(ErrorCode::InvalidArgument)
    }
}
