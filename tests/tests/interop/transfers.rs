//! Bytes that look random, both ways at once, compared one by one at either end.

use crate::pairs;
use sockdock_tests::{Client, Random};
use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

/// Each way.
const BYTES: usize = 96 << 20;
const BLOCK: usize = 64 << 10;

fn send(mut to: impl Write, seed: u64) {
    let (mut random, mut block) = (Random::new(seed), vec![0; BLOCK]);
    for _ in 0..BYTES / BLOCK {
        random.fill(&mut block);
        to.write_all(&block).unwrap();
    }
}

/// Up to the end, which has to come where it is expected.
fn check(mut from: impl Read, seed: u64) {
    let (mut random, mut block, mut expected) = (Random::new(seed), vec![0; BLOCK], vec![0; BLOCK]);
    for number in 0..BYTES / BLOCK {
        from.read_exact(&mut block).unwrap();
        random.fill(&mut expected);
        assert!(block == expected, "other bytes came in block {number}");
    }
    assert_eq!(from.read(&mut block).unwrap(), 0, "more came than was sent");
}

/// Sends and checks at once; ends its side when all is sent.
fn exchange(stream: TcpStream, sent: u64, expected: u64) {
    thread::scope(|scope| {
        scope.spawn(|| {
            send(&stream, sent);
            stream.shutdown(Shutdown::Write).unwrap();
        });
        check(&stream, expected);
    });
}

/// An end that does the same, once.
fn upstream() -> (SocketAddr, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (address, thread::spawn(move || exchange(listener.accept().unwrap().0, 2, 1)))
}

fn plain(client: Client) -> TcpStream {
    let Client::Tcp(stream) = client else { panic!("no TCP") };
    stream
}

#[test]
fn through_the_proxy_while_it_is_swapped() {
    let (address, peer) = upstream();
    let host = pairs::proxy(address);
    let client = plain(host.tcp());
    let ours = thread::spawn(move || exchange(client, 1, 2));
    let mut carried = 0;
    while !ours.is_finished() {
        let report = host.try_reload(serde_json::json!({})).unwrap();
        carried += u64::from(report["connections"] == 2);
    }
    ours.join().unwrap();
    peer.join().unwrap();
    assert!(carried > 0, "no reload has met both connections");
    assert_eq!(host.count("traps"), 0);
    host.wait_count("connections", 0);
}

#[test]
fn through_socks5() {
    let (address, peer) = upstream();
    let SocketAddr::V4(to) = address else { panic!("IPv4, please") };
    let host = pairs::socks5(address);
    let mut client = host.tcp();
    client.send([b"\x05\x01\0\x05\x01\0\x01", &to.ip().octets()[..], &to.port().to_be_bytes()].concat());
    client.expect(b"\x05\0\x05\0\0\x01");
    client.receive(6);
    exchange(plain(client), 1, 2);
    peer.join().unwrap();
    assert_eq!(host.count("traps"), 0);
    host.wait_count("connections", 0);
}
