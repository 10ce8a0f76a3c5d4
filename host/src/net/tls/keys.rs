//! Private keys, encrypted ones included.

use super::pbes2::{Encrypted, Unreadable};
use super::source::{TlsSource, is_der};
use crate::pure::error::{Error, Result};
use rustls::pki_types::pem::{Error as Pem, PemObject};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// Where the passphrase of an encrypted key comes from. Never a command line: every user of the machine can read those.
///
/// ```
/// use sockdock::Passphrase;
/// assert_eq!("env:KEY_PASSPHRASE".parse::<Passphrase>()?, Passphrase::Environment("KEY_PASSPHRASE".into()));
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Passphrase {
    /// A file's content, without the line end that closes it.
    File(PathBuf),
    /// An environment variable of this name.
    Environment(String),
    /// This one.
    Given(String),
}

impl FromStr for Passphrase {
    type Err = Error;

    /// `file:PATH` or `env:NAME`.
    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            _ => Err(Error::configuration("a passphrase is named, not given")
                .hint("write file:PATH, or env:NAME for an environment variable")),
        }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Environment(name) => f.debug_tuple("Environment").field(name).finish(),
            Self::Given(_) => f.debug_tuple("Given").finish_non_exhaustive(),
        }
    }
}

impl Passphrase {
    fn read(&self) -> Result<String> {
        match self {
            Self::Given(passphrase) => Ok(passphrase.clone()),
            Self::Environment(name) => std::env::var(name).map_err(|_| {
                Error::configuration(format!("there is no passphrase in the environment variable {name}"))
                    .hint("set it for this process")
            }),
            Self::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    Error::configuration(format!("passphrase file {}: {error}", path.display()))
                        .hint("name a file that this user may read, with the passphrase as its only line")
                })?;
                let line = text.strip_suffix('\n').unwrap_or(&text);
                Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
            }
        }
    }
}

pub(super) fn read_key(source: &TlsSource, passphrase: Option<&Passphrase>) -> Result<PrivateKeyDer<'static>> {
    let bytes = source.read("key")?;
    if is_der(&bytes) {
        if !matches!(Encrypted::parse(&bytes), Err(Unreadable::NotEncrypted)) {
            return decrypt(&bytes, source, passphrase);
        }
        return PrivateKeyDer::try_from(bytes.into_owned()).map_err(|error| {
            Error::configuration(format!("{source}: no private key: {error}")).hint("use PKCS#8, PKCS#1 or SEC1")
        });
    }
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(Error::configuration(format!("{source}: the key is encrypted in an old, weak way"))
            .hint("encrypt it anew: openssl pkcs8 -topk8 -in KEY -out NEW-KEY"));
    }
    if text.contains(ENCRYPTED) {
        // The PEM reader passes over labels that it doesn't know; what is within them is base64 all the same.
        let relabelled = text.replace(ENCRYPTED, "PRIVATE KEY");
        let der = PrivatePkcs8KeyDer::from_pem_slice(relabelled.as_bytes()).map_err(|error| source.bad(&error))?;
        return decrypt(der.secret_pkcs8_der(), source, passphrase);
    }
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        Pem::NoItemsFound => Error::configuration(format!("{source}: no private key in it"))
            .hint("the file must be PEM, with -----BEGIN PRIVATE KEY----- (or RSA, EC or ENCRYPTED PRIVATE KEY) in it, or DER"),
        error => source.bad(&error),
    })
}

fn decrypt(der: &[u8], source: &TlsSource, passphrase: Option<&Passphrase>) -> Result<PrivateKeyDer<'static>> {
    let Some(passphrase) = passphrase else {
        return Err(Error::configuration(format!("{source}: the key is encrypted, and no passphrase is given")).hint(
            "name it with --tls-key-passphrase file:PATH or env:NAME, or decrypt the key: openssl pkey -in KEY -out PLAIN-KEY",
        ));
    };
    let passphrase = passphrase.read()?;
    let encrypted = Encrypted::parse(der).map_err(|_| {
        Error::configuration(format!("{source}: the key is encrypted in a way that isn't supported"))
            .hint("use PBES2 with PBKDF2 and AES: openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW-KEY")
    })?;
    let wrong = || Error::configuration(format!("{source}: the key can't be decrypted")).hint("it is another passphrase");
    let plain = encrypted.decrypt(passphrase.as_bytes()).ok_or_else(wrong)?;
    Ok(PrivatePkcs8KeyDer::from(plain).into())
}
