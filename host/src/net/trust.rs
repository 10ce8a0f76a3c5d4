//! TLS as a client: whose certificates are good, and what is asked for.

use super::tls::{ALPN_BYTES, Tls, TlsSource, TlsVersion, Verdict};
use crate::pure::error::{Error, Result};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io};
use tokio::sync::OnceCell;

/// What an operator or embedder says about servers that are connected to by TLS.
#[derive(Clone, Debug, Default)]
pub struct TrustSettings {
    /// The authorities whose certificates are good; those that the system trusts if none is given.
    pub authorities: Vec<TlsSource>,
    /// Connections stand whatever the server shows; the plugin's `handshake` hears what is wrong with it.
    pub insecure: bool,
    /// The lowest version.
    pub min_version: TlsVersion,
}

impl TrustSettings {
    /// Reads and checks the authorities. Those of the system are read when the first connection needs them, since that takes long.
    ///
    /// # Errors
    /// When a file can't be read, or has no certificate that can be trusted.
    pub fn build(self) -> Result<Trust> {
        let ready = OnceCell::new();
        if !self.authorities.is_empty() {
            // The cell is empty, so it is set.
            let _ = ready.set(Ready::given(&self)?);
        }
        Ok(Trust { inner: Arc::new(Inner { settings: self, ready }) })
    }
}

/// Which servers' certificates are good, for connections that plugins make: [`TrustSettings`], read and checked.
#[derive(Clone)]
pub struct Trust {
    inner: Arc<Inner>,
}

struct Inner {
    settings: TrustSettings,
    ready: OnceCell<Ready>,
}

impl Default for Trust {
    /// What the system trusts, read when it is first needed.
    fn default() -> Self {
        Self { inner: Arc::new(Inner { settings: TrustSettings::default(), ready: OnceCell::new() }) }
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

impl Trust {
    /// What the operating system trusts, read now.
    ///
    /// # Errors
    /// When it names no authority.
    pub fn platform() -> Result<Self> {
        let settings = TrustSettings::default();
        let ready = OnceCell::new_with(Some(Ready::platform(&settings)?));
        Ok(Self { inner: Arc::new(Inner { settings, ready }) })
    }

    /// The authorities in a PEM file, and no others.
    ///
    /// # Errors
    /// When the file can't be read, or has no certificate that can be trusted.
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<Self> {
        TrustSettings { authorities: vec![path.as_ref().into()], ..TrustSettings::default() }.build()
    }

    /// The same settings, with all files read again, and what the system trusts if that was in use.
    ///
    /// # Errors
    /// As [`TrustSettings::build`] and [`Trust::platform`].
    pub fn read_again(&self) -> Result<Self> {
        let settings = self.inner.settings.clone();
        if settings.authorities.is_empty() && self.inner.ready.initialized() {
            let ready = OnceCell::new_with(Some(Ready::platform(&settings)?));
            return Ok(Self { inner: Arc::new(Inner { settings, ready }) });
        }
        settings.build()
    }

    /// Whether connections stand whatever the server shows.
    pub(crate) fn is_insecure(&self) -> bool {
        self.inner.settings.insecure
    }

    /// What a handshake needs. The first call may read the system's certificates: off this thread, since it takes long.
    pub(super) async fn ready(&self) -> io::Result<&Ready> {
        let load = || async {
            let settings = self.inner.settings.clone();
            let loading = tokio::task::spawn_blocking(move || Ready::platform(&settings)).await;
            loading.map_err(io::Error::other)?.map_err(|error| io::Error::other(error.to_string()))
        };
        self.inner.ready.get_or_try_init(load).await
    }

    /// What [`Self::ready`] has brought.
    pub(super) fn now(&self) -> io::Result<&Ready> {
        self.inner.ready.get().ok_or_else(|| io::Error::other("the trusted certificates aren't read yet"))
    }
}

/// Verifiers, made.
pub(super) struct Ready {
    provider: Arc<CryptoProvider>,
    min_version: TlsVersion,
    /// Says what is good; none where there is nothing to say it by.
    judge: Option<Arc<dyn ServerCertVerifier>>,
    /// Acts during a handshake.
    verifier: Arc<dyn ServerCertVerifier>,
    insecure: bool,
    /// Shared by all connections, so that a second one to the same server takes the short way. It goes with the authorities: what was
    /// begun under others isn't resumed.
    resumption: Resumption,
    /// One for all: a session is resumed only with the same.
    nobody: Arc<dyn ResolvesClientCert>,
}

impl Ready {
    fn given(settings: &TrustSettings) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        let mut named = String::new();
        for source in &settings.authorities {
            named = source.to_string();
            let unusable = |error: &dyn fmt::Display| Error::configuration(format!("{source}: can't be trusted: {error}"));
            for certificate in source.certificates()? {
                roots.add(certificate).map_err(|error| unusable(&error))?;
            }
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| Error::configuration(format!("{named}: can't be trusted: {error}")))?;
        Ok(Self::new(settings, provider, Some(verifier)))
    }

    fn platform(settings: &TrustSettings) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        match Verifier::new(provider.clone()) {
            Ok(verifier) => Ok(Self::new(settings, provider, Some(Arc::new(verifier)))),
            // Nothing depends on it then.
            Err(_) if settings.insecure => Ok(Self::new(settings, provider, None)),
            Err(error) => Err(Error::configuration(format!("the system's trusted certificates can't be used: {error}"))
                .hint("install them (Debian: ca-certificates), or name a file: --connect-ca FILE")),
        }
    }

