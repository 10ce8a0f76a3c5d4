//! What is asked of [`Host::apply`](super::Host::apply), and what it answers.

use super::listen::Listen;
use super::options::ReloadOptions;
use super::plugin::Plugin;
use super::report::{RebindReport, ReloadFailure, ReloadReport, TlsReport};
use super::rotate::TlsReload;
use super::server::Server;
use crate::pure::allow::ConnectRule;
use crate::pure::limits::Limits;

/// What is to change.
///
/// ```no_run
/// # async fn all(host: sockdock::Host, server: sockdock::Server) -> Result<(), Box<dyn std::error::Error>> {
/// use sockdock::{Changes, Listen, Plugin, ReloadOptions};
/// let changes = Changes::default()
///     .listen(Listen::tcp("127.0.0.1:7001"), Plugin::from_file("new.wasm")?)
///     .reload(&server, Plugin::from_file("echo-v2.wasm")?, ReloadOptions::default());
/// let changed = host.apply(changes).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct Changes {
    pub(super) listen: Vec<(Listen, Plugin)>,
    pub(super) reload: Vec<(Server, Plugin, ReloadOptions)>,
    pub(super) limits: Vec<(Server, Limits)>,
    pub(super) rebind: Vec<(Server, Listen)>,
    pub(super) allow: Vec<(Server, Vec<ConnectRule>)>,
    pub(super) tls: Vec<(Server, TlsReload)>,
    pub(super) stop: Vec<Server>,
}

impl Changes {
    /// A listener more.
    #[must_use]
    pub fn listen(mut self, listen: Listen, plugin: Plugin) -> Self {
        self.listen.push((listen, plugin));
        self
    }

    /// A new generation behind a listener's connections.
    #[must_use]
    pub fn reload(mut self, server: &Server, plugin: Plugin, options: ReloadOptions) -> Self {
        self.reload.push((server.clone(), plugin, options));
        self
    }

    /// Other limits for a listener and its connections. Where they bound the plugin's instances (their memory, their budgets), fresh ones
    /// take over as by a reload: with the change of the plugin, if there is one, else by one of the same plugin, which may find its state
    /// handed on.
    #[must_use]
    pub fn limits(mut self, server: &Server, limits: Limits) -> Self {
        self.limits.push((server.clone(), limits));
        self
    }

    /// The addresses of `listen` in the place of those that a listener has; all else in it counts for nothing. Those that it has already
    /// go on undisturbed, and who came by one that goes stays connected.
    #[must_use]
    pub fn rebind(mut self, server: &Server, listen: Listen) -> Self {
        self.rebind.push((server.clone(), listen));
        self
    }

    /// Where a listener's plugin may connect from now on; connections that there are stay.
    #[must_use]
    pub fn allow_connect(mut self, server: &Server, rules: impl IntoIterator<Item = ConnectRule>) -> Self {
        self.allow.push((server.clone(), rules.into_iter().collect()));
        self
    }

    /// Other certificates, keys, authorities.
    #[must_use]
    pub fn reload_tls(mut self, server: &Server, tls: TlsReload) -> Self {
        self.tls.push((server.clone(), tls));
        self
    }

    /// A listener less: it takes no more connections, and ends when those that it has do, or its drain timeout is over.
    #[must_use]
    pub fn stop(mut self, server: &Server) -> Self {
        self.stop.push(server.clone());
        self
    }
}

/// What has changed.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Changed {
    /// Listeners that are new.
    pub listening: Vec<Server>,
    /// Reloads.
    pub reports: Vec<ReloadReport>,
    /// Listeners that have other addresses now.
    pub rebound: Vec<RebindReport>,
    /// Names of listeners that have other limits now.
    pub limited: Vec<String>,
    /// Reloads of TLS.
    pub tls: Vec<TlsReport>,
    /// What failed after it was decided, which none of the preparations had foreseen; the rest is done all the same.
    pub failures: Vec<ReloadFailure>,
}
