//! Which certificate a client gets, and which rule it is under.

use super::clients::Clients;
use crate::pure::error::{Error, Result};
use rustls::pki_types::{DnsName, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::Arc;

/// A certificate in the operator's order.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) pair: Arc<CertifiedKey>,
    /// Lower case; those in the certificate if there is none.
    pub(super) names: Vec<String>,
    /// Its rule, by its place among the listener's.
    pub(super) rule: usize,
}

impl Entry {
    fn is_for(&self, name: &ServerName<'_>) -> bool {
        if self.names.is_empty() {
            let Some(leaf) = self.pair.cert.first() else { return false };
            return ParsedCertificate::try_from(leaf).is_ok_and(|leaf| rustls::client::verify_server_name(&leaf, name).is_ok());
        }
        let asked = name.to_str().to_ascii_lowercase();
        let fits = |name: &String| match name.strip_prefix("*.") {
            // As in certificates: one label, and not none.
            Some(domain) => asked.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == domain),
            None => *name == asked,
        };
        self.names.iter().any(fits)
    }
}

/// A name that a certificate may be given by hand.
pub(super) fn server_name(name: &str) -> Result<String> {
    let host = name.strip_prefix("*.").unwrap_or(name);
    match DnsName::try_from(host) {
        Ok(_) => Ok(name.to_ascii_lowercase()),
        Err(_) => {
            Err(Error::configuration(format!("server name '{name}' can't be one")).hint("write example.com or *.example.com"))
        }
    }
}

/// All of a listener's. It isn't empty.
#[derive(Debug)]
pub(super) struct Entries(pub(super) Vec<Entry>);

impl Entries {
    fn named(&self, hello: &ClientHello<'_>) -> impl Iterator<Item = &Entry> {
        let name = hello.server_name().and_then(|name| ServerName::try_from(name.to_owned()).ok());
        self.0.iter().filter(move |entry| name.as_ref().is_some_and(|name| entry.is_for(name)))
    }

    /// The place of the rule for this client: the strictest that the name has; for one without a known name, the strictest of all, or
    /// leaving the name out would be the way round it.
    pub(super) fn rule(&self, hello: &ClientHello<'_>, rules: &[Clients]) -> usize {
        let strictest = |places: &mut dyn Iterator<Item = usize>| {
            let auth = |place: &usize| rules.get(*place).map(Clients::auth);
            places.fold(None, |best, place| match best {
                Some(best) if auth(&best) >= auth(&place) => Some(best),
                _ => Some(place),
            })
        };
        let named = strictest(&mut self.named(hello).map(|entry| entry.rule));
        named.or_else(|| strictest(&mut (0..rules.len()))).unwrap_or_default()
    }
}

impl ResolvesServerCert for Entries {
    /// The first pair that fits the name and that the client can verify; else the first that it can verify.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let usable = |entry: &&Entry| entry.pair.key.choose_scheme(hello.signature_schemes()).is_some();
        let entry = self.named(&hello).find(usable).or_else(|| self.0.iter().find(usable));
        entry.map(|entry| entry.pair.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn entry(names: &[&str]) -> Entry {
        let made = rcgen::generate_simple_self_signed(["in.certificate".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
        let pair = Arc::new(CertifiedKey::new(vec![made.cert.der().clone()], key));
        Entry { pair, names: names.iter().map(|name| server_name(name).unwrap()).collect(), rule: 0 }
    }

    #[test]
    fn names_given_by_hand_take_the_place_of_the_certificates() {
        let own = entry(&[]);
        let given = entry(&["A.example", "*.b.example"]);
        for (name, of_own, of_given) in [
            ("in.certificate", true, false),
            ("a.example", false, true),
            ("A.EXAMPLE", false, true),
            ("x.b.example", false, true),
            ("b.example", false, false),
            ("x.y.b.example", false, false),
            ("xb.example", false, false),
        ] {
            let name = ServerName::try_from(name).unwrap();
            assert_eq!((own.is_for(&name), given.is_for(&name)), (of_own, of_given), "{name:?}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in ["", "*", "*.", "a b", "*.*.example", "a..b"] {
            assert!(server_name(bad).is_err(), "{bad:?}");
        }
    }
}
