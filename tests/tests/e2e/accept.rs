//! The accept loop outlives everything that `accept` can say.

use crate::guests;
use sockdock_tests::{Client, Serve, eventually};

#[test]
fn it_outlives_a_lack_of_descriptors() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let mut settled = host.tcp();
    settled.echo("before");
    let limit = host.descriptors() + 2;
    host.limit_descriptors(limit);
    // More than there are descriptors for, wherever free ones are among the open: the kernel queues the rest.
    let mut crowd: Vec<_> = (0..limit + 5).map(|_| host.tcp()).collect();
    let line = host.wait_log(&["accept"]);
    settled.echo("meanwhile");
    host.limit_descriptors(4096);
    for client in &mut crowd {
        client.echo("served after all");
    }
    assert!(host.count("accept_errors") > 0, "{line}");
    assert_eq!(host.count("connections"), limit + 6);
}

#[test]
fn it_outlives_aborted_connections() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    for _ in 0..50 {
        host.tcp().reset();
    }
    host.tcp().echo("still here");
    host.wait_count("connections", 0);
}

#[test]
fn connections_have_a_limit() {
    let host = Serve::guest(guests::ECHO_V1).tcp().args(["--max-connections", "2"]).start();
    let (mut a, mut b) = (host.tcp(), host.tcp());
    a.echo("first");
    b.echo("second");
    let mut third = host.tcp();
    assert!(third.rest().unwrap_or_default().is_empty());
    host.wait_count("refused", 1);
    a.echo("unharmed");
    drop(b);
    host.wait_count("connections", 1);
    eventually("room for another", || {
        let mut client = Client::tcp(host.tcp_address());
        std::io::Write::write_all(&mut client, b"x").ok()?;
        (std::io::Read::read(&mut client, &mut [0]).ok()? == 1).then_some(())
    });
}

#[test]
fn connections_of_one_peer_have_a_limit_of_their_own() {
    let host = Serve::guest(guests::ECHO_V1).args(["--listen", "[::]:0", "--max-connections-per-peer", "2", "--instances", "2"]);
    let host = host.args(["--ipv6-only", "false"]).start();
    let port = host.tcp_address().port();
    let peer = |address: &str| {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&format!("{address}:0").parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
        socket.connect(&std::net::SocketAddr::from(([127, 0, 0, 1], port)).into()).unwrap();
        Client::Tcp(socket.into())
    };
    let (mut a, mut b) = (peer("127.0.0.2"), peer("127.0.0.2"));
    a.echo("first");
    b.echo("second");
    assert!(peer("127.0.0.2").rest().unwrap_or_default().is_empty());
    host.wait_log(&["max-connections-per-peer reached", "127.0.0.2"]);
    peer("127.0.0.3").echo("somebody else");
    a.echo("unharmed");
    drop(b);
    eventually("room for another", || {
        let mut client = peer("127.0.0.2");
        std::io::Write::write_all(&mut client, b"x").ok()?;
        (std::io::Read::read(&mut client, &mut [0]).ok()? == 1).then_some(())
    });
}

#[test]
fn connections_spread_evenly() {
    let host = Serve::guest(guests::COUNTER_V1).tcp().args(["--workers", "4", "--instances", "4"]).start();
    let mut lines = std::collections::BTreeMap::new();
    let mut clients: Vec<_> = (0..12).map(|_| host.tcp()).collect();
    for client in &mut clients {
        client.send("\n");
        *lines.entry(client.receive("v1 all=N mine=1\n".len())).or_insert(0) += 1;
    }
    // Each instance has counted to three.
    assert_eq!(lines.into_values().collect::<Vec<_>>(), [4, 4, 4]);
}
