//! TLS as a server: certificates, keys and rules for clients, checked when they are read.

mod clients;
mod key_log;
mod keys;
mod names;
mod pbes2;
mod settings;
mod source;

pub use self::keys::Passphrase;
pub use self::settings::{ClientAuth, ClientRule, TlsCertificate, TlsSettings, TlsVersion};
pub use self::source::TlsSource;

use self::clients::Clients;
pub(super) use self::clients::Verdict;
use self::key_log::KeyLogTo;
use self::names::{Entries, Entry};
use crate::pure::error::{Error, Result};
use crate::pure::x509::Facts;
use rustls::crypto::CryptoProvider;
use rustls::server::ClientHello;
use rustls::sign::CertifiedKey;
use rustls::{KeyLog, NoKeyLog, ServerConfig, ServerConnection};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

/// The longest protocol name that ALPN can carry.
pub(super) const ALPN_BYTES: std::ops::RangeInclusive<usize> = 1..=255;

/// How a listener speaks TLS: [`TlsSettings`], read and checked. Clones share session tickets.
///
/// ```no_run
/// let tls = sockdock::Tls::from_pem_files("server.crt", "server.key")?.and_pem_files("other.crt", "other.key")?;
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone)]
pub struct Tls {
    inner: Arc<Inner>,
}

