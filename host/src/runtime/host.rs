//! The host: an engine, workers, listeners.

use super::accept;
use super::client::{Client, Connect};
use super::counters::ShardCounters;
use super::listen::{Instances, Listen};
use super::listener::{Address, Listener, Parts, ShardHandle, lock};
use super::plugin::Plugin;
use super::prepare::{Candidate, prepare};
use super::report::HostStatus;
use super::server::{Server, Stop};
use super::shard::{Shard, State};
use super::sockets::Sockets;
use super::worker::{Local, STACK, Worker};
use crate::guest::{Engine, EngineConfig, Inspection};
use crate::net::{Bound, Trust};
use crate::pure::allow::AllowConnect;
use crate::pure::error::{Error, Fault, Result};
use std::cell::RefCell;
use std::future::Future;
use std::num::NonZeroUsize;
use std::ops::RangeFrom;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
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
    workers: Vec<Worker>,
    servers: Mutex<Vec<Server>>,
    /// How many of them keep [`Host::run`] going.
    referenced: watch::Sender<usize>,
    control: tokio::runtime::Handle,
    /// Dropped, it ends the control thread.
    _control_thread: oneshot::Sender<()>,
    graveyard: std::sync::mpsc::Sender<Box<crate::guest::Instance<Sockets>>>,
    serials: Arc<AtomicU64>,
    /// Shards made so far.
    shards: AtomicU64,
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
    /// When threads or address space can't be had.
    pub fn new(config: HostConfig) -> Result<Self> {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let mut engine = EngineConfig { cache_dir: config.cache_dir, ..EngineConfig::default() };
        if let Some(instances) = config.max_instances {
            engine.max_instances = instances;
        }
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
            graveyard: start_undertaker()?,
            serials: Arc::default(),
            shards: AtomicU64::new(0),
            born: Instant::now(),
        };
        Ok(Self { inner: Arc::new(inner) })
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

    pub(super) fn forget(&self, server: &Server) {
        lock(&self.inner.servers).retain(|other| !other.is(server));
        self.count_referenced();
    }

    pub(super) fn count_referenced(&self) {
        let count = lock(&self.inner.servers).iter().filter(|server| server.is_referenced()).count();
        self.inner.referenced.send_replace(count);
    }

    async fn connect_inner(self, connect: Connect, plugin: Plugin) -> Result<Client> {
        let (listen, order) = connect.order()?;
        let address = listen.target.clone().unwrap_or_default();
        let server = self.listen_inner(listen, plugin).await?;
        let Some(shard) = server.listener().shards().first().cloned() else { return Err(Error::host("no instance was made")) };
        let (told, outcome) = oneshot::channel();
        shard.ask(move |shard| shard.connect(order, told)).await?;
        let outcome = outcome.await.unwrap_or_else(|_| Err("the listener has stopped meanwhile".to_owned()));
        if let Err(why) = outcome {
            // Not before the plugin has heard it.
            let _ = server.stop(Stop::Graceful).await;
            return Err(Error::new(Fault::Peer, format!("can't connect to {address}: {why}")));
        }
        Ok(Client::new(server))
    }

    async fn listen_inner(self, listen: Listen, plugin: Plugin) -> Result<Server> {
        listen.limits.check()?;
        let workers = self.choose_workers(listen.instances)?;
        let name: Arc<str> = listen.name.as_deref().unwrap_or(plugin.name()).into();
        if name.is_empty() || name.contains(char::is_control) {
            return Err(Error::configuration(format!("listener name {name:?} can't be used"))
                .hint("give it a name of printable characters"));
        }
        let (engine, limits, count) = (self.inner.engine.clone(), Arc::new(listen.limits.clone()), workers.len());
        let taken =
            || Error::configuration(format!("a listener called '{name}' exists already")).hint("give this one another name");
        if self.server(&name).is_some() {
            return Err(taken());
        }
        let (candidates, addresses, trust) = {
            let (name, limits, plugin, addresses) = (name.clone(), limits.clone(), plugin.clone(), listen.addresses.clone());
            let (trust, connects) = (listen.trust, !listen.allow_connect.is_empty() || listen.target.is_some());
            // Addresses first: the quickest to be wrong.
            let work = move || {
                let addresses = bind(addresses)?;
                let trust = trust.map_or_else(|| platform_trust(connects), Ok);
                Ok((prepare(&engine, &plugin, 1, &name, &limits, count)?, addresses, trust))
            };
            blocking(work).await?
        };
        let Some(generation) = candidates.first().map(|candidate| candidate.generation.clone()) else {
            return Err(Error::host("no instance was made"));
        };
        let listener = Arc::new(Listener::new(Parts {
            name: name.clone(),
            limits,
            allow: Arc::new(AllowConnect::new(listen.allow_connect)),
            trust,
            allow_half_open: listen.allow_half_open,
            instances: listen.instances,
            addresses,
            target: listen.target,
            serials: self.inner.serials.clone(),
            graveyard: self.inner.graveyard.clone(),
            generation,
        }));
        let server = Server::new(&self, listener.clone());
        {
            let mut servers = lock(&self.inner.servers);
            if servers.iter().any(|server| server.name() == &*name) {
                return Err(taken());
            }
            servers.push(server.clone());
        }
        self.count_referenced();
        let numbers = self.inner.shards.fetch_add(workers.len() as u64, Relaxed)..;
        if let Err(error) = open(&listener, workers, numbers, candidates).await {
            let _ = server.stop(Stop::Force).await;
            return Err(error);
        }
        Ok(server)
    }

    /// The workers with the fewest shards.
    fn choose_workers(&self, instances: Instances) -> Result<Vec<Worker>> {
        let all = &self.inner.workers;
        let count = match instances {
            Instances::Shared => 1,
            Instances::PerCore => all.len(),
            Instances::Count(count) => count.get(),
        };
        let mut load = vec![0usize; all.len()];
        for server in self.servers() {
            for shard in server.listener().shards() {
                if let Some(load) = load.get_mut(shard.worker.index) {
                    *load += 1;
                }
            }
        }
        let mut workers = all.clone();
        workers.sort_by_key(|worker| load.get(worker.index).copied().unwrap_or_default());
        // More instances than workers: they share.
        Ok(workers.into_iter().cycle().take(count).collect())
    }
}

