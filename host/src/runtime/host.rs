//! The host: an engine, workers, listeners.

use super::client::{Client, Connect};
use super::coredump::{self, CoreDumps};
use super::listen::Listen;
use super::listener::lock;
use super::plugin::Plugin;
use super::report::HostStatus;
use super::server::{Server, Stop};
use super::threads::{Graveyard, start_control, start_undertaker};
use super::worker::Worker;
use crate::guest::{Engine, EngineConfig, Inspection};
use crate::pure::error::{Error, Result};
use std::future::Future;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::sync::{oneshot, watch};

/// What a [`Host`] is made of.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HostConfig {
    /// Worker threads; one per core unless given.
    pub workers: Option<NonZeroUsize>,
    /// Where compiled components are kept: a folder of the user's own. None: they are compiled at each start.
    pub cache_dir: Option<PathBuf>,
    /// Instances alive at a time, of all plugins together; a reload needs as many again as its listener has. 256 unless given:
    /// each takes address space, not memory.
    pub max_instances: Option<u32>,
    /// Where a plugin that fails leaves a Wasm core dump; it is made if it isn't there. None: nowhere.
    pub coredump: Option<PathBuf>,
    /// Core dumps that the folder may hold: beyond, none is written, and nothing is deleted. 16 unless given.
    pub coredump_limit: Option<usize>,
}

impl HostConfig {
    /// Sets the number of worker threads.
    #[must_use]
    pub fn workers(mut self, workers: NonZeroUsize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Sets the folder of compiled components.
    #[must_use]
    pub fn cache_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(folder.into());
        self
    }

    /// Sets the number of instances alive at a time.
    #[must_use]
    pub fn max_instances(mut self, instances: u32) -> Self {
        self.max_instances = Some(instances);
        self
    }

    /// Sets the folder of core dumps.
    #[must_use]
    pub fn coredump(mut self, folder: impl Into<PathBuf>) -> Self {
        self.coredump = Some(folder.into());
        self
    }

    /// Sets how many core dumps the folder may hold.
    #[must_use]
    pub fn coredump_limit(mut self, files: usize) -> Self {
        self.coredump_limit = Some(files);
        self
    }
}

/// Owns sockets, TLS and plugins. Clones are the same host; when the last is dropped, its connections close.
///
/// The host has threads and runtimes of its own: its futures may be awaited on any executor.
///
/// ```
/// # fn main() -> sockdock::Result<()> {
/// # let wasm: Vec<u8> = Vec::new();
/// use sockdock::{Host, HostConfig, Listen, Plugin};
/// let host = Host::new(HostConfig::default())?;
/// let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// let refused = runtime.block_on(host.listen(Listen::tcp("127.0.0.1:0"), Plugin::from_bytes("empty", wasm)));
/// assert!(refused.is_err(), "an empty file is no component");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Host {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) engine: Engine,
    pub(super) workers: Vec<Worker>,
    pub(super) servers: Mutex<Vec<Server>>,
    /// How many of them keep [`Host::run`] going.
    referenced: watch::Sender<usize>,
    control: tokio::runtime::Handle,
    /// Dropped, it ends the control thread.
    _control_thread: oneshot::Sender<()>,
    /// Of all plugins.
    pub(super) max_instances: u32,
    pub(super) graveyard: Graveyard,
    pub(super) serials: Arc<AtomicU64>,
    /// Shards made so far.
    pub(super) shards: Arc<AtomicU64>,
    /// Why the last listener stopped, if it did so by itself.
    failure: Mutex<Option<String>>,
    born: Instant,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.workers.iter().for_each(Worker::exit);
    }
}

impl Host {
    /// Starts the workers.
    ///
    /// # Errors
    /// When threads or address space can't be had, or core dumps can't be written where they are to go.
    pub fn new(config: HostConfig) -> Result<Self> {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let most = config.coredump_limit.unwrap_or(coredump::LIMIT);
        let dumps = config.coredump.map(|folder| CoreDumps::open(folder, most)).transpose()?.map(Arc::new);
        let mut engine = EngineConfig { cache_dir: config.cache_dir, core_dumps: dumps.is_some(), ..EngineConfig::default() };
        if let Some(instances) = config.max_instances {
            engine.max_instances = instances;
        }
        let max_instances = engine.max_instances;
        let engine = Engine::new(&engine)?;
        let workers = (0..config.workers.unwrap_or(cores).get()).map(Worker::start).collect::<Result<Vec<_>>>()?;
        let (control, thread) = start_control()?;
        let inner = Inner {
            engine,
            workers,
            servers: Mutex::default(),
            referenced: watch::Sender::new(0),
            control,
            _control_thread: thread,
            max_instances,
            graveyard: start_undertaker(dumps)?,
            serials: Arc::default(),
            shards: Arc::default(),
            failure: Mutex::default(),
            born: Instant::now(),
        };
        let inner = Arc::new(inner);
        inner.control.spawn(super::expiry::watch(Arc::downgrade(&inner)));
        Ok(Self { inner })
    }

