//! Which certificate a client gets.

use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// Certificates in the operator's order.
#[derive(Debug)]
pub struct Credentials {
    pairs: Vec<Arc<CertifiedKey>>,
}

impl Credentials {
    /// `pairs` isn't empty.
    pub fn new(pairs: Vec<Arc<CertifiedKey>>) -> Self {
        Self { pairs }
    }
}

impl ResolvesServerCert for Credentials {
    /// The first pair that fits the name and that the client can verify; else the first that it can verify.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let usable = || self.pairs.iter().filter(|pair| pair.key.choose_scheme(hello.signature_schemes()).is_some());
        let name = hello.server_name().and_then(|name| ServerName::try_from(name.to_owned()).ok());
        let named = name.and_then(|name| usable().find(|pair| is_for(pair, &name)));
        named.or_else(|| usable().next()).cloned()
    }
}

fn is_for(pair: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let Some(leaf) = pair.cert.first() else { return false };
    ParsedCertificate::try_from(leaf).is_ok_and(|leaf| rustls::client::verify_server_name(&leaf, name).is_ok())
}
