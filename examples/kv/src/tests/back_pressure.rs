//! Peers that don't read.

use super::{request, with};
use sockdock_guest::log::Level;
use sockdock_guest::testing::{self, Limits};

fn narrow() -> Limits {
    Limits { write_buffer: 4096, high_water: 1024, read_buffer: 1024, ..Limits::default() }
}

#[test]
fn replies_wait_for_the_reader_and_none_is_lost() {
    let (mut host, socket) = with(narrow(), &[]);
    host.send(socket, &request(&[b"SET", b"k", &[b'v'; 1000]]));
    host.received(socket);
    host.read(socket, Some(0));
    let requests = 20_000;
    host.send(socket, &b"GET k\r\n".repeat(requests));
    // What it holds is no more than a read buffer of requests and a batch of replies, and the rest stays with the peer.
    let held = host.plugin().clients;
    assert!(held < 40_000, "{held} bytes are held");
    assert!(host.unread(socket) > 7 * requests - 10_000);

    let (mut received, mut rounds) = (Vec::new(), 0);
    while host.unread(socket) > 0 || host.plugin().clients > 0 {
        host.read(socket, Some(10_000));
        received.extend(host.received(socket));
        let held = host.plugin().clients;
        assert!(held < 40_000, "{held} bytes are held");
        rounds += 1;
        assert!(rounds < 10_000, "it stands still");
    }
    host.read(socket, None);
    received.extend(host.received(socket));
    let reply = [b"$1000\r\n", &[b'v'; 1000][..], b"\r\n"].concat();
    assert!(received == reply.repeat(requests));
}

#[test]
fn a_value_longer_than_the_queue_is_sent_whole() {
    let (mut host, socket) = with(narrow(), &[]);
    let value = vec![b'v'; 1 << 20];
    host.send(socket, &request(&[b"SET", b"k", &value]));
    host.received(socket);
    host.read(socket, Some(0));
    host.send(socket, b"GET k\r\nPING\r\n");
    host.read(socket, None);
    assert!(host.received(socket) == [b"$1048576\r\n", &value[..], b"\r\n+PONG\r\n"].concat());
    assert_eq!(host.plugin().clients, 0);
}

#[test]
fn quit_waits_for_the_replies_before_it() {
    let (mut host, socket) = with(narrow(), &[]);
    host.read(socket, Some(0));
    host.send(socket, &[request(&[b"ECHO", &[b'x'; 20_000]]), b"QUIT\r\n".to_vec()].concat());
    assert_eq!(host.closed(socket), None);
    host.read(socket, None);
    assert!(host.closed(socket).unwrap() == [b"$20000\r\n", &[b'x'; 20_000][..], b"\r\n+OK\r\n"].concat());
}

#[test]
fn the_end_of_the_requests_waits_for_the_replies() {
    let (mut host, socket) = with(narrow(), &[]);
    host.read(socket, Some(0));
    host.send(socket, &request(&[b"ECHO", &[b'x'; 20_000]]).repeat(3));
    host.finish(socket);
    assert_eq!(host.closed(socket), None);
    host.read(socket, None);
    assert_eq!(host.closed(socket).unwrap().len(), 3 * 20_010);
}

#[test]
fn clients_together_have_a_limit() {
    let (mut host, first) = with(Limits::default(), &[("maxmemory-clients", "100kb")]);
    let second = host.connect();
    host.send(first, &request(&[b"SET", b"a", &[0; 60_000]])[..50_000]);
    assert!(host.closed(first).is_none());
    host.send(second, &request(&[b"SET", b"b", &[0; 60_000]])[..55_000]);
    assert!(host.closed(second).is_some());
    let (level, message) = testing::log().pop().unwrap();
    assert_eq!(level, Level::Warn);
    assert!(message.contains("exceed maxmemory-clients"), "{message}");
    host.send(first, &[0; 10_100]);
    assert!(host.closed(first).is_none());
}

#[test]
fn one_short_request_can_not_ask_for_everything_many_times() {
    let (mut host, socket) = with(Limits::default(), &[("maxmemory-clients", "100kb")]);
    host.send(socket, &request(&[b"SET", b"k", &[b'v'; 50_000]]));
    assert_eq!(host.received(socket), b"+OK\r\n");
    host.send(socket, b"MGET k k k\r\n");
    assert_eq!(host.received(socket), b"-ERR reply is larger than maxmemory-clients\r\n");
}
