//! The start of a listener, or of a client: instances, addresses, and then connections.

use super::accept;
use super::address::Address;
use super::blocking::blocking;
use super::client::{Client, Connect};
use super::containment::Containment;
use super::counters::ShardCounters;
use super::grants::{Grants, Secrets};
use super::host::Host;
use super::listen::{Instances, Listen};
use super::listener::{Listener, Parts, ShardHandle, lock};
use super::nest::Nest;
use super::plugin::Plugin;
use super::prepare::{Candidate, Origin, prepare};
use super::server::{Server, Stop};
use super::shard::{Shard, State};
use super::topics::Membership;
use super::worker::{Local, Worker};
use crate::net::{Bind, SocketOptions, Tls};
use crate::pure::allow::AllowConnect;
use crate::pure::error::{Error, Fault, Result};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::oneshot;

impl Host {
    pub(super) async fn connect_inner(self, connect: Connect, plugin: Plugin) -> Result<Client> {
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

    pub(super) async fn listen_inner(self, listen: Listen, plugin: Plugin) -> Result<Server> {
        let server = self.set_up(listen, plugin).await?;
        if let Err(error) = begin(server.listener()).await {
            let _ = server.stop(Stop::Force).await;
            return Err(error);
        }
        Ok(server)
    }

    /// All of a listener but that it accepts connections: those wait in the kernel.
    pub(super) async fn set_up(&self, listen: Listen, plugin: Plugin) -> Result<Server> {
        listen.limits.check()?;
        let workers = self.choose_workers(listen.instances)?;
        let name: Arc<str> = listen.name.as_deref().unwrap_or(plugin.name()).into();
        if name.is_empty() || name.contains(char::is_control) {
            return Err(Error::configuration(format!("listener name {name:?} can't be used"))
                .hint("give it a name of printable characters"));
        }
        let (engine, limits) = (self.inner.engine.clone(), Arc::new(listen.limits.clone()));
        // Where each connection has its own, one is made to see that it can be.
        let count = if listen.instances == Instances::PerConnection { 1 } else { workers.len() };
        let taken =
            || Error::configuration(format!("a listener called '{name}' exists already")).hint("give this one another name");
        if self.server(&name).is_some() {
            return Err(taken());
        }
        let containment = Containment::new(&limits);
        let (candidates, addresses) = {
            let (name, limits, plugin, addresses) = (name.clone(), limits.clone(), plugin.clone(), listen.addresses.clone());
            let (sockets, account) = (listen.sockets, containment.account());
            // Addresses first: the quickest to be wrong.
            let work = move || {
                let addresses = bind(addresses, &sockets)?;
                Ok((prepare(&Origin::Plugin(engine, plugin), 1, &name, &limits, count, account)?, addresses))
            };
            blocking(work).await?
        };
        let Some(generation) = candidates.first().map(|candidate| candidate.generation.clone()) else {
            return Err(Error::host("no instance was made"));
        };
        let secrets = Secrets { trust: listen.trust.unwrap_or_default(), credentials: listen.credentials };
        let listener = Arc::new(Listener::new(Parts {
            name: name.clone(),
            limits,
            grants: Arc::new(Grants::new(AllowConnect::new(listen.allow_connect), secrets)),
            allow_half_open: listen.allow_half_open,
            proxy_protocol: listen.proxy_protocol,
            instances: listen.instances,
            addresses,
            target: listen.target,
            serials: self.inner.serials.clone(),
            numbers: self.inner.shards.clone(),
            graveyard: self.inner.graveyard.clone(),
            generation,
            containment,
        }));
        if listener.instances == Instances::PerConnection
            && listener.limits().connections as u64 > u64::from(self.inner.max_instances)
        {
            let most = self.inner.max_instances;
            tracing::info!(listener = %name, "each connection has an instance, and there is room for {most} (max-instances): further connections are refused");
        }
        super::rotate::warn_of_dangers(&listener);
        super::expiry::warn(&listener);
        let server = Server::new(self, listener.clone());
        {
            let mut servers = lock(&self.inner.servers);
            if servers.iter().any(|server| server.name() == &*name) {
                return Err(taken());
            }
            servers.push(server.clone());
        }
        self.count_referenced();
        if let Err(error) = furnish(&listener, workers, candidates).await {
            let _ = server.stop(Stop::Force).await;
            return Err(error);
        }
        self.stop_with_breaker(&server);
        Ok(server)
    }

    /// The workers with the fewest shards.
    fn choose_workers(&self, instances: Instances) -> Result<Vec<Worker>> {
        let all = &self.inner.workers;
        let count = match instances {
            Instances::Shared => 1,
            Instances::PerCore | Instances::PerConnection => all.len(),
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

pub(super) fn bind(addresses: Vec<(Result<Bind, String>, Option<Tls>)>, options: &SocketOptions) -> Result<Vec<Arc<Address>>> {
    let bind = |(bind, tls): (Result<Bind, String>, _)| {
        let bind = bind.map_err(Error::configuration)?;
        Ok(Arc::new(Address::open(bind, tls, options)?))
    };
    addresses.into_iter().map(bind).collect()
}

/// Puts the instances in place.
async fn furnish(listener: &Arc<Listener>, workers: Vec<Worker>, candidates: Vec<Candidate>) -> Result<()> {
    let shards = match listener.instances {
        Instances::PerConnection => nests(listener, workers, candidates).await?,
        _ => settle(listener, workers, candidates).await?,
    };
    let Some(first) = shards.first().map(|shard| shard.worker.clone()) else { return Ok(()) };
    let _ = listener.acceptor.set(first);
    lock(&listener.roster).open(shards);
    Ok(())
}

/// Starts accepting.
pub(super) async fn begin(listener: &Arc<Listener>) -> Result<()> {
    let Some(acceptor) = listener.acceptor.get() else { return Ok(()) };
    let listener = listener.clone();
    acceptor
        .ask(move |local| {
            let addresses = lock(&listener.addresses).clone();
            addresses.into_iter().for_each(|address| accept::start(local, &listener, address));
        })
        .await
}

/// A place on each worker for instances that are made when connections come.
async fn nests(listener: &Arc<Listener>, workers: Vec<Worker>, candidates: Vec<Candidate>) -> Result<Vec<ShardHandle>> {
    candidates.into_iter().for_each(|candidate| listener.dispose(candidate.instance));
    let numbers = listener.number_shards(workers.len());
    let mut shards = Vec::new();
    for (worker, number) in workers.into_iter().zip(numbers) {
        let counters = Arc::new(ShardCounters::default());
        let shard = ShardHandle { number, worker, counters };
        let (shared, own) = (listener.clone(), shard.clone());
        let install = move |local: &Rc<Local>| {
            make_room(local, shared.limits().read_buffer);
            let nest = Rc::new(Nest::new(shared, own, local.clone()));
            local.nests.borrow_mut().insert(number, nest);
        };
        shard.worker.ask(install).await?;
        shards.push(shard);
    }
    Ok(shards)
}

/// The worker's read buffer holds what a listener reads at a time.
pub(super) fn make_room(local: &Local, need: usize) {
    let mut buffer = local.buffer.borrow_mut();
    if buffer.len() < need {
        buffer.resize(need, 0);
    }
}

/// Makes a shard of each candidate. They have no connections yet, and nobody knows of them.
pub(super) async fn settle(
    listener: &Arc<Listener>,
    workers: Vec<Worker>,
    candidates: Vec<Candidate>,
) -> Result<Vec<ShardHandle>> {
    let numbers = listener.number_shards(candidates.len());
    let mut shards = Vec::new();
    for ((worker, number), candidate) in workers.into_iter().zip(numbers).zip(candidates) {
        let counters = Arc::new(ShardCounters::default());
        let shard = ShardHandle { number, worker, counters };
        let (shared, own, mail) = (listener.clone(), shard.counters.clone(), shard.clone());
        let membership = listener.membership(move || mail.send(|shard| shard.deliver()));
        shard.worker.ask(move |local| install(local, number, shared, own, membership, candidate)).await?;
        shards.push(shard);
    }
    Ok(shards)
}

fn install(
    local: &Rc<Local>,
    number: u64,
    listener: Arc<Listener>,
    counters: Arc<ShardCounters>,
    membership: Membership,
    candidate: Candidate,
) {
    make_room(local, listener.limits().read_buffer);
    let Candidate { generation, instance, staged, .. } = candidate;
    let mut sockets = listener.table(counters.clone(), membership);
    sockets.timer_handler = generation.component.has_timer_handler();
    staged.apply(&mut sockets);
    let tally = generation.tally();
    let state = RefCell::new(State::new(Box::new(sockets), generation, tally));
    let shard = Rc::new(Shard { member: None, listener, counters, local: local.clone(), state });
    shard.state.borrow_mut().seat_instance(&shard, instance);
    tokio::task::spawn_local(super::alarm::TimerDriver::new(shard.clone()));
    local.shards.borrow_mut().insert(number, shard);
}
