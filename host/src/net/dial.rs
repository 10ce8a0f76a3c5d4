//! Connecting: names to addresses, and both address families tried as browsers do (RFC 8305).

use super::stream::Transport;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::path::Path;
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// An attempt that isn't answered after this time gets company by the next address: RFC 8305's recommendation.
const NEXT_ATTEMPT: Duration = Duration::from_millis(250);

/// Look-ups at a time, of the whole process: each keeps a thread busy for as long as the resolver takes.
static LOOK_UPS: Semaphore = Semaphore::const_new(32);

/// The addresses of `name`, in the order in which the system wants them tried.
///
/// # Errors
/// When the name has none, or the resolver fails.
pub async fn look_up(name: &str) -> io::Result<Vec<IpAddr>> {
    if name == "localhost" {
        // RFC 6761: no resolver is asked.
        return Ok(vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
    }
    let permit = LOOK_UPS.acquire().await.map_err(io::Error::other)?;
    let name = name.to_owned();
    let look_up = move || {
        // Until the resolver answers, whether or not anybody still waits for that: a thread is busy for as long.
        let _permit = permit;
        (name.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect::<Vec<_>>())
    };
    let found = tokio::task::spawn_blocking(look_up).await.map_err(io::Error::other)??;
    let mut addresses = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

/// Connects to the first of `addresses` that answers, the families taking turns. On a worker's own runtime.
///
/// # Errors
/// When none answers: what says most about why.
pub async fn dial_tcp(addresses: Vec<IpAddr>, port: u16) -> io::Result<Transport> {
    let mut waiting = in_turns(addresses).into_iter().map(|ip| SocketAddr::new(ip, port));
    let mut attempts = JoinSet::new();
    let mut failure: Option<io::Error> = None;
    loop {
        let next = waiting.next();
        let last = next.is_none();
        if let Some(address) = next {
            attempts.spawn_local(TcpStream::connect(address));
        }
        let ended = tokio::select! {
            ended = attempts.join_next() => ended,
            () = tokio::time::sleep(NEXT_ATTEMPT), if !last => continue,
        };
        match ended {
            Some(Ok(Ok(stream))) => return Ok(Transport::Tcp(stream)),
            Some(Ok(Err(error))) => failure = Some(telling(failure, error)),
            Some(Err(died)) => failure = Some(telling(failure, io::Error::other(died))),
            None => return Err(failure.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())),
        }
    }
}

/// Connects to a unix socket.
///
/// # Errors
/// When nobody listens there.
pub async fn dial_unix(path: &Path) -> io::Result<Transport> {
    UnixStream::connect(path).await.map(Transport::Unix)
}

/// The first address's family first, then each family's in turn.
fn in_turns(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let first_is_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut order = Vec::new();
    loop {
        let before = order.len();
        order.extend(first.next());
        order.extend(second.next());
        if order.len() == before {
            return order;
        }
    }
}

/// Of two failures the one that says more: a refusal comes from the peer, a missing route only from here.
fn telling(one: Option<io::Error>, other: io::Error) -> io::Error {
    let Some(one) = one else { return other };
    let rank = |error: &io::Error| match error.kind() {
        io::ErrorKind::ConnectionRefused => 3,
        io::ErrorKind::ConnectionReset | io::ErrorKind::TimedOut => 2,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => 0,
        _ => 1,
    };
    if rank(&other) > rank(&one) { other } else { one }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let order = in_turns(ips(&["::1", "::2", "::3", "1.1.1.1", "2.2.2.2"]));
        assert_eq!(order, ips(&["::1", "1.1.1.1", "::2", "2.2.2.2", "::3"]));
        assert_eq!(in_turns(ips(&["1.1.1.1", "::1"])), ips(&["1.1.1.1", "::1"]));
        assert_eq!(in_turns(Vec::new()), Vec::<IpAddr>::new());
    }

    fn on_a_worker<T>(future: impl Future<Output = T>) -> T {
        use tokio::runtime::{Builder, LocalOptions};
        Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap().block_on(future)
    }

    #[test]
    fn an_address_that_refuses_leaves_the_others() {
        on_a_worker(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            // Nobody listens on the first two.
            let transport = dial_tcp(ips(&["::1", "127.0.0.2", "127.0.0.1"]), port).await.unwrap();
            assert!(matches!(transport, Transport::Tcp(tcp) if tcp.peer_addr().unwrap().ip() == ips(&["127.0.0.1"])[0]));
            let refused = dial_tcp(ips(&["127.0.0.2", "127.0.0.3"]), port).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
            assert!(dial_tcp(Vec::new(), port).await.is_err());
        });
    }

    #[test]
    fn localhost_is_this_machine() {
        assert_eq!(on_a_worker(look_up("localhost")).unwrap(), ips(&["::1", "127.0.0.1"]));
        assert_eq!(on_a_worker(look_up("127.0.0.1")).unwrap(), ips(&["127.0.0.1"]));
    }
}
