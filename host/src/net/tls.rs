//! TLS for listeners: certificates and keys, checked when they are read; the handshake.

use super::resolver::Credentials;
use super::stream::{Secure, Stream, Transport};
use crate::pure::error::{Error, Result};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};
use tokio_rustls::TlsAcceptor;

/// Certificates and keys of a listener: one pair, or several that are chosen by the name that the client asks for.
///
/// ```no_run
/// let tls = sockdock::Tls::from_pem_files("server.crt", "server.key")?.and_pem_files("other.crt", "other.key")?;
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone)]
pub struct Tls {
    provider: Arc<CryptoProvider>,
    pairs: Vec<Arc<CertifiedKey>>,
    config: Arc<rustls::ServerConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the keys.
        f.debug_struct("Tls").field("pairs", &self.pairs.len()).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads a certificate chain (PEM, leaf first) and its key (PEM: PKCS#8, PKCS#1 or SEC1).
    ///
    /// # Errors
    /// When a file can't be read, holds no certificate or key, or when the key isn't the certificate's.
    pub fn from_pem_files(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        // Given explicitly: a process-wide default would be an accident of what else is linked.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let pair = read_pair(&provider, certificate.as_ref(), key.as_ref())?;
        Self::build(provider, vec![pair])
    }

    /// Adds a pair for other names. A client that asks for no name, or for one that no certificate has, gets the first.
    ///
    /// # Errors
    /// As [`Tls::from_pem_files`].
    pub fn and_pem_files(mut self, certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        self.pairs.push(read_pair(&self.provider, certificate.as_ref(), key.as_ref())?);
        Self::build(self.provider, self.pairs)
    }

    /// The first pair, to be shown to a server that asks for a certificate.
    pub(super) fn first(&self) -> Option<Arc<CertifiedKey>> {
        self.pairs.first().cloned()
    }

    fn build(provider: Arc<CryptoProvider>, pairs: Vec<Arc<CertifiedKey>>) -> Result<Self> {
        let credentials = Arc::new(Credentials::new(pairs.clone()));
        let mut config = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::host(format!("TLS: {error}")))?
            .with_no_client_auth()
            .with_cert_resolver(credentials);
        // Tickets cost the server no memory per session.
        config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(|error| Error::host(format!("TLS: {error}")))?;
        Ok(Self { provider, pairs, config: Arc::new(config) })
    }
}

/// The server's side of a handshake; bounded in time by the caller.
pub async fn handshake(tls: &Tls, transport: Transport) -> io::Result<Stream> {
    let stream = TlsAcceptor::from(tls.config.clone()).accept(transport).await?;
    let server_name = stream.get_ref().1.server_name().map(str::to_owned);
    // No client is asked for a certificate yet.
    Ok(Stream::Tls(Box::new(Secure { tls: stream.into(), server_name, verified: false })))
}

fn read_pair(provider: &CryptoProvider, certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>> {
    let chain = read_chain(certificate)?;
    let private = read_key(key)?;
    let signing = provider.key_provider.load_private_key(private).map_err(|error| {
        Error::configuration(format!("{}: the key can't be used: {error}", key.display()))
            .hint("use an RSA, ECDSA or Ed25519 key")
    })?;
    let pair = CertifiedKey::new(chain, signing);
    match pair.keys_match() {
        Ok(()) => Ok(Arc::new(pair)),
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(Arc::new(pair)),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(Error::configuration(format!("{} isn't the key of the certificate in {}", key.display(), certificate.display()))
                .hint("give the pair that belongs together; the server's own certificate comes first in its file"))
        }
        Err(error) => Err(Error::configuration(format!("{}: the certificate can't be used: {error}", certificate.display()))),
    }
}

pub(super) fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let bytes = read(path, "certificate")?;
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().map_err(|error| bad_pem(path, &error))?;
    if chain.is_empty() {
        return Err(Error::configuration(format!("{}: no certificate in it", path.display()))
            .hint("the file must be PEM, with -----BEGIN CERTIFICATE----- in it"));
    }
    Ok(chain)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    use rustls::pki_types::pem::Error as Pem;
    let bytes = read(path, "key")?;
    if bytes.windows(9).any(|window| window == b"ENCRYPTED") {
        return Err(Error::configuration(format!("{}: the key is encrypted", path.display()))
            .hint("decrypt it: openssl pkey -in KEY -out PLAIN-KEY"));
    }
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        Pem::NoItemsFound => Error::configuration(format!("{}: no private key in it", path.display()))
            .hint("the file must be PEM, with -----BEGIN PRIVATE KEY----- (or RSA or EC PRIVATE KEY) in it"),
        error => bad_pem(path, &error),
    })
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        Error::configuration(format!("{what} file {}: {error}", path.display())).hint("name a PEM file that this user may read")
    })
}

fn bad_pem(path: &Path, error: &rustls::pki_types::pem::Error) -> Error {
    Error::configuration(format!("{}: not valid PEM: {error}", path.display()))
}
