//! What clients have to show, and the verdict on what they showed.

use super::settings::{ClientAuth, ClientRule};
use crate::pure::error::{Error, Result};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, HandshakeKind, RootCertStore, ServerConnection, SignatureScheme};
use std::io;
use std::sync::Arc;

/// A rule, ready for use.
#[derive(Debug)]
pub(super) enum Clients {
    /// Nobody is asked.
    Unasked,
    /// Those without a good certificate pass, and are told apart.
    Optional(Arc<dyn ClientCertVerifier>),
    Required(Arc<dyn ClientCertVerifier>),
}

/// What is known of a peer.
#[derive(Debug, Default)]
pub(in crate::net) struct Verdict {
    /// Its certificate was found good.
    pub(in crate::net) verified: bool,
    /// Why not, where it should have been and the connection stands all the same.
    pub(in crate::net) objection: Option<String>,
}

impl Clients {
    pub(super) fn new(rule: &ClientRule, provider: &Arc<CryptoProvider>) -> Result<Self> {
        let given = [("authorities", &rule.authorities), ("revocation lists", &rule.revocation_lists)];
        match (rule.auth, given.into_iter().find(|(_, sources)| !sources.is_empty())) {
            (ClientAuth::None, Some((what, _))) => {
                Err(Error::configuration(format!("{what} for clients are given, but no client is asked"))
                    .hint("ask for certificates: --tls-client-auth optional or required"))
            }
            (ClientAuth::None, None) => Ok(Self::Unasked),
            (ClientAuth::Optional, _) => verifier(rule, provider).map(Self::Optional),
            (ClientAuth::Required, _) => verifier(rule, provider).map(Self::Required),
        }
    }

    pub(super) fn auth(&self) -> ClientAuth {
        match self {
            Self::Unasked => ClientAuth::None,
            Self::Optional(_) => ClientAuth::Optional,
            Self::Required(_) => ClientAuth::Required,
        }
    }

    /// What acts during a handshake.
    pub(super) fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        match self {
            Self::Unasked => Arc::new(NoClientAuth),
            Self::Optional(inner) => Arc::new(Lenient(inner.clone())),
            Self::Required(inner) => inner.clone(),
        }
    }

    /// After a handshake. A resumed session brings the certificates that were shown at its start: they are looked at again, since
    /// one may have expired meanwhile.
    pub(super) fn judge(&self, connection: &ServerConnection) -> io::Result<Verdict> {
        let good = Verdict { verified: true, objection: None };
        match self {
            Self::Unasked => Ok(Verdict::default()),
            Self::Required(_) if connection.handshake_kind() != Some(HandshakeKind::Resumed) => Ok(good),
            Self::Required(verifier) => {
                let why = |why| io::Error::new(io::ErrorKind::InvalidData, format!("resumed session: {why}"));
                verify(verifier, connection.peer_certificates()).map_err(why).map(|()| good)
            }
            Self::Optional(verifier) => Ok(match verify(verifier, connection.peer_certificates()) {
                Ok(()) => good,
                Err(why) => Verdict { verified: false, objection: Some(why) },
            }),
        }
    }
}

fn verify(verifier: &Arc<dyn ClientCertVerifier>, chain: Option<&[CertificateDer<'_>]>) -> Result<(), String> {
    let Some([leaf, between @ ..]) = chain else { return Err("the client showed no certificate".to_owned()) };
    verifier.verify_client_cert(leaf, between, UnixTime::now()).map(drop).map_err(|error| error.to_string())
}

fn verifier(rule: &ClientRule, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>> {
    if rule.authorities.is_empty() {
        return Err(Error::configuration(format!("client authentication '{}' needs authorities to trust", rule.auth))
            .hint("name a PEM file with --tls-client-ca FILE"));
    }
    let mut roots = RootCertStore::empty();
    for source in &rule.authorities {
        for certificate in source.certificates()? {
            roots
                .add(certificate)
                .map_err(|error| Error::configuration(format!("{source}: can't be trusted for clients: {error}")))?;
        }
    }
    let roots = Arc::new(roots);
    let builder = || WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone());
    let mut lists = Vec::new();
    for source in &rule.revocation_lists {
        let found = source.revocation_lists()?;
        // Each by itself first, so that the error names the file.
        builder().with_crls(found.clone()).build().map_err(|error| {
            Error::configuration(format!("{source}: not a usable revocation list: {error}"))
                .hint("ask the authority for a new one")
        })?;
        lists.extend(found);
    }
    // An old list doesn't know of the newest revocations.
    let verifier = builder().with_crls(lists).enforce_revocation_expiration().build();
    verifier.map_err(|error| Error::configuration(format!("client authentication: {error}")))
}

/// Lets every certificate pass whose key the client has; the verdict comes after the handshake.
#[derive(Debug)]
struct Lenient(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Lenient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _between: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
