//! From the accept loop to a shard: limits, an even spread, the TLS handshake.

use super::counters::{Ticket, bump};
use super::entry::Remote;
use super::listener::{Address, Listener, lock};
use super::worker::Local;
use crate::net::{Accepted, Handshake, Transport, accept_loop, accept_rest};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Starts accepting on one address; on the worker whose loop it is to be.
pub(super) fn start(local: &Rc<Local>, listener: &Arc<Listener>, address: Arc<Address>) {
    let task = {
        let (local, listener) = (local.clone(), listener.clone());
        tokio::task::spawn_local(async move {
            let take = |accepted| dispatch(&local, &listener, &address, accepted);
            let failed = |error: std::io::Error| {
                bump(&listener.counters.accept_errors);
                tracing::warn!(listener = %listener.name, address = address.url(), "accept failed: {error}; trying again");
            };
            if let Err(error) = accept_loop(&address.bound, take, failed).await {
                tracing::error!(listener = %listener.name, address = address.url(), "can't accept any more: {error}");
            }
        })
    };
    lock(&listener.accepting).push(task.abort_handle());
}

/// Stops accepting; what the kernel had accepted for us already is still served. On the worker of the accept loops.
pub(super) fn stop(local: &Rc<Local>, listener: &Arc<Listener>) {
    for address in listener.stop_accepting() {
        accept_rest(&address.bound, |accepted| dispatch(local, listener, &address, accepted));
    }
}

/// Gives a fresh connection to the shard that has the fewest.
fn dispatch(local: &Rc<Local>, listener: &Arc<Listener>, address: &Arc<Address>, accepted: Accepted) {
    bump(&listener.counters.accepted);
    if listener.connections() >= listener.limits.connections as u64 {
        bump(&listener.counters.refused);
        tracing::warn!(listener = %listener.name, limit = listener.limits.connections, "connection refused: max-connections reached");
        return;
    }
    let Some(shard) = listener.shards().iter().min_by_key(|shard| shard.counters.connections.load(Relaxed)) else { return };
    let ticket = Ticket::new(shard.counters.clone(), listener.drained.clone());
    if shard.worker.index == local.index {
        welcome(local, shard.number, address, accepted, ticket);
    } else {
        let (number, address) = (shard.number, address.clone());
        shard.worker.send(move |local| welcome(local, number, &address, accepted, ticket));
    }
}

/// Makes a connection of it, on the worker where it stays.
fn welcome(local: &Rc<Local>, shard: u64, address: &Arc<Address>, accepted: Accepted, ticket: Ticket) {
    let Some(shard) = local.shards.borrow().get(&shard).cloned() else { return };
    let listener = &shard.listener;
    let remote = Remote::from(accepted.peer);
    let transport = match Transport::register(accepted.fd, address.bound.is_unix()) {
        Ok(transport) => transport,
        Err(error) => {
            bump(&listener.counters.accept_errors);
            tracing::warn!(listener = %listener.name, "an accepted connection can't be registered: {error}");
            return;
        }
    };
    if let Transport::Tcp(tcp) = &transport
        && let Err(error) = tcp.set_nodelay(true)
    {
        tracing::debug!(listener = %listener.name, "TCP_NODELAY: {error}");
    }
    let Some(tls) = address.tls() else {
        shard.adopt(crate::net::Stream::Plain(transport), remote, ticket);
        return;
    };
    tokio::task::spawn_local(async move {
        let listener = &shard.listener;
        let mut forced = listener.forced.subscribe();
        let handshake = tokio::time::timeout(listener.limits.handshake_timeout, Handshake::server(tls, transport));
        let outcome = tokio::select! {
            outcome = handshake => outcome,
            _ = forced.wait_for(|forced| *forced) => return,
        };
        let why = match outcome {
            Ok(Ok(stream)) => return shard.adopt(stream, remote, ticket),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("not done within {:?} (handshake-timeout)", listener.limits.handshake_timeout),
        };
        // Never the plugin's business: a port scan costs no guest CPU.
        bump(&listener.counters.handshakes_failed);
        tracing::info!(listener = %listener.name, "TLS handshake failed: {why}");
    });
}
