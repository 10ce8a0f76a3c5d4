use super::Echo;
use sockdock_guest::testing::Harness;

#[test]
fn every_byte_comes_back_in_order() {
    let mut host = Harness::<Echo>::new();
    let socket = host.connect();
    let bytes: Vec<u8> = (0..1u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for chunk in bytes.chunks(10_007) {
        host.send(socket, chunk);
    }
    assert!(host.received(socket) == bytes);
}

#[test]
fn a_peer_that_does_not_read_is_not_read_from() {
    let mut host = Harness::<Echo>::new();
    let socket = host.connect();
    host.read(socket, Some(0));
    let bytes = vec![7; 1 << 20];
    host.send(socket, &bytes);
    assert_eq!(host.unread(socket) + socket.queued().unwrap(), 1 << 20);
    assert!(socket.queued().unwrap() <= 128 << 10);

    host.read(socket, None);
    assert!(host.received(socket) == bytes);
}

#[test]
fn a_reload_changes_nothing_for_the_peer() {
    let mut host = Harness::<Echo>::new();
    let socket = host.connect();
    host.send(socket, b"before ");
    let Ok(mut host) = host.reload::<Echo>() else { panic!("the reload failed") };
    host.send(socket, b"after");
    assert_eq!(host.received(socket), b"before after");
}