fn bind(addresses: Vec<(Result<crate::net::Bind, String>, Option<crate::net::Tls>)>) -> Result<Vec<Arc<Address>>> {
    let bind = |(bind, tls): (Result<crate::net::Bind, String>, _)| {
        let bind = bind.map_err(Error::configuration)?;
        Ok(Arc::new(Address { bound: Bound::new(&bind)?, tls }))
    };
    addresses.into_iter().map(bind).collect()
}

/// Puts the instances in place and starts accepting.
async fn open(listener: &Arc<Listener>, workers: Vec<Worker>, numbers: RangeFrom<u64>, candidates: Vec<Candidate>) -> Result<()> {
    let mut handles = Vec::new();
    for ((worker, number), candidate) in workers.into_iter().zip(numbers).zip(candidates) {
        let counters = Arc::new(ShardCounters::default());
        let (shared, own) = (listener.clone(), counters.clone());
        worker.ask(move |local| install(local, number, shared, own, candidate)).await?;
        handles.push(ShardHandle { number, worker, counters });
    }
    let Some(first) = handles.first().map(|shard| shard.worker.clone()) else { return Ok(()) };
    let _ = listener.shards.set(handles);
    let listener = listener.clone();
    first
        .ask(move |local| {
            let addresses = lock(&listener.addresses).clone();
            addresses.into_iter().for_each(|address| accept::start(local, &listener, address));
        })
        .await
}

fn install(local: &Rc<Local>, number: u64, listener: Arc<Listener>, counters: Arc<ShardCounters>, candidate: Candidate) {
    let mut sockets = Sockets::new(
        listener.limits.clone(),
        listener.allow.clone(),
        listener.name.clone(),
        counters.clone(),
        listener.serials.clone(),
    );
    sockets.timer_handler = candidate.generation.component.has_timer_handler();
    candidate.staged.apply(&mut sockets);
    counters.up.set(1);
    counters.memory.set(candidate.instance.memory_bytes() as u64);
    let need = listener.limits.read_buffer;
    let mut buffer = local.buffer.borrow_mut();
    if buffer.len() < need {
        buffer.resize(need, 0);
    }
    let state = State::new(Box::new(sockets), candidate.instance, candidate.generation);
    let shard = Rc::new(Shard { number, listener, counters, local: local.clone(), state: RefCell::new(state) });
    tokio::task::spawn_local(super::alarm::TimerDriver::new(shard.clone()));
    local.shards.borrow_mut().insert(number, shard);
}

/// What the system trusts, for plugins that may connect; read before any of them does, since that takes a while. That there is nothing
/// concerns only those that speak TLS.
fn platform_trust(connects: bool) -> Result<Trust, String> {
    if connects { Trust::platform().map_err(|error| error.to_string()) } else { Err("no connection is allowed".to_owned()) }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::host(format!("a bug in sockdock: {error}"))))
}

/// The thread that reloads, starts and stops listeners; it never calls a guest that serves.
fn start_control() -> Result<(tokio::runtime::Handle, oneshot::Sender<()>)> {
    let failed = |error: std::io::Error| Error::host(format!("the control thread can't be started: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_stack_size(STACK).build().map_err(failed)?;
    let handle = runtime.handle().clone();
    let (sender, ended) = oneshot::channel::<()>();
    std::thread::Builder::new()
        .name("sockdock-control".into())
        .spawn(move || {
            let _ = runtime.block_on(ended);
            runtime.shutdown_background();
        })
        .map_err(failed)?;
    Ok((handle, sender))
}

/// The thread that frees instances.
fn start_undertaker() -> Result<std::sync::mpsc::Sender<Box<crate::guest::Instance<Sockets>>>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name("sockdock-free".into())
        .spawn(move || receiver.into_iter().for_each(drop))
        .map_err(|error| Error::host(format!("a thread can't be started: {error}")))?;
    Ok(sender)
}
