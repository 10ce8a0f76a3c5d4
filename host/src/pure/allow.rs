//! Where a plugin may connect to: the operator's rules (`--allow-connect`), nothing without them.
//!
//! A name says nothing about the machine behind it: whoever owns the name can point it at a neighbour of this host. So a rule
//! with a name reaches public addresses only; loopback, link-local, private and other special ones, IPv4 written as IPv6 among
//! them, are reached where a rule names them as addresses.

mod pattern;
mod special;

pub use pattern::{ConnectRule, host_name};

use self::pattern::Whom;
use self::special::{embedded, is_special};
use std::net::IpAddr;
use std::path::Path;

/// The rules of one listener.
#[derive(Clone, Debug, Default)]
pub struct AllowConnect {
    rules: Vec<ConnectRule>,
}

impl AllowConnect {
    /// Anything that one of `rules` permits.
    pub fn new(rules: Vec<ConnectRule>) -> Self {
        Self { rules }
    }

    /// Whether `name` (lower case, no dot at its end) may be looked up for `port`: some rule's words fit it.
    pub fn may_look_up(&self, name: &str, port: u16) -> bool {
        self.rules.iter().any(|rule| rule.names(name, port))
    }

    /// Whether `address`, which `name` was found to have, may be connected to.
    pub fn permits_named(&self, name: &str, address: IpAddr, port: u16) -> bool {
        let reached = self.rules.iter().any(|rule| {
            // `localhost` means this machine and nothing else: the rule says so itself.
            rule.names(name, port) && (!is_special(address) || (rule.is_localhost() && address.to_canonical().is_loopback()))
        });
        reached || self.names_address(address, port)
    }

    /// Whether `address` may be connected to where the plugin gives it itself.
    pub fn permits(&self, address: IpAddr, port: u16) -> bool {
        let anything = self.rules.iter().any(|rule| rule.is_anything() && rule.ports.contains(port));
        (anything && !is_special(address)) || self.names_address(address, port)
    }

    /// Whether the unix socket at `path` may be connected to.
    pub fn permits_unix(&self, path: &Path) -> bool {
        self.rules.iter().any(|rule| matches!(&rule.whom, Whom::Unix(allowed) if allowed == path))
    }

    fn names_address(&self, address: IpAddr, port: u16) -> bool {
        // What is dialled is the IPv4 address, however it is written.
        let address = embedded(address);
        self.rules.iter().any(|rule| matches!(&rule.whom, Whom::Net(net) if net.contains(&address)) && rule.ports.contains(port))
    }
}

#[cfg(test)]
mod tests;
