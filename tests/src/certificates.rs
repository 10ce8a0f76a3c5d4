//! Self-signed certificates, made for each test, and clients that trust them.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
    sign::SingleCertAndKey,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A certificate for `localhost` and 127.0.0.1, and its key, as PEM files.
#[derive(Debug)]
pub struct Certificates {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
}

impl Certificates {
    /// Writes `NAME.pem` and `NAME.key` into `folder`.
    pub fn write(folder: &Path, name: &str) -> Self {
        Self::write_for(folder, name, &["localhost", "127.0.0.1"])
    }

    /// The same, for other host names.
    pub fn write_for(folder: &Path, name: &str, hosts: &[&str]) -> Self {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(hosts).expect("make a certificate");
        let made = Self { certificate: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) };
        fs::write(&made.certificate, cert.pem()).expect("write the certificate");
        fs::write(&made.key, signing_key.serialize_pem()).expect("write the key");
        made
    }

    /// A client's configuration that shows this certificate, and trusts that one alone.
    pub fn shown_to(&self, trusted: &Path) -> ClientConfig {
        let chain = CertificateDer::pem_file_iter(&self.certificate).expect("read the certificate");
        let chain = chain.collect::<Result<_, _>>().expect("certificates");
        let key = PrivateKeyDer::from_pem_file(&self.key).expect("read the key");
        let key = aws_lc_rs::sign::any_supported_type(&key).expect("a key");
        let mut config = trusting(trusted);
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(rustls::sign::CertifiedKey::new(chain, key)));
        config
    }

    /// A client's configuration that trusts nothing else.
    pub fn client(&self) -> Arc<ClientConfig> {
        Arc::new(trusting(&self.certificate))
    }
}

/// A client's configuration that trusts this certificate alone.
pub fn trusting(certificate: &Path) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for found in CertificateDer::pem_file_iter(certificate).expect("read the certificate") {
        roots.add(found.expect("a certificate")).expect("a certificate to trust");
    }
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// A client that looks at nothing: for tests of what the *server* lets through.
#[derive(Debug)]
pub struct Anybody;

impl ServerCertVerifier for Anybody {
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
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
