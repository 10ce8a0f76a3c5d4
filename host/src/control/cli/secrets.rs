//! The flags that say what a plugin may show, and whom it may trust, by TLS.

use super::Failure;
use crate::{Error, Passphrase, Tls, TlsCertificate, TlsSettings, TlsSource, TlsVersion, Trust, TrustSettings};
use clap::Args;
use std::path::PathBuf;

const HEADING: &str = "Plugin";

#[derive(Debug, Args)]
pub(super) struct SecretArgs {
    /// Trust the certificate authorities in this PEM file, and no others, where the plugin connects by TLS; may be given several
    /// times [default: the system's]
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    connect_ca: Vec<PathBuf>,
    /// DANGEROUS: let TLS connections of the plugin's stand whoever the server is; its `handshake` hears what is wrong
    #[arg(long, help_heading = HEADING)]
    connect_insecure: bool,
    /// Lowest version of TLS where the plugin connects: 1.2 or 1.3
    #[arg(long, value_name = "VERSION", default_value = "1.2", help_heading = HEADING)]
    connect_min_version: TlsVersion,
    /// Give the plugin the use of a certificate and key (PEM) under this name, to begin TLS with on a plain connection or to show
    /// to a server; may be given several times
    ///
    /// PASSPHRASE is that of an encrypted key: file:PATH or env:NAME.
    #[arg(long, value_name = "NAME=CERT,KEY[,PASSPHRASE]", value_parser = credentials, help_heading = HEADING)]
    credentials: Vec<Credentials>,
}

/// A pair, and what the plugin calls it.
#[derive(Clone, Debug)]
struct Credentials {
    name: String,
    certificate: TlsCertificate,
}

/// `NAME=CERT,KEY[,PASSPHRASE]`.
fn credentials(text: &str) -> Result<Credentials, String> {
    let shape = "write NAME=CERT,KEY: two PEM files, and what the plugin calls them";
    let (name, files) = text.split_once('=').ok_or(shape)?;
    let mut files = files.splitn(3, ',');
    match (name, files.next(), files.next()) {
        ("", ..) | (_, None | Some(""), _) | (_, _, None | Some("")) => Err(shape.to_owned()),
        (name, Some(certificate), Some(key)) => {
            let mut certificate = TlsCertificate::new(PathBuf::from(certificate), PathBuf::from(key));
            certificate.passphrase = files.next().map(str::parse::<Passphrase>).transpose().map_err(|error| error.to_string())?;
            Ok(Credentials { name: name.to_owned(), certificate })
        }
    }
}

impl SecretArgs {
    /// Whose certificates are good where it connects.
    pub(super) fn trust(&self) -> Result<Trust, Failure> {
        let settings = TrustSettings {
            authorities: self.connect_ca.iter().cloned().map(TlsSource::from).collect(),
            insecure: self.connect_insecure,
            min_version: self.connect_min_version,
        };
        settings.build().map_err(Failure::Usage)
    }

    /// What the plugin may use by name.
    pub(super) fn credentials(&self) -> Result<Vec<(String, Tls)>, Failure> {
        let read = |given: &Credentials| Ok((given.name.clone(), TlsSettings::new(given.certificate.clone()).build()?));
        let mut all = self.credentials.iter().map(read).collect::<Result<Vec<_>, Failure>>()?;
        all.sort_by(|one, other| one.0.cmp(&other.0));
        match all.windows(2).find(|pair| matches!(pair, [one, other] if one.0 == other.0)) {
            Some([one, ..]) => Err(Failure::Usage(Error::configuration(format!("--credentials {} is given twice", one.0)))),
            _ => Ok(all),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn credentials_have_a_name_two_files_and_perhaps_a_passphrase() {
        let plain = credentials("a=c.pem,k.pem").unwrap();
        assert_eq!((plain.name.as_str(), plain.certificate.passphrase), ("a", None));
        let sealed = credentials("a=c.pem,k.pem,env:X").unwrap();
        assert_eq!(sealed.certificate.passphrase, Some(Passphrase::Environment("X".to_owned())));
        for bad in ["a", "a=c", "a=c,", "=c,k", "a=,k", "a=c,k,secret", "a=c,k,env:"] {
            assert!(credentials(bad).is_err(), "{bad}");
        }
    }
}
