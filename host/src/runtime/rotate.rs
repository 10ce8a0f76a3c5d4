//! New certificates, keys and authorities under a running listener: all is read and checked first, then used for handshakes that begin
//! from then on. Connections that stand aren't touched.

use super::address::Address;
use super::blocking::blocking;
use super::counters::bump;
use super::grants::Secrets;
use super::listener::{Listener, lock};
use super::report::{ReloadFailure, TlsReport, TlsReported};
use crate::net::{Tls, Trust};
use crate::pure::error::{Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a reload of TLS puts in place; what isn't given is read again from where it came.
#[derive(Clone, Debug, Default)]
pub struct TlsReload {
    tls: Option<Tls>,
    trust: Option<Trust>,
    credentials: BTreeMap<String, Tls>,
    dry_run: bool,
}

impl TlsReload {
    /// For all addresses of the listener that speak TLS.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Whose certificates are good where its plugin connects.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = Some(trust);
        self
    }

    /// A certificate and key that the plugin uses by this name, new ones or in place of those that it had.
    #[must_use]
    pub fn credentials(mut self, name: impl Into<String>, tls: Tls) -> Self {
        self.credentials.insert(name.into(), tls);
        self
    }

    /// Read and check, change nothing.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }
}

/// Runs one to its end.
pub(super) async fn reload_tls(listener: Arc<Listener>, change: TlsReload) -> Result<TlsReport, ReloadFailure> {
    // Reading files, and deriving keys from passphrases, is no work for a thread that others wait for.
    let own = listener.clone();
    blocking(move || rotate(&own, change)).await.map_err(|error| {
        bump(&listener.counters.reloads_failed);
        tracing::error!(listener = %listener.name, "reload of TLS failed, the old certificates stay in use: {}", error.message());
        ReloadFailure::of(&listener.name, "tls", &error, listener.generation().number)
    })
}

fn rotate(listener: &Listener, change: TlsReload) -> Result<TlsReport> {
    // One at a time, or an older reading could replace a newer one.
    let _one_at_a_time = lock(&listener.rotation);
    if listener.is_stopping() {
        return Err(Error::configuration(format!("listener '{}' is stopping", listener.name)));
    }
    let addresses = lock(&listener.addresses).clone();
    let before = listener.grants.secrets();
    let mut report = TlsReport { listener: listener.name.to_string(), dry_run: change.dry_run, certificates: Vec::new() };

    let mut renewed = Renewed { given: change.tls, done: Vec::new() };
    let mut tls = Vec::new();
    for address in &addresses {
        if let Some(old) = address.tls() {
            tls.push((address, renewed.of(&old)?));
        }
    }
    renewed.done.iter().for_each(|(old, new)| note(&mut report, None, Some(old), new));

    let mut given = change.credentials;
    let mut credentials = BTreeMap::new();
    for (name, old) in &before.credentials {
        let new = given.remove(name).map_or_else(|| old.read_again(), Ok)?;
        note(&mut report, Some(name), Some(old), &new);
        credentials.insert(name.clone(), new);
    }
    for (name, new) in given {
        note(&mut report, Some(&name), None, &new);
        credentials.insert(name, new);
    }
    let trust = change.trust.map_or_else(|| before.trust.read_again(), Ok)?;

    if !change.dry_run {
        tls.into_iter().for_each(|(address, new)| address.set_tls(new));
        listener.grants.set_secrets(Secrets { trust, credentials });
        bump(&listener.counters.tls_reloads);
        warn_of_dangers(listener);
        super::expiry::warn(listener);
        let changed = report.certificates.iter().filter(|certificate| certificate.changed).count();
        tracing::info!(listener = %listener.name, certificates = report.certificates.len(), changed, "TLS reloaded");
    }
    Ok(report)
}

/// What was one stays one: its addresses share session tickets.
struct Renewed {
    given: Option<Tls>,
    done: Vec<(Tls, Tls)>,
}

impl Renewed {
    fn of(&mut self, old: &Tls) -> Result<Tls> {
        if let Some((_, new)) = self.done.iter().find(|(done, _)| done.is(old)) {
            return Ok(new.clone());
        }
        let new = self.given.clone().map_or_else(|| old.read_again(), Ok)?;
        self.done.push((old.clone(), new.clone()));
        Ok(new)
    }
}

fn note(report: &mut TlsReport, credentials: Option<&str>, old: Option<&Tls>, new: &Tls) {
    let before = old.map(Tls::fingerprints).unwrap_or_default();
    for (source, sha256) in new.fingerprints() {
        let changed = before.get(&source) != Some(&sha256);
        report.certificates.push(TlsReported { source, credentials: credentials.map(str::to_owned), sha256, changed });
    }
}

/// What nobody should have on without knowing it.
pub(super) fn warn_of_dangers(listener: &Listener) {
    let addresses = lock(&listener.addresses).clone();
    for file in addresses.iter().filter_map(|address: &Arc<Address>| address.tls()?.key_log().cloned()) {
        tracing::warn!(
            listener = %listener.name,
            "TLS KEYS ARE WRITTEN to {}: whoever reads it can read this listener's traffic", file.display()
        );
    }
    if listener.grants.secrets().trust.is_insecure() {
        tracing::warn!(
            listener = %listener.name,
            "CERTIFICATES ARE NOT VERIFIED where this plugin connects by TLS: anybody between can read and change what is sent"
        );
    }
}
