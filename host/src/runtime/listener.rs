//! A listener: what its shards, its accept loops and its embedder share.

use super::address::{Address, Announced};
use super::containment::Containment;
use super::counters::{ListenerCounters, Past, ShardCounters, read};
use super::generation::SharedGeneration;
use super::grants::Grants;
use super::listen::Instances;
use super::peers::Peers;
use super::roster::{Draw, Roster};
use super::shard::Shard;
use super::sockets::Sockets;
use super::threads::Graveyard;
use super::topics::{InProcess, Mailbox, Membership, Topics};
use super::worker::{Local, Worker};
use crate::guest::Instance;
use crate::pure::account::Ledger;
use crate::pure::error::{Error, Result};
use crate::pure::limits::Limits;
use crate::pure::outbound::Pool;
use crate::pure::proxy_protocol::ProxyProtocol;
use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::{Notify, watch};

/// A shard seen from other threads.
#[derive(Clone)]
pub(super) struct ShardHandle {
    /// Tells it apart on its worker; never used again.
    pub(super) number: u64,
    pub(super) worker: Worker,
    pub(super) counters: Arc<ShardCounters>,
}

impl ShardHandle {
    /// Has the shard do `job` between two events, and waits for the answer.
    ///
    /// # Errors
    /// When the shard, or its worker, has stopped.
    pub(super) async fn ask<T: Send + 'static>(self, job: impl FnOnce(&Rc<Shard>) -> T + Send + 'static) -> Result<T> {
        self.worker.ask(on(self.number, job)).await?.ok_or_else(|| Error::configuration("the listener has stopped meanwhile"))
    }
}

impl ShardHandle {
    /// Has the shard do `job` between two events, if it is still there.
    pub(super) fn send(&self, job: impl FnOnce(&Rc<Shard>) + Send + 'static) {
        let job = on(self.number, job);
        self.worker.send(move |local| {
            job(local);
        });
    }
}

/// `job` on the shard of that number, if its worker still has it.
fn on<T>(number: u64, job: impl FnOnce(&Rc<Shard>) -> T) -> impl FnOnce(&Rc<Local>) -> Option<T> {
    move |local| {
        let shard = local.shards.borrow().get(&number).cloned();
        shard.map(|shard| job(&shard))
    }
}

/// What is common to a listener's shards.
pub(super) struct Listener {
    pub(super) name: Arc<str>,
    /// What a change of limits replaces; workers read it without a lock.
    limits: ArcSwap<Limits>,
    pub(super) grants: Arc<Grants>,
    pub(super) allow_half_open: bool,
    pub(super) proxy_protocol: Option<ProxyProtocol>,
    /// Where there is a limit per peer.
    pub(super) peers: ArcSwapOption<Peers>,
    pub(super) instances: Instances,
    pub(super) addresses: Mutex<Vec<Arc<Address>>>,
    /// What `addresses` are called, also once it has stopped; what a client connects to.
    pub(super) announced: Mutex<Announced>,
    /// It listens nowhere: its first connection is the host's own.
    pub(super) client: bool,
    /// Its generations and shards. Locked when a connection comes, never per event.
    pub(super) roster: Mutex<Roster>,
    /// Whose loops accept; set once, when all are up.
    pub(super) acceptor: OnceLock<Worker>,
    pub(super) counters: ListenerCounters,
    pub(super) containment: Containment,
    /// What was counted by shards and generations that are gone.
    pub(super) past: Past,
    /// A shard has lost its last connection.
    pub(super) drained: Arc<Notify>,
    pub(super) stopping: AtomicBool,
    /// Becomes true when what is left is reset: handshakes end then, too.
    pub(super) forced: watch::Sender<bool>,
    /// One reload at a time; a second waits for the first.
    pub(super) transaction: tokio::sync::Mutex<()>,
    /// One reload of TLS at a time.
    pub(super) rotation: Mutex<()>,
    /// Serials of all sockets of the host.
    pub(super) serials: Arc<AtomicU64>,
    /// Numbers of all shards of the host.
    pub(super) numbers: Arc<AtomicU64>,
    pub(super) graveyard: Graveyard,
    topics: Arc<dyn Topics>,
}

/// What a [`Listener`] is made from.
pub(super) struct Parts {
    pub(super) name: Arc<str>,
    pub(super) limits: Arc<Limits>,
    pub(super) grants: Arc<Grants>,
    pub(super) allow_half_open: bool,
    pub(super) proxy_protocol: Option<ProxyProtocol>,
    pub(super) instances: Instances,
    pub(super) addresses: Vec<Arc<Address>>,
    /// What a client connects to.
    pub(super) target: Option<String>,
    pub(super) serials: Arc<AtomicU64>,
    pub(super) numbers: Arc<AtomicU64>,
    pub(super) graveyard: Graveyard,
    pub(super) generation: SharedGeneration,
    pub(super) containment: Containment,
}

