//! What an operator or embedder says about TLS: plain values, from flags, a file or a program.

use super::Tls;
use super::keys::Passphrase;
use super::source::TlsSource;
use crate::pure::error::{Error, Result};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Whether clients are asked for a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClientAuth {
    /// No.
    #[default]
    None,
    /// Yes; one without a good one passes, and the plugin's `handshake` hears why it isn't verified.
    Optional,
    /// Yes; without a good one there is no connection.
    Required,
}

impl FromStr for ClientAuth {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "none" => Ok(Self::None),
            "optional" => Ok(Self::Optional),
            "required" => Ok(Self::Required),
            other => Err(Error::configuration(format!("client authentication '{other}' makes no sense"))
                .hint("use none, optional or required")),
        }
    }
}

impl fmt::Display for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::Required => "required",
        })
    }
}

/// The lowest version of TLS that is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2. Older ones are broken and not supported.
    #[default]
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl TlsVersion {
    pub(in crate::net) fn and_newer(self) -> &'static [&'static rustls::SupportedProtocolVersion] {
        match self {
            Self::Tls12 => rustls::ALL_VERSIONS,
            Self::Tls13 => ONLY_TLS13,
        }
    }
}

static ONLY_TLS13: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13];

impl FromStr for TlsVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "1.2" => Ok(Self::Tls12),
            "1.3" => Ok(Self::Tls13),
            other => Err(Error::configuration(format!("TLS version '{other}' isn't supported")).hint("use 1.2 or 1.3")),
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        })
    }
}

/// What clients have to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientRule {
    /// Whether they are asked.
    pub auth: ClientAuth,
    /// The authorities whose certificates are good.
    pub authorities: Vec<TlsSource>,
    /// Certificates that these have revoked. With any given, every authority below the trusted ones needs a current list.
    pub revocation_lists: Vec<TlsSource>,
}

/// A certificate and its key.
#[derive(Clone, Debug)]
pub struct TlsCertificate {
    /// The certificate, then those between it and an authority.
    pub chain: TlsSource,
    /// Its key: PKCS#8 (also encrypted), PKCS#1 or SEC1.
    pub key: TlsSource,
    /// The key's passphrase, where it is encrypted.
    pub passphrase: Option<Passphrase>,
    /// The names that choose it (`a.example`, `*.a.example`); those in the certificate if none is given.
    pub server_names: Vec<String>,
    /// What clients that ask for one of its names have to show, where that differs from the listener's rule.
    pub clients: Option<ClientRule>,
}

impl TlsCertificate {
    /// The certificate and the key.
    pub fn new(chain: impl Into<TlsSource>, key: impl Into<TlsSource>) -> Self {
        Self { chain: chain.into(), key: key.into(), passphrase: None, server_names: Vec::new(), clients: None }
    }

    /// Where the key's passphrase is.
    #[must_use]
    pub fn passphrase(mut self, passphrase: Passphrase) -> Self {
        self.passphrase = Some(passphrase);
        self
    }

    /// One more name that chooses it, in place of those in the certificate.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_names.push(name.into());
        self
    }

    /// What clients that ask for one of its names have to show.
    #[must_use]
    pub fn clients(mut self, rule: ClientRule) -> Self {
        self.clients = Some(rule);
        self
    }
}

/// How a listener speaks TLS.
///
/// ```no_run
/// use sockdock::{ClientAuth, TlsCertificate, TlsSettings, TlsVersion};
/// use std::path::Path;
/// let certificate = TlsCertificate::new(Path::new("chain.pem"), Path::new("key.pem"));
/// let tls = TlsSettings::new(certificate)
///     .client_auth(ClientAuth::Required)
///     .client_ca(Path::new("clients.pem"))
///     .alpn(["h2"])
///     .min_version(TlsVersion::Tls13)
///     .build()?;
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// At least one; chosen by the name that a client asks for and the keys that it can verify, in this order.
    pub certificates: Vec<TlsCertificate>,
    /// What clients have to show. A client that asks for no name, or for one that nobody has, gets the strictest rule there is.
    pub clients: ClientRule,
    /// Application protocols, the most wanted first; a client that asks for others alone is turned away. None: not negotiated.
    pub alpn: Vec<String>,
    /// The lowest version.
    pub min_version: TlsVersion,
    /// Where every session's keys are written, for debugging: whoever has the file can read the traffic.
    pub key_log: Option<PathBuf>,
}

impl TlsSettings {
    /// With this certificate.
    pub fn new(certificate: TlsCertificate) -> Self {
        Self { certificates: vec![certificate], ..Self::default() }
    }

    /// With one more.
    #[must_use]
    pub fn certificate(mut self, certificate: TlsCertificate) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// Whether clients are asked for a certificate.
    #[must_use]
    pub fn client_auth(mut self, auth: ClientAuth) -> Self {
        self.clients.auth = auth;
        self
    }

    /// Authorities whose clients' certificates are good.
    #[must_use]
    pub fn client_ca(mut self, authorities: impl Into<TlsSource>) -> Self {
        self.clients.authorities.push(authorities.into());
        self
    }

    /// Clients' certificates that have been revoked.
    #[must_use]
    pub fn client_crl(mut self, list: impl Into<TlsSource>) -> Self {
        self.clients.revocation_lists.push(list.into());
        self
    }

    /// Application protocols, the most wanted first.
    #[must_use]
    pub fn alpn<P: Into<String>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.alpn = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// The lowest version.
    #[must_use]
    pub fn min_version(mut self, version: TlsVersion) -> Self {
        self.min_version = version;
        self
    }

    /// Where every session's keys are written.
    #[must_use]
    pub fn key_log(mut self, file: impl Into<PathBuf>) -> Self {
        self.key_log = Some(file.into());
        self
    }

    /// Reads and checks all of it.
    ///
    /// # Errors
    /// What is wrong, in which file, and what to do.
    pub fn build(self) -> Result<Tls> {
        Tls::new(self)
    }
}
