//! A listener in its embedder's hands.

use super::accept;
use super::canary::promote;
use super::counters::read;
use super::host::Host;
use super::listener::{Listener, ShardHandle, lock};
use super::options::ReloadOptions;
use super::plugin::Plugin;
use super::prepare::Origin;
use super::reload::{refuse, reload, roll_back};
use super::report::{ListenerStatus, ReloadFailure, ReloadReport, TlsReport};
use super::rotate::{TlsReload, reload_tls};
use crate::pure::error::{Error, Result};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long `status` waits for a worker before it shows what was known last.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a forced stop waits for connections to be gone; they need one turn each.
const FORCED: Duration = Duration::from_secs(10);

/// How to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Accept no more; let live connections end by themselves, up to the drain timeout; then as `Force`.
    Graceful,
    /// Reset live connections at once, as `stop(true)` does in Bun.
    Force,
}

/// A listener. Clones are the same one; dropping them stops nothing.
#[derive(Clone)]
pub struct Server {
    listener: Arc<Listener>,
    /// Weak: the host's list holds its servers.
    host: Weak<super::host::Inner>,
    referenced: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn new(host: &Host, listener: Arc<Listener>) -> Self {
        Self { listener, host: Arc::downgrade(&host.inner), referenced: Arc::new(AtomicBool::new(true)) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.listener.name
    }

    /// Its first address, if that is TCP; the port is the real one where 0 was asked for.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        lock(&self.listener.announced).tcp
    }

    /// Its addresses, as `tcp://127.0.0.1:7000`, `tls://127.0.0.1:7443`, `unix:/path`, `tls+unix:/path`.
    pub fn addresses(&self) -> Vec<String> {
        lock(&self.listener.announced).urls.clone()
    }

    /// The plugin that serves.
    pub fn plugin(&self) -> Plugin {
        self.listener.generation().plugin.clone()
    }

    /// Puts `plugin` behind the live connections: nobody is disconnected, no byte lost or repeated.
    ///
    /// # Errors
    /// The old generation goes on; the failure says in which phase what went wrong.
    pub async fn reload(&self, plugin: Plugin) -> Result<ReloadReport, ReloadFailure> {
        self.reload_with(plugin, ReloadOptions::default()).await
    }

    /// As [`Server::reload`], with options. The reload runs to its end even if this future is dropped.
    ///
    /// # Errors
    /// As [`Server::reload`].
    pub async fn reload_with(&self, plugin: Plugin, options: ReloadOptions) -> Result<ReloadReport, ReloadFailure> {
        let origin = |host: &Host| Origin::Plugin(host.inner.engine.clone(), plugin);
        self.transact("prepare", |host, listener| reload(listener, origin(host), options)).await
    }

    /// Calls a canary off, if one is under way. Else goes back to the component and settings that served before the last reload, with all
    /// live connections; state goes back by `snapshot` and `restore`. The generation gets a new number. A second rollback takes the first one back.
    ///
    /// # Errors
    /// All stays as it is: there was no reload yet, or the earlier component can't take the state over (unless `discard_state`).
    pub async fn rollback(&self, discard_state: bool) -> Result<ReloadReport, ReloadFailure> {
        self.transact("prepare", |_, listener| roll_back(listener, discard_state)).await
    }

    /// Ends a canary at once: it serves from now on, and takes the old generation's connections over.
    ///
    /// # Errors
    /// When there is no canary.
    pub async fn promote(&self) -> Result<ReloadReport, ReloadFailure> {
        self.transact("prepare", |_, listener| promote(listener)).await
    }

    /// Reads its certificates, keys, authorities and revocation lists again, and those of its plugin's credentials, for handshakes that
    /// begin from then on. Nobody is disconnected.
    ///
    /// # Errors
    /// All stays as it was; the failure says which file is wrong.
    pub async fn reload_tls(&self) -> Result<TlsReport, ReloadFailure> {
        self.reload_tls_with(TlsReload::default()).await
    }

    /// As [`Server::reload_tls`], with others in their place.
    ///
    /// # Errors
    /// As [`Server::reload_tls`].
    pub async fn reload_tls_with(&self, change: TlsReload) -> Result<TlsReport, ReloadFailure> {
        self.transact("tls", |_, listener| reload_tls(listener, change)).await
    }

    /// For a reload whose plugin couldn't even be read or built: counts, logs and reports it as one that failed in `prepare`.
    pub fn refuse_reload(&self, error: Error) -> ReloadFailure {
        refuse(&self.listener, error)
    }

    /// Stops listening, at once; connections end as `how` says. Returns when the last is gone.
    ///
    /// # Errors
    /// When connections are still there though they were reset: a worker is stuck.
    pub async fn stop(&self, how: Stop) -> Result<()> {
        let server = self.clone();
        self.host()?.control(async move { server.stop_inner(how).await }).await?
    }

    /// Its state at this moment.
    pub async fn status(&self) -> ListenerStatus {
        let mut states = Vec::new();
        for shard in self.listener.shards() {
            let index = shard.worker.index;
            match self.within(PATIENCE, shard.look()).await {
                Some(Ok(Some(why))) => states.push(format!("failing: {why}")),
                Some(_) => {}
                None => states.push(format!("busy: worker {index} hasn't answered for {PATIENCE:?}")),
            }
        }
        if self.listener.containment.is_open() {
            states.insert(0, "breaker open".to_owned());
        }
        if self.listener.is_stopping() {
            states.insert(0, "draining".to_owned());
        }
        self.collect(states)
    }