    fn new(settings: &TrustSettings, provider: Arc<CryptoProvider>, judge: Option<Arc<dyn ServerCertVerifier>>) -> Self {
        let verifier: Arc<dyn ServerCertVerifier> = match &judge {
            Some(judge) if !settings.insecure => judge.clone(),
            _ => Arc::new(Lenient(provider.clone())),
        };
        Self {
            provider,
            min_version: settings.min_version,
            judge,
            verifier,
            insecure: settings.insecure,
            resumption: Resumption::default(),
            nobody: Arc::new(Nobody),
        }
    }

    pub(super) fn config(&self, ask: &Ask) -> io::Result<ClientConfig> {
        let config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(self.min_version.and_newer())
            .map_err(io::Error::other)?
            // Not less safe than roots, unless somebody has asked for that: it is a verifier that checks.
            .dangerous()
            .with_custom_certificate_verifier(self.verifier.clone());
        let mut config = match &ask.credentials {
            // Their sessions aren't shared with those who show nothing.
            Some(pair) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(pair.clone()))),
            None => {
                let mut config = config.with_client_cert_resolver(self.nobody.clone());
                config.resumption = self.resumption.clone();
                config
            }
        };
        config.alpn_protocols = ask.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(config)
    }

    /// After a handshake with the server of this name.
    pub(super) fn judge(&self, name: &ServerName<'_>, connection: &ClientConnection) -> Verdict {
        if !self.insecure {
            return Verdict { verified: true, objection: None };
        }
        let verdict = match (&self.judge, connection.peer_certificates()) {
            (None, _) => Err("not checked: the system trusts no authority".to_owned()),
            (Some(judge), Some([leaf, between @ ..])) => {
                let verified = judge.verify_server_cert(leaf, between, name, &[], UnixTime::now());
                verified.map(drop).map_err(|error| error.to_string())
            }
            (Some(_), _) => Err("the server showed no certificate".to_owned()),
        };
        Verdict { verified: verdict.is_ok(), objection: verdict.err() }
    }
}

/// What a client asks for in its handshake.
#[derive(Debug)]
pub struct Ask {
    pub(super) name: ServerName<'static>,
    pub(super) alpn: Vec<String>,
    credentials: Option<Arc<CertifiedKey>>,
}

impl Ask {
    /// A server of this name (or address), the protocols that it may choose from, and what it is shown if it asks; none where these
    /// can't be asked for.
    pub fn new(name: &str, alpn: Vec<String>, credentials: Option<Tls>) -> Option<Self> {
        let name = ServerName::try_from(name.to_owned()).ok()?;
        let credentials = credentials.and_then(|credentials| credentials.first());
        alpn.iter().all(|protocol| ALPN_BYTES.contains(&protocol.len())).then_some(Self { name, alpn, credentials })
    }
}

/// Shows nothing.
#[derive(Debug)]
struct Nobody;

impl ResolvesClientCert for Nobody {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Lets every certificate pass whose key the server has; the verdict comes after the handshake.
#[derive(Debug)]
struct Lenient(Arc<CryptoProvider>);

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