impl Listener {
    pub(super) fn new(parts: Parts) -> Self {
        let limits = &parts.limits;
        Self {
            topics: Arc::new(InProcess::new(limits.subscriptions)),
            name: parts.name,
            peers: ArcSwapOption::new(limits.connections_per_peer.map(|limit| Arc::new(Peers::new(limit)))),
            limits: ArcSwap::new(parts.limits),
            grants: parts.grants,
            allow_half_open: parts.allow_half_open,
            proxy_protocol: parts.proxy_protocol,
            instances: parts.instances,
            announced: Mutex::new(Announced::new(&parts.addresses, parts.target.clone())),
            client: parts.target.is_some(),
            addresses: Mutex::new(parts.addresses),
            roster: Mutex::new(Roster::new(parts.generation)),
            acceptor: OnceLock::new(),
            counters: ListenerCounters::default(),
            containment: parts.containment,
            past: Past::default(),
            drained: Arc::default(),
            stopping: AtomicBool::new(false),
            forced: watch::Sender::new(false),
            transaction: tokio::sync::Mutex::default(),
            rotation: Mutex::default(),
            serials: parts.serials,
            numbers: parts.numbers,
            graveyard: parts.graveyard,
        }
    }

    /// Those that hold now.
    pub(super) fn limits(&self) -> Guard<Arc<Limits>> {
        self.limits.load()
    }

    /// What is common to all shards is bounded so from now on; the shards have to be told (`relimit.rs`).
    pub(super) fn set_limits(&self, limits: &Arc<Limits>) {
        self.containment.set_limits(limits, &self.name);
        self.topics.set_limit(limits.subscriptions);
        match (&*self.peers.load(), limits.connections_per_peer) {
            (Some(peers), Some(limit)) => peers.set_limit(limit),
            (_, limit) => self.peers.store(limit.map(|limit| Arc::new(Peers::new(limit)))),
        }
        self.limits.store(limits.clone());
    }

    /// All that there are, those of old generations included.
    pub(super) fn shards(&self) -> Vec<ShardHandle> {
        lock(&self.roster).shards().iter().map(|enrolled| enrolled.shard.clone()).collect()
    }

    /// A place for one more shard among the others. `wake` has it look into its mailbox.
    pub(super) fn membership(&self, wake: impl Fn() + Send + Sync + 'static) -> Membership {
        Membership::new(self.topics.clone(), Mailbox::new(self.limits().topic_backlog, wake))
    }

    /// The generation that serves.
    pub(super) fn generation(&self) -> SharedGeneration {
        lock(&self.roster).serving().clone()
    }

    /// The generation for a new connection from there.
    pub(super) fn pick(&self, peer: Option<IpAddr>) -> SharedGeneration {
        lock(&self.roster).pick(self.draw(peer))
    }

    /// What a trial's share is drawn by. Through a balancer all come from the same address, until it is known whom they are from.
    pub(super) fn draw(&self, peer: Option<IpAddr>) -> Draw {
        Draw { peer, count: read(&self.counters.accepted) }
    }

    /// An empty table of connections.
    pub(super) fn table(&self, counters: Arc<ShardCounters>, membership: Membership) -> Sockets {
        let (limits, grants) = (Arc::clone(&self.limits()), self.grants.clone());
        let mut sockets = Sockets::new(limits, grants, self.name.clone(), counters, self.serials.clone(), membership);
        sockets.pool = Pool::new(Ledger::new(self.containment.account()));
        sockets
    }

    /// Numbers for so many new shards.
    pub(super) fn number_shards(&self, count: usize) -> std::ops::RangeFrom<u64> {
        self.numbers.fetch_add(count as u64, Relaxed)..
    }

    /// Ends the accept loops; the listening sockets close when the last of what this returns is dropped.
    pub(super) fn stop_accepting(&self) -> Vec<Arc<Address>> {
        let addresses = std::mem::take(&mut *lock(&self.addresses));
        addresses.iter().for_each(|address| address.stop_accepting());
        addresses
    }

    /// Connections alive, handshakes included.
    pub(super) fn connections(&self) -> u64 {
        lock(&self.roster).shards().iter().map(|enrolled| read(&enrolled.shard.counters.connections)).sum()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    /// Frees an instance off the workers: giving its memory back takes the kernel a while.
    pub(super) fn dispose(&self, instance: Box<Instance<Sockets>>) {
        self.graveyard.take(instance);
    }
}

/// These locks guard plain values: one that a panic left behind is as good as any.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
