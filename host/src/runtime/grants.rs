//! What the operator grants a plugin beyond the sockets that it is handed.

use crate::net::{Ask, Tls, Trust};
use crate::pure::allow::AllowConnect;
use crate::pure::socket::{ErrorCode, TlsOptions};
use arc_swap::ArcSwap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Of one listener.
#[derive(Default)]
pub(super) struct Grants {
    /// Where its plugin may connect.
    allow: ArcSwap<AllowConnect>,
    /// What a reload of TLS replaces; workers read it without a lock.
    secrets: ArcSwap<Secrets>,
}

/// Certificates and keys, and whose are good.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    /// Whose certificates are good where the plugin connects.
    pub(super) trust: Trust,
    /// Certificates and keys, by the names that the plugin knows them by.
    pub(super) credentials: BTreeMap<String, Tls>,
}

impl Grants {
    pub(super) fn new(allow: AllowConnect, secrets: Secrets) -> Self {
        Self { allow: ArcSwap::from_pointee(allow), secrets: ArcSwap::from_pointee(secrets) }
    }

    /// What new connections go by.
    pub(super) fn allow(&self) -> Arc<AllowConnect> {
        self.allow.load_full()
    }

    /// Connections that are asked for from now on go by these.
    pub(super) fn set_allow(&self, allow: AllowConnect) {
        self.allow.store(Arc::new(allow));
    }

    /// Those that new handshakes use.
    pub(super) fn secrets(&self) -> Arc<Secrets> {
        self.secrets.load_full()
    }

    /// Handshakes that begin from now on use these.
    pub(super) fn set_secrets(&self, secrets: Secrets) {
        self.secrets.store(Arc::new(secrets));
    }

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
        self.secrets.load().credentials.get(name).cloned().ok_or(ErrorCode::InvalidArgument)
    }
}
