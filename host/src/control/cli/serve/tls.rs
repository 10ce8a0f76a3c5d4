//! The flags that say how a listener speaks TLS.

use super::Failure;
use crate::{ClientAuth, Error, Passphrase, Tls, TlsCertificate, TlsSettings, TlsSource, TlsVersion};
use clap::Args;
use std::path::PathBuf;

const HEADING: &str = "TLS";

#[derive(Debug, Args)]
pub(super) struct TlsArgs {
    /// Certificate chain in PEM, leaf first; several times for several names or kinds of key, chosen by what a client asks for
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = HEADING)]
    tls_cert: Vec<PathBuf>,
    /// Its private key in PEM: PKCS#8, PKCS#1 or SEC1
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = HEADING)]
    tls_key: Vec<PathBuf>,
    /// Where the passphrase of encrypted keys is: file:PATH or env:NAME; once for all keys, or once for each
    #[arg(long, value_name = "SOURCE", requires = "tls_key", help_heading = HEADING)]
    tls_key_passphrase: Vec<Passphrase>,
    /// Whether clients are asked for a certificate: none, optional (the plugin hears the verdict) or required
    #[arg(long, value_name = "MODE", default_value = "none", help_heading = HEADING)]
    tls_client_auth: ClientAuth,
    /// Authorities (PEM) whose clients' certificates are good; may be given several times
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = HEADING)]
    tls_client_ca: Vec<PathBuf>,
    /// Revocation lists (PEM or DER) of these authorities; may be given several times
    #[arg(long, value_name = "FILE", requires = "tls_client_ca", help_heading = HEADING)]
    tls_client_crl: Vec<PathBuf>,
    /// Application protocol to agree on, such as h2; several times, the most wanted first [default: none is negotiated]
    #[arg(long, value_name = "PROTOCOL", requires = "tls_cert", help_heading = HEADING)]
    tls_alpn: Vec<String>,
    /// Lowest version of TLS: 1.2 or 1.3
    #[arg(long, value_name = "VERSION", default_value = "1.2", help_heading = HEADING)]
    tls_min_version: TlsVersion,
    /// For debugging: append every session's keys to this file; whoever reads it can read the traffic
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = HEADING)]
    tls_key_log: Option<PathBuf>,
}

impl TlsArgs {
    /// None without a certificate.
    pub(super) fn settings(&self) -> Result<Option<TlsSettings>, Failure> {
        let (certificates, keys) = (self.tls_cert.len(), self.tls_key.len());
        if certificates != keys {
            let error = Error::configuration(format!("--tls-cert is given {certificates} times and --tls-key {keys} times"));
            return Err(Failure::Usage(error.hint("each certificate goes with the key in the same place")));
        }
        if certificates == 0 {
            return self.without_certificates().map(|()| None);
        }
        let passphrases = self.tls_key_passphrase.len();
        if passphrases > 1 && passphrases != keys {
            let error = Error::configuration(format!("--tls-key-passphrase is given {passphrases} times for {keys} keys"));
            return Err(Failure::Usage(error.hint("give it once for all keys, or once for each")));
        }
        let all = |files: &[PathBuf]| files.iter().cloned().map(TlsSource::from).collect();
        let mut settings = TlsSettings {
            alpn: self.tls_alpn.clone(),
            min_version: self.tls_min_version,
            key_log: self.tls_key_log.clone(),
            ..TlsSettings::default()
        };
        settings.clients.auth = self.tls_client_auth;
        settings.clients.authorities = all(&self.tls_client_ca);
        settings.clients.revocation_lists = all(&self.tls_client_crl);
        for (place, (certificate, key)) in self.tls_cert.iter().zip(&self.tls_key).enumerate() {
            let mut certificate = TlsCertificate::new(certificate.clone(), key.clone());
            let place = if passphrases == 1 { 0 } else { place };
            certificate.passphrase = self.tls_key_passphrase.get(place).cloned();
            settings.certificates.push(certificate);
        }
        Ok(Some(settings))
    }

    /// What has a default can't be required by clap to have company.
    fn without_certificates(&self) -> Result<(), Failure> {
        let auth = self.tls_client_auth != ClientAuth::default();
        let version = self.tls_min_version != TlsVersion::default();
        for (flag, given) in [("--tls-client-auth", auth), ("--tls-min-version", version)] {
            if given {
                let error = Error::configuration(format!("{flag} has no effect: no address speaks TLS"));
                return Err(Failure::Usage(error.hint("give --tls-cert and --tls-key, or leave it out")));
            }
        }
        Ok(())
    }

    /// Read and checked.
    pub(super) fn tls(&self) -> Result<Option<Tls>, Failure> {
        Ok(self.settings()?.map(TlsSettings::build).transpose()?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        tls: TlsArgs,
    }

    fn settings(flags: &[&str]) -> Result<Option<TlsSettings>, Failure> {
        Line::try_parse_from(std::iter::once(&"x").chain(flags)).unwrap().tls.settings()
    }

    #[test]
    fn certificates_and_keys_come_in_pairs() {
        let Err(Failure::Usage(error)) = settings(&["--tls-cert", "a", "--tls-cert", "b", "--tls-key", "c"]) else {
            panic!("it was taken")
        };
        assert_eq!(error.message(), "--tls-cert is given 2 times and --tls-key 1 times");
    }

    #[test]
    fn one_passphrase_is_for_all_keys_and_several_are_for_one_each() {
        let pairs = ["--tls-cert", "a", "--tls-key", "b", "--tls-cert", "c", "--tls-key", "d"];
        let with = |more: &[&str]| settings(&[&pairs, more].concat());
        let passphrases = |settings: TlsSettings| settings.certificates.into_iter().map(|one| one.passphrase).collect::<Vec<_>>();
        let env = |name: &str| Some(Passphrase::Environment(name.to_owned()));
        assert_eq!(passphrases(with(&[]).unwrap().unwrap()), [None, None]);
        let one = with(&["--tls-key-passphrase", "env:X"]).unwrap().unwrap();
        assert_eq!(passphrases(one), [env("X"), env("X")]);
        let two = with(&["--tls-key-passphrase", "env:X", "--tls-key-passphrase", "file:y"]).unwrap().unwrap();
        assert_eq!(passphrases(two), [env("X"), Some(Passphrase::File("y".into()))]);
        assert!(with(&["--tls-key-passphrase", "env:X"].repeat(3)).is_err());
        // Never itself.
        assert!(Line::try_parse_from(["x", "--tls-cert", "a", "--tls-key", "b", "--tls-key-passphrase", "secret"]).is_err());
    }

    #[test]
    fn what_has_no_effect_is_refused() {
        for flags in [&["--tls-client-auth", "required"][..], &["--tls-min-version", "1.3"]] {
            assert!(matches!(settings(flags), Err(Failure::Usage(_))), "{flags:?}");
        }
        assert!(settings(&[]).unwrap().is_none());
        for flags in [&["--tls-alpn", "h2"][..], &["--tls-key-log", "f"], &["--tls-client-ca", "f"]] {
            assert!(Line::try_parse_from(std::iter::once(&"x").chain(flags)).is_err(), "{flags:?}");
        }
    }
}