struct Inner {
    settings: TlsSettings,
    entries: Arc<Entries>,
    rules: Vec<Clients>,
    /// One for each rule: what is resumed under one was begun under it.
    configs: Vec<Arc<ServerConfig>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the keys.
        f.debug_struct("Tls").field("pairs", &self.inner.entries.0.len()).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads a certificate chain (PEM, leaf first) and its key (PEM: PKCS#8, PKCS#1 or SEC1).
    ///
    /// # Errors
    /// When a file can't be read, holds no certificate or key, or when the key isn't the certificate's.
    pub fn from_pem_files(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        Self::new(TlsSettings::new(TlsCertificate::new(certificate.as_ref(), key.as_ref())))
    }

    /// Adds a pair for other names. A client that asks for no name, or for one that no certificate has, gets the first.
    ///
    /// # Errors
    /// As [`Tls::from_pem_files`].
    pub fn and_pem_files(self, certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self> {
        let settings = self.inner.settings.clone();
        Self::new(settings.certificate(TlsCertificate::new(certificate.as_ref(), key.as_ref())))
    }

    /// What it was made from.
    pub fn settings(&self) -> &TlsSettings {
        &self.inner.settings
    }

    /// The same settings, with all files read again.
    ///
    /// # Errors
    /// As [`TlsSettings::build`].
    pub fn read_again(&self) -> Result<Self> {
        Self::new(self.inner.settings.clone())
    }

    pub(super) fn new(settings: TlsSettings) -> Result<Self> {
        // Given explicitly: a process-wide default would be an accident of what else is linked.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        if settings.certificates.is_empty() {
            return Err(Error::configuration("TLS without a certificate").hint("give a certificate and its key"));
        }
        let mut rules = vec![Clients::new(&settings.clients, &provider)?];
        let mut entries = Vec::new();
        for certificate in &settings.certificates {
            let rule = match &certificate.clients {
                Some(own) if *own != settings.clients => {
                    rules.push(Clients::new(own, &provider)?);
                    rules.len() - 1
                }
                _ => 0,
            };
            let names = certificate.server_names.iter().map(|name| names::server_name(name)).collect::<Result<_>>()?;
            entries.push(Entry { pair: read_pair(&provider, certificate)?, names, rule });
        }
        let entries = Arc::new(Entries(entries));
        let alpn = protocols(&settings.alpn)?;
        let key_log: Arc<dyn KeyLog> = match &settings.key_log {
            Some(file) => Arc::new(KeyLogTo::open(file)?),
            None => Arc::new(NoKeyLog {}),
        };
        let config = |clients: &Clients| {
            let mut config = ServerConfig::builder_with_provider(provider.clone())
                .with_protocol_versions(settings.min_version.and_newer())
                .map_err(unsupported)?
                .with_client_cert_verifier(clients.verifier())
                .with_cert_resolver(entries.clone());
            // Tickets cost the server no memory per session. They are sealed by a key of this configuration's own: what a reload has
            // replaced, and the rule for another name, can't be resumed past.
            config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(unsupported)?;
            config.alpn_protocols = alpn.clone();
            config.key_log = key_log.clone();
            Ok(Arc::new(config))
        };
        let configs = rules.iter().map(config).collect::<Result<_>>()?;
        Ok(Self { inner: Arc::new(Inner { settings, entries, rules, configs }) })
    }

    /// The first pair, to be shown to a server that asks for a certificate.
    pub(super) fn first(&self) -> Option<Arc<CertifiedKey>> {
        self.inner.entries.0.first().map(|entry| entry.pair.clone())
    }

    /// Whether both are one, so that a reload makes one of them again.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The only configuration, if nothing in a ClientHello can lead to another.
    pub(super) fn only(&self) -> Option<Arc<ServerConfig>> {
        match &*self.inner.configs {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// What this client is served by, and the place of its rule.
    pub(super) fn chosen(&self, hello: &ClientHello<'_>) -> Option<(usize, Arc<ServerConfig>)> {
        let rule = self.inner.entries.rule(hello, &self.inner.rules);
        Some((rule, self.inner.configs.get(rule)?.clone()))
    }

    /// After a handshake under that rule.
    pub(super) fn judge(&self, rule: usize, connection: &ServerConnection) -> io::Result<Verdict> {
        let rule = self.inner.rules.get(rule).ok_or_else(|| io::Error::other("no rule for clients"))?;
        rule.judge(connection)
    }

    /// What was read, for a report: each certificate's source, and the SHA-256 of the leaf in it.
    pub(crate) fn fingerprints(&self) -> BTreeMap<String, String> {
        let sources = self.inner.settings.certificates.iter().map(|certificate| certificate.chain.to_string());
        let leaves =
            self.inner.entries.0.iter().map(|entry| entry.pair.cert.first().map(|leaf| sha256(leaf)).unwrap_or_default());
        sources.zip(leaves).collect()
    }

    /// Each certificate's source, and the leaf's own facts.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (String, Facts)> {
        let sources = self.inner.settings.certificates.iter().map(|certificate| certificate.chain.to_string());
        let leaves = self.inner.entries.0.iter().map(|entry| Facts::read(entry.pair.cert.first()?));
        sources.zip(leaves).filter_map(|(source, facts)| Some((source, facts?)))
    }

    /// Where it writes its sessions' keys, if it does.
    pub(crate) fn key_log(&self) -> Option<&PathBuf> {
        self.inner.settings.key_log.as_ref()
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unsupported(error: rustls::Error) -> Error {
    Error::host(format!("TLS: {error}"))
}

/// Checked, in the shape that goes over the wire.
fn protocols(names: &[String]) -> Result<Vec<Vec<u8>>> {
    match names.iter().find(|name| !ALPN_BYTES.contains(&name.len())) {
        Some(name) => Err(Error::configuration(format!("ALPN protocol '{name}' can't be one")).hint("use 1 to 255 bytes, as h2")),
        None => Ok(names.iter().map(|name| name.clone().into_bytes()).collect()),
    }
}

fn read_pair(provider: &CryptoProvider, certificate: &TlsCertificate) -> Result<Arc<CertifiedKey>> {
    let chain = certificate.chain.certificates()?;
    let private = keys::read_key(&certificate.key, certificate.passphrase.as_ref())?;
    let TlsCertificate { chain: chain_source, key, .. } = certificate;
    let signing = provider.key_provider.load_private_key(private).map_err(|error| {
        Error::configuration(format!("{key}: the key can't be used: {error}")).hint("use an RSA, ECDSA or Ed25519 key")
    })?;
    let pair = CertifiedKey::new(chain, signing);
    match pair.keys_match() {
        Ok(()) => Ok(Arc::new(pair)),
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(Arc::new(pair)),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(Error::configuration(format!("{key} isn't the key of the certificate in {chain_source}"))
                .hint("give the pair that belongs together; the server's own certificate comes first in its file"))
        }
        Err(error) => Err(Error::configuration(format!("{chain_source}: the certificate can't be used: {error}"))),
    }
}
