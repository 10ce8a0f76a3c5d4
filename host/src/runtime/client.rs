//! A connection that the embedder makes, for a plugin to speak on: the counterpart of `Bun.connect`.

use super::dial::Order;
use super::listen::Listen;
use super::plugin::Plugin;
use super::report::{ListenerStatus, ReloadFailure, ReloadReport, TlsReport};
use super::server::{Server, Stop};
use crate::net::{Bind, Tls, Trust};
use crate::pure::allow::ConnectRule;
use crate::pure::error::{Error, Result};
use crate::pure::limits::Limits;
use crate::pure::socket::TlsOptions;

/// What to connect to, and how.
///
/// ```no_run
/// use sockdock::Connect;
/// let connect = Connect::tcp("mail.example.com:465").tls().alpn(["smtp"]);
/// ```
#[derive(Clone, Debug)]
pub struct Connect {
    address: String,
    tls: Option<TlsOptions>,
    context: Vec<u8>,
    listen: Listen,
}

impl Connect {
    fn new(address: String) -> Self {
        Self { address, tls: None, context: Vec::new(), listen: Listen::nowhere() }
    }

    /// To `HOST:PORT` or `[ADDRESS]:PORT`. `unix:/path` is understood, too.
    pub fn tcp(address: impl Into<String>) -> Self {
        Self::new(address.into())
    }

    /// To a unix socket.
    pub fn unix(path: impl AsRef<std::path::Path>) -> Self {
        Self::new(Bind::Unix(path.as_ref().to_owned()).to_string())
    }

    /// By TLS; the server's certificate has to be good for the host part of the address.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls.get_or_insert_default();
        self
    }

    /// By TLS, with a server whose certificate is good for this name.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.tls.get_or_insert_default().server_name = Some(name.into());
        self
    }

    /// By TLS, offering these protocols, the most wanted first.
    #[must_use]
    pub fn alpn<P: Into<String>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.tls.get_or_insert_default().alpn = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Whose certificates are good, here and where the plugin connects further; those that the system trusts unless given.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.listen = self.listen.connect_trust(trust);
        self
    }

    /// A certificate and key that the plugin may use under this name, without seeing them.
    #[must_use]
    pub fn credentials(mut self, name: impl Into<String>, tls: Tls) -> Self {
        self.listen = self.listen.credentials(name, tls);
        self
    }

    /// Shows the server the certificate of these credentials, if it asks for one. By TLS.
    #[must_use]
    pub fn show_credentials(mut self, name: impl Into<String>) -> Self {
        self.tls.get_or_insert_default().credentials = Some(name.into());
        self
    }

    /// The connection's first context.
    #[must_use]
    pub fn context(mut self, context: impl Into<Vec<u8>>) -> Self {
        self.context = context.into();
        self
    }

    /// The client's name, among those of the host's listeners; the plugin's unless given.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.listen = self.listen.name(name);
        self
    }

    /// Its limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.listen = self.listen.limits(limits);
        self
    }

    /// Where its plugin may connect beside this; nowhere unless given.
    #[must_use]
    pub fn allow_connect(mut self, rules: impl IntoIterator<Item = ConnectRule>) -> Self {
        self.listen = self.listen.allow_connect(rules);
        self
    }

    /// Whether the connection stays open for writing after the peer has finished; false unless given.
    #[must_use]
    pub fn allow_half_open(mut self, allow: bool) -> Self {
        self.listen = self.listen.allow_half_open(allow);
        self
    }

    /// What to start, and what to connect it to.
    pub(super) fn order(self) -> Result<(Listen, Order)> {
        let bind: Bind = self.address.parse()?;
        if matches!(bind, Bind::Tcp { port: 0, .. }) {
            return Err(Error::configuration(format!("address '{}': nobody listens on port 0", self.address)));
        }
        if matches!(bind, Bind::Inherited(_)) {
            return Err(Error::configuration(format!("address '{}': nobody can be connected to by that", self.address)));
        }
        let mut listen = self.listen;
        let scheme = match (&bind, self.tls.is_some()) {
            (Bind::Tcp { .. }, false) => "tcp://",
            (Bind::Tcp { .. }, true) => "tls://",
            (Bind::Unix(_) | Bind::Inherited(_), false) => "",
            (Bind::Unix(_) | Bind::Inherited(_), true) => "tls+",
        };
        listen.target = Some(format!("{scheme}{bind}"));
        let order = Order { bind, tls: self.tls, allow_half_open: listen.allow_half_open, context: self.context };
        Ok((listen, order))
    }
}

/// A connection that the embedder made, and the plugin on it. Clones are the same one; dropping them ends nothing.
#[derive(Clone)]
pub struct Client {
    server: Server,
}

impl Client {
    pub(super) fn new(server: Server) -> Self {
        Self { server }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.server.name()
    }

    /// What it is connected to, as `tcp://localhost:6379`.
    pub fn address(&self) -> String {
        self.server.addresses().pop().unwrap_or_default()
    }

    /// Puts `plugin` behind the live connection, and those that the old one has made: no byte is lost or repeated.
    ///
    /// # Errors
    /// The old generation goes on; the failure says in which phase what went wrong.
    pub async fn reload(&self, plugin: Plugin) -> Result<ReloadReport, ReloadFailure> {
        self.server.reload(plugin).await
    }

    /// As [`Server::reload_tls`].
    ///
    /// # Errors
    /// As [`Server::reload_tls`].
    pub async fn reload_tls(&self) -> Result<TlsReport, ReloadFailure> {
        self.server.reload_tls().await
    }

    /// Its state at this moment.
    pub async fn status(&self) -> ListenerStatus {
        self.server.status().await
    }

    /// Returns when no connection of its plugin's is left, those included that it has made itself.
    pub async fn closed(&self) {
        self.server.emptied().await;
    }

    /// Ends it: waits for the connections to end, up to the drain timeout, or resets them.
    ///
    /// # Errors
    /// As [`Server::stop`].
    pub async fn stop(&self, how: Stop) -> Result<()> {
        self.server.stop(how).await
    }

    /// [`Host::run`](super::Host::run) doesn't wait for it any more.
    pub fn unref(&self) {
        self.server.unref();
    }

    /// Takes [`Client::unref`] back.
    pub fn reref(&self) {
        self.server.reref();
    }

    /// As the host's list of servers has it.
    pub fn as_server(&self) -> &Server {
        &self.server
    }
}
