//! What an embedder says about a listener before it stands.

use crate::net::{Bind, Owner, SocketOptions, Tls, Trust};
use crate::pure::allow::ConnectRule;
use crate::pure::error::{Error, Result};
use crate::pure::limits::Limits;
use crate::pure::proxy_protocol::ProxyProtocol;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::str::FromStr;

/// How many instances a listener's plugin has.
///
/// ```
/// use sockdock::Instances;
/// assert_eq!("per-core".parse::<Instances>()?, Instances::PerCore);
/// assert_eq!("4".parse::<Instances>()?.to_string(), "4");
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Instances {
    /// One, on one worker: all connections share its memory.
    #[default]
    Shared,
    /// One per worker.
    PerCore,
    /// So many, spread evenly over the workers.
    Count(NonZeroUsize),
    /// One per accepted connection, for as long as it lives: connections share no memory, and a fault costs one alone.
    PerConnection,
}

impl FromStr for Instances {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "shared" => Ok(Self::Shared),
            "per-core" => Ok(Self::PerCore),
            "per-connection" => Ok(Self::PerConnection),
            number => number.parse().map(Self::Count).map_err(|_| {
                Error::configuration(format!("instances '{number}' makes no sense"))
                    .hint("use shared, per-core, per-connection or a number from 1")
            }),
        }
    }
}

impl fmt::Display for Instances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared => f.write_str("shared"),
            Self::PerCore => f.write_str("per-core"),
            Self::PerConnection => f.write_str("per-connection"),
            Self::Count(count) => write!(f, "{count}"),
        }
    }
}

/// What to listen on, and how: the counterpart of `Bun.listen`'s options.
///
/// ```no_run
/// use sockdock::{Bind, Instances, Listen, Tls};
/// let tls = Tls::from_pem_files("server.crt", "server.key")?;
/// let listen = Listen::tcp("127.0.0.1:7000").and("127.0.0.1:7443".parse()?).tls(tls).instances(Instances::PerCore);
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Listen {
    /// A bad address is told by `Host::listen`, so that the builder stays a chain.
    pub(super) addresses: Vec<(Result<Bind, String>, Option<Tls>)>,
    pub(super) sockets: SocketOptions,
    pub(super) name: Option<String>,
    pub(super) instances: Instances,
    pub(super) limits: Limits,
    pub(super) allow_connect: Vec<ConnectRule>,
    pub(super) trust: Option<Trust>,
    pub(super) credentials: BTreeMap<String, Tls>,
    pub(super) allow_half_open: bool,
    pub(super) proxy_protocol: Option<ProxyProtocol>,
    /// What it connects to, for one that is a client.
    pub(super) target: Option<String>,
}

impl Listen {
    fn new(bind: Result<Bind, String>) -> Self {
        Self { addresses: vec![(bind, None)], ..Self::nowhere() }
    }

    /// On no address.
    pub(super) fn nowhere() -> Self {
        Self {
            addresses: Vec::new(),
            sockets: SocketOptions::default(),
            name: None,
            instances: Instances::default(),
            limits: Limits::default(),
            allow_connect: Vec::new(),
            trust: None,
            credentials: BTreeMap::new(),
            allow_half_open: false,
            proxy_protocol: None,
            target: None,
        }
    }

    /// On an address as `127.0.0.1:7000` or `[::1]:0`; port 0 has the system choose one.
    pub fn tcp(address: impl AsRef<str>) -> Self {
        Self::new(address.as_ref().parse::<Bind>().map_err(|error| error.to_string()))
    }

    /// On a unix socket; a path that begins with a zero byte is an abstract name.
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self::new(Ok(Bind::Unix(path.as_ref().to_owned())))
    }

    /// On an address that is parsed already.
    pub fn bind(bind: Bind) -> Self {
        Self::new(Ok(bind))
    }

    /// On one more address: same plugin, same instances. What follows ([`Listen::tls`]) is about this one.
    #[must_use]
    pub fn and(mut self, bind: Bind) -> Self {
        self.addresses.push((Ok(bind), None));
        self
    }

    /// The address given last speaks TLS.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        if let Some((_, last)) = self.addresses.last_mut() {
            *last = Some(tls);
        }
        self
    }

    /// Connections that the kernel may hold until they are accepted; 4,096 unless given.
    #[must_use]
    pub fn backlog(mut self, connections: u32) -> Self {
        self.sockets.backlog = Some(connections);
        self
    }

    /// Permissions of its unix sockets' files, as `0o660`; those that the umask leaves unless given.
    #[must_use]
    pub fn unix_mode(mut self, mode: u32) -> Self {
        self.sockets.unix_mode = Some(mode);
        self
    }

    /// Whose the files of its unix sockets are; the process's own unless given.
    #[must_use]
    pub fn unix_owner(mut self, owner: Owner) -> Self {
        self.sockets.unix_owner = Some(owner);
        self
    }

    /// Whether `[::]` takes IPv6 alone; as the system is set unless given.
    #[must_use]
    pub fn ipv6_only(mut self, only: bool) -> Self {
        self.sockets.ipv6_only = Some(only);
        self
    }

    /// Lets other processes listen on the same port, each getting a share of the connections (SO_REUSEPORT). Handshakes
    /// that are under way when one of them stops are lost.
    #[must_use]
    pub fn reuse_port(mut self, reuse: bool) -> Self {
        self.sockets.reuse_port = reuse;
        self
    }

    /// Its connections come through a balancer that begins each with a PROXY header (version 1 or 2): their endpoints are those that it
    /// announces. Any other beginning closes.
    #[must_use]
    pub fn proxy_protocol(mut self, protocol: ProxyProtocol) -> Self {
        self.proxy_protocol = Some(protocol);
        self
    }

    /// The listener's name; the plugin's unless given.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How many instances serve it.
    #[must_use]
    pub fn instances(mut self, instances: Instances) -> Self {
        self.instances = instances;
        self
    }

    /// Its limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where its plugin may connect to; nowhere unless given.
    #[must_use]
    pub fn allow_connect(mut self, rules: impl IntoIterator<Item = ConnectRule>) -> Self {
        self.allow_connect.extend(rules);
        self
    }

    /// Whose certificates are good where its plugin connects by TLS; those that the system trusts unless given.
    #[must_use]
    pub fn connect_trust(mut self, trust: Trust) -> Self {
        self.trust = Some(trust);
        self
    }

    /// A certificate and key that the plugin may use under this name, without seeing them: as a server that begins TLS on a plain
    /// connection (`upgrade-server`), or to show itself to a server. One of the same name takes the place of the other.
    #[must_use]
    pub fn credentials(mut self, name: impl Into<String>, tls: Tls) -> Self {
        self.credentials.insert(name.into(), tls);
        self
    }

    /// Whether a connection stays open for writing after the peer has finished; false unless given.
    #[must_use]
    pub fn allow_half_open(mut self, allow: bool) -> Self {
        self.allow_half_open = allow;
        self
    }
}