    /// Starts a listener that `plugin` serves. When this returns, connections are accepted.
    ///
    /// # Errors
    /// When an address can't be had, the component is refused or its `start` fails, a limit makes no sense, or another
    /// listener has the name.
    pub async fn listen(&self, listen: Listen, plugin: Plugin) -> Result<Server> {
        let host = self.clone();
        self.control(async move { host.listen_inner(listen, plugin).await }).await?
    }

    /// Connects to a server, for `plugin` to speak with it: the counterpart of `Bun.connect`. When this returns, the connection
    /// stands.
    ///
    /// # Errors
    /// When it can't be made (`plugin` hears that, too, by `connect-error`); and as [`Host::listen`].
    pub async fn connect(&self, connect: Connect, plugin: Plugin) -> Result<Client> {
        let host = self.clone();
        self.control(async move { host.connect_inner(connect, plugin).await }).await?
    }

    /// The listeners, in order of their start.
    pub fn servers(&self) -> Vec<Server> {
        lock(&self.inner.servers).clone()
    }

    /// The listener called `name`.
    pub fn server(&self, name: &str) -> Option<Server> {
        lock(&self.inner.servers).iter().find(|server| server.name() == name).cloned()
    }

    /// What a component offers and asks for, and why it would be refused. Runs nothing of it.
    ///
    /// # Errors
    /// When it isn't Wasm at all.
    pub fn inspect(&self, plugin: &Plugin) -> Result<Inspection> {
        self.inner.engine.inspect(plugin.bytes())
    }

    /// The state of everything at this moment.
    pub async fn status(&self) -> HostStatus {
        let mut status = HostStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uptime_seconds: self.inner.born.elapsed().as_secs(),
            tickers_replaced: self.inner.engine.tickers_replaced(),
            listeners: Vec::new(),
        };
        for server in self.servers() {
            status.listeners.push(server.status().await);
        }
        status
    }

    /// Returns when no listener is left that is referenced ([`Server::unref`]): at once, if there is none.
    pub async fn run(&self) {
        let mut referenced = self.inner.referenced.subscribe();
        // The sender lives as long as `self`.
        let _ = referenced.wait_for(|count| *count == 0).await;
    }

    /// Why there is no listener any more, if the last one was stopped because its plugin kept failing (`OnTrap::Stop`).
    pub fn failure(&self) -> Option<Error> {
        lock(&self.inner.failure).as_ref().map(|listener| {
            Error::guest(format!("listener '{listener}' was stopped: its plugin failed too often (on-trap is stop)"))
                .hint("the log has each fault; raise trap-limit, or use on-trap refuse or restart, to go on all the same")
        })
    }

    /// Stops all listeners, at the same time.
    ///
    /// # Errors
    /// As [`Server::stop`]; the first error, after all have been tried.
    pub async fn stop(&self, how: Stop) -> Result<()> {
        let servers = self.servers();
        let stops: Vec<_> =
            servers.into_iter().map(|server| self.inner.control.spawn(async move { server.stop(how).await })).collect();
        let mut result = Ok(());
        for stop in stops {
            let stopped = stop.await.unwrap_or_else(|error| Err(Error::host(format!("stopping failed: {error}"))));
            result = result.and(stopped);
        }
        result
    }

    /// Runs `work` on the control thread, to its end even if the caller goes away.
    pub(super) async fn control<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
        self.inner.control.spawn(work).await.map_err(|error| Error::host(format!("a bug in sockdock: {error}")))
    }

    /// Stops it once its breaker has opened, if that is what the operator wants.
    pub(super) fn stop_with_breaker(&self, server: &Server) {
        let server = server.clone();
        self.inner.control.spawn(async move {
            let listener = server.listener();
            let mut stopped = listener.forced.subscribe();
            let opened = tokio::select! {
                () = listener.containment.to_be_stopped() => true,
                _ = stopped.wait_for(|stopped| *stopped) => false,
            };
            if opened && let Err(error) = server.stop(Stop::Graceful).await {
                tracing::error!(listener = server.name(), "{error}");
            }
        });
    }

    pub(super) fn forget(&self, server: &Server) {
        let none_left = {
            let mut servers = lock(&self.inner.servers);
            servers.retain(|other| !other.is(server));
            servers.is_empty()
        };
        if none_left {
            *lock(&self.inner.failure) = server.listener().containment.has_stopped().then(|| server.name().to_owned());
        }
        self.count_referenced();
    }

    pub(super) fn count_referenced(&self) {
        let count = lock(&self.inner.servers).iter().filter(|server| server.is_referenced()).count();
        self.inner.referenced.send_replace(count);
    }
}
