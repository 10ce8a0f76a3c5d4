//! The flags that say what a plugin is told, what it may do, and within which bounds.

use super::{key_value, limits::LimitArgs, output::Failure, secrets::SecretArgs};
use crate::{ConnectRule, Digest, Limits, Tls, Trust, control::source::Source};
use clap::Args;
use std::path::Path;

#[derive(Debug, Args)]
pub(super) struct PluginArgs {
    /// Pass KEY=VALUE to the plugin's `start`; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value, help_heading = "Plugin")]
    set: Vec<(String, String)>,
    /// Refuse to start unless the component's SHA-256 is this: sha256: and 64 hexadecimal digits
    #[arg(long, value_name = "DIGEST", help_heading = "Plugin")]
    digest: Option<Digest>,
    /// Let the plugin connect to NAME:PORT, *.DOMAIN:PORT, NETWORK/BITS:PORT or unix:/path; may be given several times
    ///
    /// PORT may be a range (8000-8999) or *. A name reaches public addresses alone; loopback, private and link-local ones take a
    /// rule with the address, as 127.0.0.1:6379 or 10.0.0.0/8:5432 (or localhost:8080). Without rules a plugin connects nowhere.
    #[arg(long, value_name = "RULE", help_heading = "Plugin")]
    allow_connect: Vec<ConnectRule>,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

impl PluginArgs {
    /// The limits, if they can hold together.
    pub(super) fn limits(&self) -> Result<Limits, Failure> {
        self.limits.limits().map_err(Failure::Usage)
    }

    /// Where the plugin may connect.
    pub(super) fn allow_connect(&self) -> Vec<ConnectRule> {
        self.allow_connect.clone()
    }

    /// Whose certificates are good where it connects.
    pub(super) fn trust(&self) -> Result<Trust, Failure> {
        self.secrets.trust()
    }

    /// What the plugin may use by name.
    pub(super) fn credentials(&self) -> Result<Vec<(String, Tls)>, Failure> {
        self.secrets.credentials()
    }

    /// The plugin's file or folder, and its settings.
    pub(super) fn source(&self, plugin: &Path) -> Result<Source, Failure> {
        Ok(Source::new(plugin, self.set.clone())?.pinned(self.digest))
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
        plugin: PluginArgs,
    }

    #[test]
    fn settings_keep_their_order() {
        let args = Line::try_parse_from(["x", "--set", "b=1", "--set", "a=2"]).unwrap().plugin;
        assert_eq!(args.set, [("b".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())]);
    }
}
