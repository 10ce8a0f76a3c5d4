//! `[[listener]]`: what one listener serves, where, and within which bounds.

use super::reload::ReloadTable;
use super::tls::{CertificateTable, TlsTable};
use super::value::{OneOrMany, Setting, Written};
use crate::control::cli::{LimitArgs, Mode, listener_name};
use crate::control::listening::Listening;
use crate::control::source::Source;
use crate::{
    Bind, ConnectRule, Digest, Error, Instances, Limits, Listen, Owner, ReloadOptions, Result, TlsReload, TlsSettings, TlsSource,
    TlsVersion, Trust, TrustSettings,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The keys of `[[listener]]`; they mean what the flags of the same names do.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ListenerTable {
    name: Option<String>,
    plugin: PathBuf,
    /// What the component has to be.
    digest: Option<Written<Digest>>,
    /// What the plugin's `start` is told (`--set`).
    #[serde(default)]
    config: BTreeMap<String, Setting>,
    #[serde(default)]
    address: OneOrMany<Written<Bind>>,
    /// Addresses that speak TLS; then those of `address` stay plain.
    #[serde(default)]
    tls_address: OneOrMany<Written<Bind>>,
    pub(super) tls: Option<TlsTable>,
    #[serde(default)]
    pub(super) instances: Written<Instances>,
    #[serde(default)]
    limits: LimitArgs,
    #[serde(default)]
    reload: ReloadTable,
    #[serde(default)]
    allow_half_open: bool,
    backlog: Option<u32>,
    unix_mode: Option<Written<Mode>>,
    unix_owner: Option<Written<Owner>>,
    ipv6_only: Option<bool>,
    #[serde(default)]
    reuse_port: bool,
    #[serde(default)]
    proxy_protocol: bool,
    #[serde(default)]
    proxy_from: OneOrMany<String>,
    #[serde(default)]
    allow_connect: OneOrMany<Written<ConnectRule>>,
    #[serde(default)]
    connect_ca: OneOrMany<PathBuf>,
    #[serde(default)]
    connect_insecure: bool,
    #[serde(default)]
    connect_min_version: Written<TlsVersion>,
    #[serde(default)]
    credentials: BTreeMap<String, CertificateTable>,
}

impl ListenerTable {
    fn listening(&self) -> Listening<'_> {
        Listening {
            addresses: self.address.iter().map(|Written(bind)| bind).collect(),
            encrypted: self.tls_address.iter().map(|Written(bind)| bind).collect(),
            instances: self.instances.0,
            allow_half_open: self.allow_half_open,
            backlog: self.backlog,
            unix_mode: self.unix_mode.as_ref().map(|Written(Mode(mode))| *mode),
            unix_owner: self.unix_owner.as_ref().map(|Written(owner)| *owner),
            ipv6_only: self.ipv6_only,
            reuse_port: self.reuse_port,
            proxy_protocol: self.proxy_protocol,
            proxy_from: &self.proxy_from,
        }
    }

    /// Whether its TLS has anything that can be read again, or said otherwise than in `before`.
    fn has_secrets(&self, before: &Self) -> bool {
        let connecting = |table: &Self| (table.connect_ca.to_vec(), table.connect_insecure, table.connect_min_version.0);
        let read = self.tls.is_some() || !self.credentials.is_empty() || !self.connect_ca.is_empty();
        read || connecting(self) != connecting(before)
    }
}

/// A listener as the file describes it, its paths made absolute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListenerConfig {
    name: String,
    source: Source,
    pub(crate) limits: Limits,
    pub(super) table: ListenerTable,
}

