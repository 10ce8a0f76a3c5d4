//! Bytes: echoed, many of them, to another socket.

use super::plain;
use std::io::Read as _;

#[test]
fn connect_echo_end() {
    plain(&[("data", "echo")]).both(
        |stage| {
            let mut peer = stage.peer();
            peer.send("hello");
            peer.expect("hello");
            peer.send(" again");
            peer.expect(" again");
            peer.finish();
            stage.note(peer.ending());
            stage.wait("a close");
        },
        &[],
    );
}

#[test]
fn a_download_by_a_slow_reader() {
    const SIZE: usize = 12 << 20;
    plain(&[("open", "send 12582912"), ("sent", "end")]).both(
        |stage| {
            let mut peer = stage.peer();
            // Until then it reads nothing; and then little by little.
            stage.wait("a write short");
            let (mut bytes, mut piece) = (0, [0; 4096]);
            loop {
                match peer.read(&mut piece).unwrap() {
                    0 => break,
                    n => {
                        assert!(piece[..n].iter().all(|byte| *byte == b'x'));
                        bytes += n;
                    }
                }
            }
            assert_eq!(bytes, SIZE);
            drop(peer);
            stage.wait("a close");
        },
        &[],
    );
}

#[test]
fn to_another_socket_from_a_handler() {
    plain(&[("data", "to a from the other one")]).listening(
        |stage| {
            let mut a = stage.peer();
            stage.wait("a open");
            let mut b = stage.peer();
            stage.wait("b open");
            b.send("x");
            a.expect("from the other one");
            b.finish();
            stage.wait("b close");
            a.finish();
            stage.wait("a close");
        },
        &[],
    );
}
