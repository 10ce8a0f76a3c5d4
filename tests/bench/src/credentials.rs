//! One certificate for all servers, and the client that trusts it: the same protocol, key exchange and cipher for all, so that
//! servers are compared and not their preferences.

use anyhow::{Context as _, Result};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::Resumption,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::TLS13,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// PEM files of a certificate (ECDSA P-256, self-signed, for 127.0.0.1) and its key.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
}

impl Credentials {
    /// Makes a pair and writes it into `folder`.
    pub fn write(folder: &Path) -> Result<Self> {
        // P-256 is what rcgen takes unless asked otherwise.
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).context("making a certificate")?;
        let credentials = Self { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
        fs::write(&credentials.certificate, made.cert.pem())?;
        fs::write(&credentials.key, made.signing_key.serialize_pem())?;
        Ok(credentials)
    }

    /// A client that trusts this certificate alone and never resumes a session: TLS 1.3, X25519, AES-128-GCM.
    pub fn client(&self) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate()?)?;
        let provider = CryptoProvider {
            kx_groups: vec![aws_lc_rs::kx_group::X25519],
            cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256],
            ..aws_lc_rs::default_provider()
        };
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }

    /// The native server: as sockdock's, it hands out tickets that cost it no memory.
    pub fn server(&self) -> Result<Arc<ServerConfig>> {
        let key = PrivateKeyDer::from_pem_file(&self.key).with_context(|| self.key.display().to_string())?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate()?], key)?;
        config.ticketer = aws_lc_rs::Ticketer::new()?;
        Ok(Arc::new(config))
    }

    fn certificate(&self) -> Result<CertificateDer<'static>> {
        CertificateDer::from_pem_file(&self.certificate).with_context(|| self.certificate.display().to_string())
    }
}
