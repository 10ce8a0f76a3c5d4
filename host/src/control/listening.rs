//! Where and how to listen, as flags or the configuration file say it.

use crate::{Bind, Error, Instances, Listen, Owner, ProxyProtocol, Result, Tls};
use std::{net::Ipv4Addr, os::unix::ffi::OsStrExt as _};

/// What the flags of `serve` and the keys of `[[listener]]` have in common.
pub(crate) struct Listening<'a> {
    /// Addresses; with a certificate and without `encrypted` ones these speak TLS.
    pub(crate) addresses: Vec<&'a Bind>,
    /// Addresses that speak TLS in any case.
    pub(crate) encrypted: Vec<&'a Bind>,
    pub(crate) instances: Instances,
    pub(crate) allow_half_open: bool,
    pub(crate) backlog: Option<u32>,
    pub(crate) unix_mode: Option<u32>,
    pub(crate) unix_owner: Option<Owner>,
    pub(crate) ipv6_only: Option<bool>,
    pub(crate) reuse_port: bool,
    pub(crate) proxy_protocol: bool,
    /// Balancers; none: anybody.
    pub(crate) proxy_from: &'a [String],
}

impl Listening<'_> {
    /// Refuses what would have no effect. `prefix` makes a key what the user has written.
    ///
    /// # Errors
    /// Which key it is.
    pub(crate) fn check(&self, prefix: &str) -> Result<()> {
        let some = |fits: fn(&Bind) -> bool| self.addresses.iter().chain(&self.encrypted).any(|bind| fits(bind));
        let unix = some(|bind| matches!(bind, Bind::Unix(_)));
        let file = some(|bind| matches!(bind, Bind::Unix(path) if !path.as_os_str().as_bytes().starts_with(b"\0")));
        // A name may have such an address.
        let ipv6 = some(|bind| matches!(bind, Bind::Tcp { host, .. } if host.parse::<Ipv4Addr>().is_err()));
        let tcp = some(|bind| matches!(bind, Bind::Tcp { .. }));
        for (key, given, fits, needs) in [
            ("unix-mode", self.unix_mode.is_some(), file, "unix socket with a file"),
            ("unix-owner", self.unix_owner.is_some(), file, "unix socket with a file"),
            ("ipv6-only", self.ipv6_only.is_some(), ipv6, "IPv6 address"),
            ("reuse-port", self.reuse_port, tcp, "TCP address"),
            ("backlog", self.backlog.is_some(), unix || tcp, "address of its own"),
        ] {
            if given && !fits {
                let what = format!("{prefix}{key} has no effect: there is no {needs} among the addresses");
                return Err(Error::configuration(what).hint("leave it out, or add such an address"));
            }
        }
        Ok(())
    }

    /// What to ask the host for; none without an address.
    ///
    /// # Errors
    /// When a balancer's network can't be understood.
    pub(crate) fn listen(self, tls: Option<&Tls>) -> Result<Option<Listen>> {
        let plain = tls.filter(|_| self.encrypted.is_empty());
        let addresses = self.addresses.iter().map(|bind| (bind, plain)).chain(self.encrypted.iter().map(|bind| (bind, tls)));
        let mut listen: Option<Listen> = None;
        for (&bind, tls) in addresses {
            let so_far = match listen {
                None => Listen::bind(bind.clone()),
                Some(listen) => listen.and(bind.clone()),
            };
            listen = Some(match tls {
                Some(tls) => so_far.tls(tls.clone()),
                None => so_far,
            });
        }
        let Some(listen) = listen else { return Ok(None) };
        let mut listen = listen.instances(self.instances).allow_half_open(self.allow_half_open).reuse_port(self.reuse_port);
        if self.proxy_protocol {
            let from = |protocol: ProxyProtocol, network: &String| protocol.from(network);
            listen = listen.proxy_protocol(self.proxy_from.iter().try_fold(ProxyProtocol::new(), from)?);
        }
        if let Some(backlog) = self.backlog {
            listen = listen.backlog(backlog);
        }
        if let Some(mode) = self.unix_mode {
            listen = listen.unix_mode(mode);
        }
        if let Some(owner) = self.unix_owner {
            listen = listen.unix_owner(owner);
        }
        if let Some(only) = self.ipv6_only {
            listen = listen.ipv6_only(only);
        }
        Ok(Some(listen))
    }
}
