//! How many connections each peer has.

use super::listener::lock;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// Bits of an IPv6 address that name a site: whoever has one such network has all of its addresses.
const SITE: u32 = 64;

/// The connections of a listener, by whom they come from. Locked when one comes and when it goes, and only where there is a limit.
#[derive(Debug)]
pub(super) struct Peers {
    limit: AtomicUsize,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's place among its peer's, for as long as it lives.
#[derive(Debug)]
pub(super) struct Place {
    peers: Arc<Peers>,
    peer: IpAddr,
}

impl Peers {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: AtomicUsize::new(limit), counts: Mutex::default() }
    }

    /// Those that come from now on are bounded so.
    pub(super) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Relaxed);
    }

    /// None if the peer has as many as it may.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Box<Place>> {
        let peer = counted_as(peer);
        let mut counts = lock(&self.counts);
        let count = counts.entry(peer).or_default();
        if *count >= self.limit.load(Relaxed) {
            return None;
        }
        *count += 1;
        Some(Box::new(Place { peers: self.clone(), peer }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = lock(&self.peers.counts);
        if let Some(count) = counts.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.peer);
            }
        }
    }
}

fn counted_as(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> SITE << SITE).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_peer_has_its_own_count() {
        let peers = Arc::new(Peers::new(2));
        let admit = |peer: &str| peers.admit(peer.parse().unwrap());
        let first = admit("192.0.2.1").unwrap();
        let _second = admit("::ffff:192.0.2.1").unwrap();
        assert!(admit("192.0.2.1").is_none());
        let _other = admit("192.0.2.2").unwrap();
        drop(first);
        assert!(admit("192.0.2.1").is_some());
    }

    #[test]
    fn an_ipv6_network_is_one_peer_and_nothing_is_left_of_those_that_went() {
        let peers = Arc::new(Peers::new(1));
        let place = peers.admit("2001:db8::1".parse().unwrap()).unwrap();
        assert!(peers.admit("2001:db8::ffff:1".parse().unwrap()).is_none());
        assert!(peers.admit("2001:db8:0:1::1".parse().unwrap()).is_some());
        drop(place);
        assert!(lock(&peers.counts).is_empty());
    }
}
