//! Requests cut and joined anywhere.

use super::{host, request, with};
use proptest::prelude::*;
use sockdock_guest::testing::Limits;

#[test]
fn a_cut_at_every_byte_changes_no_reply() {
    let stream = [
        request(&[b"SET", b"key", b"a\r\nb"]),
        b"  \r\nGET key\r\n".to_vec(),
        request(&[b"MGET", b"key", b"none"]),
        b"*0\r\nINCR n\nECHO \"x y\"\r\n".to_vec(),
        request(&[b"nope", b""]),
        request(&[b"PING"]),
    ]
    .concat();
    let (mut whole, socket) = host();
    whole.send(socket, &stream);
    let expected = whole.received(socket);
    assert!(expected.ends_with(b"+PONG\r\n"));

    for cut in 1..stream.len() {
        let (mut host, socket) = host();
        host.send(socket, &stream[..cut]);
        host.send(socket, &stream[cut..]);
        assert_eq!(host.received(socket), expected, "cut at {cut}");
    }
    let (mut host, socket) = host();
    stream.chunks(1).for_each(|byte| host.send(socket, byte));
    assert_eq!(host.received(socket), expected);
}

#[test]
fn a_large_value_arrives_in_pieces() {
    let (mut host, socket) = host();
    let value: Vec<u8> = (0..3u32 << 20).map(|i| (i >> 3) as u8).collect();
    host.send(socket, &request(&[b"SET", b"k", &value]));
    host.send(socket, b"GET k\r\n");
    let reply = [b"+OK\r\n$3145728\r\n", &value[..], b"\r\n"].concat();
    assert!(host.received(socket) == reply);
    // Nothing of it is left with the connection.
    assert_eq!(host.plugin().clients, 0);
}

#[test]
fn a_broken_stream_is_answered_and_closed() {
    for (stream, reply) in [
        ("*1\r\n$x\r\n", "-ERR Protocol error: invalid bulk length\r\n"),
        ("*1\r\n$17000000\r\n", "-ERR Protocol error: invalid bulk length\r\n"),
        ("*x\r\n", "-ERR Protocol error: invalid multibulk length\r\n"),
        ("PING\r\n*1\r\n:1\r\nPING\r\n", "+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n"),
        ("ECHO \"\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"),
    ] {
        let (mut host, socket) = host();
        host.send(socket, stream.as_bytes());
        assert_eq!(host.closed(socket).as_deref(), Some(reply.as_bytes()), "{stream:?}");
        assert!(host.plugin().saved.connections.is_empty());
        // What the next connection finds is not broken.
        let next = host.connect();
        host.send(next, b"PING\r\n");
        assert_eq!(host.received(next), b"+PONG\r\n");
    }
}

#[test]
fn the_longest_argument_can_be_set() {
    let (mut host, socket) = with(Limits::default(), &[("proto-max-bulk-len", "4")]);
    host.send(socket, &request(&[b"ECHO", b"1234"]));
    assert_eq!(host.received(socket), b"$4\r\n1234\r\n");
    host.send(socket, &request(&[b"ECHO", b"12345"]));
    assert_eq!(host.closed(socket).unwrap(), b"-ERR Protocol error: invalid bulk length\r\n");
}

proptest! {
    #[test]
    fn values_come_back(pairs in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..20), prop::collection::vec(any::<u8>(), 0..200)), 1..20),
                        chunk in 1usize..50) {
        let (mut host, socket) = host();
        let mut stream = Vec::new();
        let mut expected = Vec::new();
        for (key, value) in &pairs {
            stream.extend(request(&[b"SET", key, value]));
            stream.extend(request(&[b"GET", key]));
            expected.extend(format!("+OK\r\n${}\r\n", value.len()).into_bytes());
            expected.extend(value);
            expected.extend(b"\r\n");
        }
        stream.chunks(chunk).for_each(|piece| host.send(socket, piece));
        prop_assert_eq!(host.received(socket), expected);
    }

    #[test]
    fn no_stream_panics(stream: Vec<u8>) {
        let (mut host, socket) = host();
        host.send(socket, &stream);
    }
}
