//! Certificates, keys and revocation lists: read from files or given as bytes, PEM or DER.

use crate::pure::error::{Error, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a certificate, a key or a revocation list comes from: PEM, or the one thing in DER.
#[derive(Clone, PartialEq, Eq)]
pub enum TlsSource {
    /// A file, which a reload reads again.
    File(PathBuf),
    /// These bytes, which a reload finds as they are.
    Bytes(Arc<[u8]>),
}

impl From<&Path> for TlsSource {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PathBuf> for TlsSource {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<Vec<u8>> for TlsSource {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl fmt::Debug for TlsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the bytes: they may be a key.
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Bytes(bytes) => f.debug_tuple("Bytes").field(&bytes.len()).finish(),
        }
    }
}

impl fmt::Display for TlsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Bytes(bytes) => write!(f, "the {} bytes given", bytes.len()),
        }
    }
}

impl TlsSource {
    /// What is there now; `what` names it in the error.
    pub(super) fn read(&self, what: &str) -> Result<Cow<'_, [u8]>> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::File(path) => std::fs::read(path).map(Cow::Owned).map_err(|error| {
                Error::configuration(format!("{what} file {}: {error}", path.display()))
                    .hint("name a PEM file that this user may read")
            }),
        }
    }

    /// At least one certificate.
    pub(in crate::net) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let bytes = self.read("certificate")?;
        if is_der(&bytes) {
            return Ok(vec![bytes.into_owned().into()]);
        }
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().map_err(|error| self.bad(&error))?;
        if chain.is_empty() {
            return Err(self.lacks("certificate", "CERTIFICATE"));
        }
        Ok(chain)
    }

    /// At least one revocation list.
    pub(super) fn revocation_lists(&self) -> Result<Vec<CertificateRevocationListDer<'static>>> {
        let bytes = self.read("revocation list")?;
        if is_der(&bytes) {
            return Ok(vec![bytes.into_owned().into()]);
        }
        let lists = CertificateRevocationListDer::pem_slice_iter(&bytes);
        let lists: Vec<_> = lists.collect::<Result<_, _>>().map_err(|error| self.bad(&error))?;
        if lists.is_empty() {
            return Err(self.lacks("revocation list", "X509 CRL"));
        }
        Ok(lists)
    }

    fn lacks(&self, what: &str, label: &str) -> Error {
        Error::configuration(format!("{self}: no {what} in it"))
            .hint(format!("the file must be PEM, with -----BEGIN {label}----- in it, or DER"))
    }

    pub(super) fn bad(&self, error: &dyn fmt::Display) -> Error {
        Error::configuration(format!("{self}: not valid PEM: {error}"))
    }
}

/// Whether it is an ASN.1 SEQUENCE rather than text with PEM in it.
pub(super) fn is_der(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && !bytes.windows(10).any(|window| window == b"-----BEGIN")
}