impl ListenerConfig {
    /// Checks what can be checked without the files that it names.
    pub(super) fn new(mut table: ListenerTable, folder: &Path) -> Result<Self> {
        table.plugin = folder.join(&table.plugin);
        table.connect_ca.iter_mut().for_each(|path| *path = folder.join(&*path));
        table.tls.as_mut().map(|tls| tls.complete(folder)).transpose()?;
        table.credentials.values_mut().for_each(|pair| pair.relate_to(folder));
        let settings = table.config.iter().map(|(key, Setting(value))| (key.clone(), value.clone())).collect();
        let source = Source::new(&table.plugin, settings)?.pinned(table.digest.as_ref().map(|Written(digest)| *digest));
        let name = table.name.clone().unwrap_or_else(|| source.name());
        listener_name(&name).map_err(|why| {
            Error::configuration(format!("listener name {name:?}: {why}")).hint("give it another: name = \"…\"")
        })?;
        if table.address.is_empty() && table.tls_address.is_empty() {
            return Err(
                Error::configuration(format!("listener '{name}' has no address")).hint("add address = \"127.0.0.1:7000\"")
            );
        }
        if table.tls.is_none() && !table.tls_address.is_empty() {
            let error = Error::configuration(format!("listener '{name}' has a tls-address and no certificate"));
            return Err(error.hint("add [listener.tls] with cert and key"));
        }
        if !table.proxy_protocol && !table.proxy_from.is_empty() {
            let error = Error::configuration(format!("listener '{name}' has proxy-from without proxy-protocol"));
            return Err(error.hint("add proxy-protocol = true, or leave it out"));
        }
        table.listening().check(&format!("listener '{name}': "))?;
        let limits = table.limits.limits()?;
        Ok(Self { name, source, limits, table })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where its plugin comes from.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// What to ask the host for. Reads certificates and authorities.
    pub(crate) fn listen(&self) -> Result<Listen> {
        let table = &self.table;
        let tls = table.tls.as_ref().map(|tls| tls.settings().build()).transpose()?;
        let mut listen = table
            .listening()
            .listen(tls.as_ref())?
            .ok_or_else(|| Error::configuration(format!("listener '{}' has no address", self.name)))?
            .name(&self.name)
            .limits(self.limits.clone())
            .allow_connect(table.allow_connect.iter().map(|Written(rule)| rule.clone()))
            .connect_trust(self.trust()?);
        for (name, pair) in &table.credentials {
            listen = listen.credentials(name, TlsSettings::new(pair.certificate()).build()?);
        }
        Ok(listen)
    }

    fn trust(&self) -> Result<Trust> {
        TrustSettings {
            authorities: self.table.connect_ca.iter().cloned().map(TlsSource::from).collect(),
            insecure: self.table.connect_insecure,
            min_version: self.table.connect_min_version.0,
        }
        .build()
    }

    /// Its certificates, keys and authorities, read again; none where there is nothing of the kind, and hasn't been in `before`.
    pub(crate) fn tls(&self, before: &Self) -> Result<Option<TlsReload>> {
        if !self.table.has_secrets(&before.table) {
            return Ok(None);
        }
        let reload = TlsReload::default().trust(self.trust()?);
        // What has just got a certificate has it on new addresses.
        let reload = match self.table.tls.as_ref().filter(|_| before.table.tls.is_some()) {
            Some(tls) => reload.tls(tls.settings().build()?),
            None => reload,
        };
        let read = |reload: TlsReload, (name, pair): (&String, &CertificateTable)| {
            Ok(reload.credentials(name, TlsSettings::new(pair.certificate()).build()?))
        };
        self.table.credentials.iter().try_fold(reload, read).map(Some)
    }

    /// How a reload goes about it.
    pub(crate) fn reload_options(&self) -> ReloadOptions {
        self.table.reload.options()
    }

    /// Where its plugin may connect, if `other` says otherwise.
    pub(crate) fn allowed_otherwise(&self, other: &Self) -> Option<Vec<ConnectRule>> {
        let rules = &self.table.allow_connect;
        (*rules != other.table.allow_connect).then(|| rules.iter().map(|Written(rule)| rule.clone()).collect())
    }

    /// Whether it is to listen where `other` does.
    pub(crate) fn has_addresses_of(&self, other: &Self) -> bool {
        let addresses = |of: &Self| {
            let table = &of.table;
            let speak = |binds: &OneOrMany<Written<Bind>>| binds.iter().map(|Written(bind)| bind.clone()).collect::<Vec<_>>();
            (speak(&table.address), speak(&table.tls_address), table.tls.is_some())
        };
        addresses(self) == addresses(other)
    }

    /// The first key that differs of those that hold as long as the listener runs.
    pub(crate) fn fixed_key_that_differs(&self, other: &Self) -> Option<String> {
        macro_rules! differing {
            ($($field:ident)*) => {
                [$((stringify!($field), self.table.$field != other.table.$field)),*]
            };
        }
        let keys =
            differing![instances allow_half_open backlog unix_mode unix_owner ipv6_only reuse_port proxy_protocol proxy_from];
        if let Some((key, _)) = keys.into_iter().find(|(_, differs)| *differs) {
            return Some(key.replace('_', "-"));
        }
        // A plugin may be using them; what is granted is taken back with the listener.
        let taken = other.table.credentials.keys().find(|name| !self.table.credentials.contains_key(*name))?;
        Some(format!("credentials.{taken} (which is missing)"))
    }
}
