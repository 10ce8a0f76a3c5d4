//! A certificate authority of a test's own: it issues, and revokes.

use crate::Certificates;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RevokedCertParams, SerialNumber, SignatureAlgorithm, date_time_ymd,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The kind of key in a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// NIST P-256.
    Ecdsa,
    /// 2048 bits.
    Rsa,
}

impl Key {
    fn generate(self) -> KeyPair {
        let algorithm: &'static SignatureAlgorithm = match self {
            Self::Ecdsa => &PKCS_ECDSA_P256_SHA256,
            Self::Rsa => &PKCS_RSA_SHA256,
        };
        KeyPair::generate_for(algorithm).expect("make a key")
    }
}

/// An authority; its certificate is in `NAME.pem`.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The file of its own certificate.
    pub certificate: PathBuf,
    folder: PathBuf,
}

impl Authority {
    /// Makes one whose files lie in `folder`.
    pub fn make(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = Key::Ecdsa.generate();
        let certificate = folder.join(format!("{name}.pem"));
        fs::write(&certificate, params.self_signed(&key).expect("sign itself").pem()).expect("write the certificate");
        Self { issuer: Issuer::new(params, key), certificate, folder: folder.to_owned() }
    }

    /// Issues a certificate for these names; it and its key are in `NAME.pem` and `NAME.key`.
    pub fn issue(&self, name: &str, hosts: &[&str], serial: u64, key: Key) -> Certificates {
        self.issue_by(name, hosts, serial, key, |_| ())
    }

    fn issue_by(
        &self,
        name: &str,
        hosts: &[&str],
        serial: u64,
        key: Key,
        more: impl FnOnce(&mut CertificateParams),
    ) -> Certificates {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).expect("names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.serial_number = Some(SerialNumber::from(serial));
        more(&mut params);
        let key = key.generate();
        let made =
            Certificates { certificate: self.folder.join(format!("{name}.pem")), key: self.folder.join(format!("{name}.key")) };
        let certificate = params.signed_by(&key, &self.issuer).expect("sign");
        fs::write(&made.certificate, certificate.pem()).expect("write the certificate");
        fs::write(&made.key, key.serialize_pem()).expect("write the key");
        made
    }

    /// Issues one that was good until the end of this year.
    pub fn issue_until(&self, name: &str, hosts: &[&str], until_year: i32) -> Certificates {
        self.issue_by(name, hosts, 1, Key::Ecdsa, |params| params.not_after = date_time_ymd(until_year, 12, 31))
    }

    /// Writes a list of what is revoked, good until the end of this year, and gives its file.
    pub fn revoke(&self, name: &str, serials: &[u64], until_year: i32) -> PathBuf {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(until_year, 12, 31),
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let file = self.folder.join(format!("{name}.crl"));
        let list = list.signed_by(&self.issuer).expect("sign the list");
        fs::write(&file, list.pem().expect("PEM")).expect("write the list");
        file
    }
}
