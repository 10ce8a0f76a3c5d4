//! Self-signed certificates, made for each test, and clients that trust them.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
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
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("make a certificate");
        let made = Self { certificate: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) };
        fs::write(&made.certificate, cert.pem()).expect("write the certificate");
        fs::write(&made.key, signing_key.serialize_pem()).expect("write the key");
        made
    }

    /// A client's configuration that trusts nothing else.
    pub fn client(&self) -> Arc<ClientConfig> {
        Arc::new(trusting(&self.certificate))
    }

    /// The key as rustls takes it.
    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_file(&self.key).expect("read the key")
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
