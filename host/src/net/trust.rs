//! TLS as a client: whose certificates are good, and the handshake.

use super::stream::{Secure, Stream, Transport};
use super::tls::{Tls, read_chain};
use crate::pure::error::{Error, Result};
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};
use tokio_rustls::TlsConnector;

/// The longest protocol name that ALPN can carry.
const ALPN_BYTES: std::ops::RangeInclusive<usize> = 1..=255;

/// Which servers' certificates are good, for connections that plugins make.
#[derive(Clone)]
pub struct Trust {
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    /// Shared by all connections, so that a second one to the same server takes the short way.
    resumption: Resumption,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

impl Trust {
    /// What the operating system trusts.
    ///
    /// # Errors
    /// When it names no authority.
    pub fn platform() -> Result<Self> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = Verifier::new(provider.clone()).map_err(|error| {
            Error::configuration(format!("the system's trusted certificates can't be used: {error}"))
                .hint("install them (Debian: ca-certificates), or name a file: --connect-ca FILE")
        })?;
        Ok(Self::new(provider, Arc::new(verifier)))
    }

    /// The authorities in a PEM file, and no others.
    ///
    /// # Errors
    /// When the file can't be read, or has no certificate that can be trusted.
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let unusable = |error: &dyn fmt::Display| Error::configuration(format!("{}: can't be trusted: {error}", path.display()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        for certificate in read_chain(path)? {
            roots.add(certificate).map_err(|error| unusable(&error))?;
        }
        let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| unusable(&error))?;
        Ok(Self::new(provider, verifier))
    }

    fn new(provider: Arc<CryptoProvider>, verifier: Arc<dyn ServerCertVerifier>) -> Self {
        Self { provider, verifier, resumption: Resumption::default() }
    }

    fn config(&self, alpn: &[String], credentials: Option<Arc<CertifiedKey>>) -> io::Result<ClientConfig> {
        let config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            // Not less safe than roots: it is a verifier that checks.
            .dangerous()
            .with_custom_certificate_verifier(self.verifier.clone());
        let mut config = match credentials {
            Some(pair) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair))),
            None => {
                let mut config = config.with_no_client_auth();
                // Not shared with those who show something.
                config.resumption = self.resumption.clone();
                config
            }
        };
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(config)
    }
}

/// What a client asks for in its handshake.
#[derive(Debug)]
pub struct Ask {
    name: ServerName<'static>,
    alpn: Vec<String>,
    credentials: Option<Tls>,
}

impl Ask {
    /// A server of this name (or address), the protocols that it may choose from, and what it is shown if it asks; none where these
    /// can't be asked for.
    pub fn new(name: &str, alpn: Vec<String>, credentials: Option<Tls>) -> Option<Self> {
        let name = ServerName::try_from(name.to_owned()).ok()?;
        alpn.iter().all(|protocol| ALPN_BYTES.contains(&protocol.len())).then_some(Self { name, alpn, credentials })
    }

    /// The client's side of a handshake; bounded in time by the caller.
    ///
    /// # Errors
    /// When the server's certificate isn't good for the name, or the two don't understand each other.
    pub async fn handshake(self, trust: &Trust, transport: Transport) -> io::Result<Stream> {
        let config = Arc::new(trust.config(&self.alpn, self.credentials.and_then(|credentials| credentials.first()))?);
        let server_name = self.name.to_str().into_owned();
        let stream = TlsConnector::from(config).connect(self.name, transport).await?;
        Ok(Stream::Tls(Box::new(Secure { tls: stream.into(), server_name: Some(server_name), verified: true })))
    }
}
