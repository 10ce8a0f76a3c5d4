//! `[listener.tls]` and `[listener.credentials.NAME]`: certificates, keys, and what clients have to show.

use super::value::{OneOrMany, Written};
use crate::{ClientAuth, ClientRule, Error, Passphrase, Result, TlsCertificate, TlsSettings, TlsSource, TlsVersion};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// PEM may stand in the file itself.
const INLINE: &str = "-----BEGIN ";

/// How a listener speaks TLS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TlsTable {
    /// The first certificate, and its key.
    cert: Option<String>,
    key: Option<String>,
    passphrase: Option<Written<Passphrase>>,
    /// More of them, or ones with more to say: `[[listener.tls.certificate]]`.
    #[serde(default)]
    certificate: Vec<CertificateTable>,
    #[serde(default)]
    client_auth: Written<ClientAuth>,
    #[serde(default)]
    client_ca: OneOrMany<String>,
    #[serde(default)]
    client_crl: OneOrMany<String>,
    #[serde(default)]
    alpn: OneOrMany<String>,
    #[serde(default)]
    min_version: Written<TlsVersion>,
    key_log: Option<PathBuf>,
}

/// A certificate and its key: paths, or PEM.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CertificateTable {
    cert: String,
    key: String,
    passphrase: Option<Written<Passphrase>>,
    /// The names that choose it; those in the certificate unless given.
    #[serde(default)]
    server_name: OneOrMany<String>,
    /// What clients that ask for one of its names have to show, where that is another rule than the listener's.
    client_auth: Option<Written<ClientAuth>>,
    #[serde(default)]
    client_ca: OneOrMany<String>,
    #[serde(default)]
    client_crl: OneOrMany<String>,
}

impl TlsTable {
    /// Checks it, and takes its paths as seen from `folder`.
    pub(super) fn complete(&mut self, folder: &Path) -> Result<()> {
        let error = |what: &str| {
            Err(Error::configuration(format!("[listener.tls] {what}"))
                .hint("give cert and key, or [[listener.tls.certificate]] with both"))
        };
        match (self.cert.take(), self.key.take(), self.passphrase.take()) {
            (Some(cert), Some(key), passphrase) => self.certificate.insert(0, CertificateTable::new(cert, key, passphrase)),
            (None, None, None) if self.certificate.is_empty() => return error("has no certificate"),
            (None, None, None) => {}
            _ => return error("has a part of a certificate and its key alone"),
        }
        self.certificate.iter_mut().for_each(|pair| pair.relate_to(folder));
        self.client_ca.iter_mut().chain(self.client_crl.iter_mut()).for_each(|source| relate(source, folder));
        self.key_log.iter_mut().for_each(|path| *path = folder.join(&*path));
        Ok(())
    }

    pub(super) fn settings(&self) -> TlsSettings {
        TlsSettings {
            certificates: self.certificate.iter().map(CertificateTable::certificate).collect(),
            clients: rule(self.client_auth.0, &self.client_ca, &self.client_crl),
            alpn: self.alpn.to_vec(),
            min_version: self.min_version.0,
            key_log: self.key_log.clone(),
        }
    }
}

impl CertificateTable {
    fn new(cert: String, key: String, passphrase: Option<Written<Passphrase>>) -> Self {
        Self {
            cert,
            key,
            passphrase,
            server_name: OneOrMany::default(),
            client_auth: None,
            client_ca: OneOrMany::default(),
            client_crl: OneOrMany::default(),
        }
    }

    pub(super) fn relate_to(&mut self, folder: &Path) {
        let lists = self.client_ca.iter_mut().chain(self.client_crl.iter_mut());
        lists.chain([&mut self.cert, &mut self.key]).for_each(|source| relate(source, folder));
        if let Some(Written(Passphrase::File(path))) = &mut self.passphrase {
            *path = folder.join(&*path);
        }
    }

    pub(super) fn certificate(&self) -> TlsCertificate {
        TlsCertificate {
            chain: source(&self.cert),
            key: source(&self.key),
            passphrase: self.passphrase.as_ref().map(|Written(passphrase)| passphrase.clone()),
            server_names: self.server_name.to_vec(),
            clients: self.client_auth.as_ref().map(|Written(auth)| rule(*auth, &self.client_ca, &self.client_crl)),
        }
    }
}

fn rule(auth: ClientAuth, authorities: &[String], revocation_lists: &[String]) -> ClientRule {
    let all = |sources: &[String]| sources.iter().map(|text| source(text)).collect();
    ClientRule { auth, authorities: all(authorities), revocation_lists: all(revocation_lists) }
}

fn source(text: &str) -> TlsSource {
    if text.trim_start().starts_with(INLINE) { TlsSource::Bytes(text.as_bytes().into()) } else { TlsSource::File(text.into()) }
}

fn relate(source: &mut String, folder: &Path) {
    if !source.trim_start().starts_with(INLINE) {
        *source = folder.join(&*source).to_string_lossy().into_owned();
    }
}