    /// [`Host::run`] doesn't wait for it any more.
    pub fn unref(&self) {
        self.reference(false);
    }

    /// Takes [`Server::unref`] back.
    pub fn reref(&self) {
        self.reference(true);
    }

    /// Has the control thread do `work` to its end, whatever becomes of the caller.
    async fn transact<T, W>(&self, phase: &str, work: impl FnOnce(&Host, Arc<Listener>) -> W) -> Result<T, ReloadFailure>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, ReloadFailure>> + Send + 'static,
    {
        let gone = |error: Error| ReloadFailure::of(self.name(), phase, &error, self.listener.generation().number);
        let host = self.host().map_err(gone)?;
        host.control(work(&host, self.listener.clone())).await.unwrap_or_else(|error| Err(gone(error)))
    }

    fn reference(&self, referenced: bool) {
        self.referenced.store(referenced, Relaxed);
        if let Ok(host) = self.host() {
            host.count_referenced();
        }
    }

    pub(super) fn is_referenced(&self) -> bool {
        self.referenced.load(Relaxed)
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.listener, &other.listener)
    }

    pub(super) fn listener(&self) -> &Arc<Listener> {
        &self.listener
    }

    fn host(&self) -> Result<Host> {
        let inner =
            self.host.upgrade().ok_or_else(|| Error::configuration(format!("listener '{}': its host is gone", self.name())))?;
        Ok(Host { inner })
    }

    /// `work` on the control thread, whose clock it needs; none when it takes longer than `patience`.
    async fn within<T: Send + 'static>(&self, patience: Duration, work: impl Future<Output = T> + Send) -> Option<T> {
        let host = self.host().ok()?;
        let timer = host.control(async move { tokio::time::sleep(patience).await });
        let (work, timer) = (std::pin::pin!(work), std::pin::pin!(timer));
        tokio::select! {
            done = work => Some(done),
            _ = timer => None,
        }
    }

    /// Waits until no connection is left.
    pub(super) async fn emptied(&self) {
        loop {
            let shards = self.listener.shards();
            self.listener.emptied(&shards).await;
            // Others may have come meanwhile, of a new generation.
            if self.listener.connections() == 0 {
                return;
            }
        }
    }

    async fn stop_inner(&self, how: Stop) -> Result<()> {
        let listener = &self.listener;
        let first = listener.stopping.swap(true, Relaxed);
        if !first && let Some(worker) = listener.acceptor.get() {
            let own = listener.clone();
            worker.ask(move |local| accept::stop(local, &own)).await?;
        }
        if how == Stop::Graceful {
            self.drained(listener.limits().drain_timeout).await;
        }
        listener.forced.send_replace(true);
        for shard in listener.shards() {
            let _ = shard.terminate(None).await;
        }
        let all_gone = self.drained(FORCED).await;
        for shard in listener.shards() {
            let _ = shard.end().await;
        }
        if let Ok(host) = self.host() {
            host.forget(self);
        }
        if all_gone {
            tracing::info!(listener = %listener.name, "stopped");
            return Ok(());
        }
        let left = listener.connections();
        Err(Error::host(format!("listener '{}' has stopped, but {left} connections didn't end within {FORCED:?}", listener.name)))
    }

    /// Waits until no connection is left; false when that takes longer than `patience`.
    async fn drained(&self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.emptied()).await.is_ok()
    }

    fn collect(&self, states: Vec<String>) -> ListenerStatus {
        let listener = &self.listener;
        let generation = listener.generation();
        let counters = &listener.counters;
        let shards = listener.shards();
        let sum = |what: fn(&ShardHandle) -> u64| shards.iter().map(what).sum::<u64>();
        let (generations, events, traps) = listener.generations();
        ListenerStatus {
            name: listener.name.to_string(),
            addresses: self.addresses(),
            plugin: generation.plugin.path().map(|path| path.display().to_string()),
            generation: generation.number,
            digest: generation.component.digest().to_string(),
            instances: listener.instances.to_string(),
            instances_up: sum(|shard| shard.counters.up.get()),
            connections: listener.connections(),
            accepted: read(&counters.accepted),
            bytes_read: read(&listener.past.bytes_read) + sum(|shard| shard.counters.bytes_read.get()),
            bytes_written: read(&listener.past.bytes_written) + sum(|shard| shard.counters.bytes_written.get()),
            events: read(&listener.past.events) + events,
            traps: read(&listener.past.traps) + traps,
            generations,
            reloads: read(&counters.reloads),
            reloads_failed: read(&counters.reloads_failed),
            tls_reloads: read(&counters.tls_reloads),
            handshakes_failed: read(&counters.handshakes_failed),
            accept_errors: read(&counters.accept_errors),
            refused: read(&counters.refused),
            subscriptions: sum(|shard| shard.counters.subscriptions.get()),
            published: read(&listener.past.published) + sum(|shard| shard.counters.published.get()),
            delivered: read(&listener.past.delivered) + sum(|shard| shard.counters.delivered.get()),
            slow_subscribers: read(&listener.past.slow_subscribers) + sum(|shard| shard.counters.slow_subscribers.get()),
            memory_bytes: sum(|shard| shard.counters.memory.get()),
            containment: listener.containment.status(),
            state: match (states.is_empty(), listener.client) {
                (true, false) => "listening".to_owned(),
                (true, true) => "connected".to_owned(),
                (false, _) => states.join("; "),
            },
            certificates: super::expiry::certificates(listener),
        }
    }
}
