//! From the accept loop to a shard: limits, an even spread, the TLS handshake.

use super::address::Address;
use super::counters::{Ticket, bump};
use super::ends::{Ends, Remote};
use super::listener::{Listener, lock};
use super::worker::Local;
use crate::net::{Accepted, Handshake, Stream, Transport, accept_loop, accept_rest, read_announcement};
use std::rc::Rc;
use std::sync::Arc;

/// Starts accepting on one address; on the worker whose loop it is to be.
pub(super) fn start(local: &Rc<Local>, listener: &Arc<Listener>, address: Arc<Address>) {
    let task = {
        let (local, listener, address) = (local.clone(), listener.clone(), address.clone());
        tokio::task::spawn_local(async move {
            let take = |accepted| dispatch(&local, &listener, &address, accepted);
            let failed = |error| failed(&listener, &address, &error);
            if let Err(error) = accept_loop(&address.bound, take, failed).await {
                tracing::error!(listener = %listener.name, address = address.url(), "can't accept any more: {error}");
            }
        })
    };
    address.accepts(task.abort_handle());
}

/// Stops accepting; what the kernel had accepted for us already is still served. On the worker of the accept loops.
pub(super) fn stop(local: &Rc<Local>, listener: &Arc<Listener>) {
    listener.stop_accepting().iter().for_each(|address| stop_one(local, listener, address));
}

/// The same for one address of several.
pub(super) fn stop_one(local: &Rc<Local>, listener: &Arc<Listener>, address: &Arc<Address>) {
    address.stop_accepting();
    let take = |accepted| dispatch(local, listener, address, accepted);
    accept_rest(&address.bound, take, |error| failed(listener, address, &error));
}

fn failed(listener: &Listener, address: &Address, error: &std::io::Error) {
    bump(&listener.counters.accept_errors);
    tracing::warn!(listener = %listener.name, address = address.url(), "accept failed: {error}");
}

/// Gives a fresh connection to the shard that has the fewest.
fn dispatch(local: &Rc<Local>, listener: &Arc<Listener>, address: &Arc<Address>, accepted: Accepted) {
    bump(&listener.counters.accepted);
    if listener.connections() >= listener.limits().connections as u64 {
        bump(&listener.counters.refused);
        tracing::warn!(listener = %listener.name, limit = listener.limits().connections, "connection refused: max-connections reached");
        return;
    }
    if let Some(why) = listener.containment.refusal() {
        bump(&listener.counters.refused);
        tracing::debug!(listener = %listener.name, "connection refused: {why}");
        return;
    }
    let peer = Remote::from(accepted.peer.clone()).ip().filter(|_| listener.proxy_protocol.is_none());
    let draw = listener.draw(peer);
    let Some((shard, ticket)) = lock(&listener.roster).place(draw, &listener.drained) else { return };
    if shard.worker.index == local.index {
        welcome(local, shard.number, address, accepted, ticket);
    } else {
        let (number, address) = (shard.number, address.clone());
        shard.worker.send(move |local| welcome(local, number, &address, accepted, ticket));
    }
}

/// Makes a connection of it, on the worker where it stays.
fn welcome(local: &Rc<Local>, shard: u64, address: &Arc<Address>, accepted: Accepted, mut ticket: Ticket) {
    let Some(home) = local.home(shard) else { return };
    let listener = home.listener();
    let ends = Ends { remote: Remote::from(accepted.peer), local: None };
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
    if listener.proxy_protocol.is_none() && !address.speaks_tls() {
        if listener.admits(&ends.remote, &mut ticket) {
            home.adopt(Stream::Plain(transport), ends, ticket);
        }
        return;
    }
    let address = address.clone();
    tokio::task::spawn_local(async move {
        let listener = home.listener();
        let mut forced = listener.forced.subscribe();
        let limit = listener.limits().handshake_timeout;
        let beginning = tokio::time::timeout(limit, begin(listener, &address, transport, ends, &mut ticket));
        let outcome = tokio::select! {
            outcome = beginning => outcome,
            _ = forced.wait_for(|forced| *forced) => return,
        };
        match outcome {
            Ok(Some((stream, ends))) => home.adopt(stream, ends, ticket),
            Ok(None) => {}
            Err(_) => {
                bump(&listener.counters.handshakes_failed);
                tracing::info!(listener = %listener.name, "the beginning of a connection wasn't done within {limit:?} (handshake-timeout)");
            }
        }
    });
}

/// What comes before the plugin hears of a connection, and is none of its business if it fails (a port scan costs no guest CPU): the
/// balancer's announcement, the limit per peer, the TLS handshake.
async fn begin(
    listener: &Listener,
    address: &Address,
    transport: Transport,
    mut ends: Ends,
    ticket: &mut Ticket,
) -> Option<(Stream, Ends)> {
    if let Some(protocol) = &listener.proxy_protocol {
        let refused = |why: &dyn std::fmt::Display| {
            bump(&listener.counters.refused);
            tracing::info!(listener = %listener.name, peer = ends.remote.endpoint().address, "connection refused: {why}");
        };
        if !protocol.trusts(ends.remote.ip()) {
            refused(&"its peer may not announce others (proxy-from)");
            return None;
        }
        match read_announcement(&transport).await {
            Ok(Some(announced)) => ends = announced.into(),
            Ok(None) => {}
            Err(error) => {
                refused(&error);
                return None;
            }
        }
    }
    if !listener.admits(&ends.remote, ticket) {
        return None;
    }
    let Some(tls) = address.tls() else { return Some((Stream::Plain(transport), ends)) };
    match Handshake::server(tls, transport).await {
        Ok(stream) => Some((stream, ends)),
        Err(error) => {
            bump(&listener.counters.handshakes_failed);
            tracing::info!(listener = %listener.name, "TLS handshake failed: {error}");
            None
        }
    }
}

impl Listener {
    /// Whether its peer may have one more connection; counted as long as the ticket lives.
    fn admits(&self, remote: &Remote, ticket: &mut Ticket) -> bool {
        let (Some(peers), Some(peer)) = (&*self.peers.load(), remote.ip()) else { return true };
        ticket.place = peers.admit(peer);
        if ticket.place.is_none() {
            bump(&self.counters.refused);
            tracing::warn!(listener = %self.name, %peer, "connection refused: max-connections-per-peer reached");
        }
        ticket.place.is_some()
    }
}
