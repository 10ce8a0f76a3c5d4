//! `cargo test` runs the plugin natively, in a host that the SDK imitates.

use super::App;
use sockdock_guest::testing::{Harness, log};

#[test]
fn greets_and_echoes() {
    let mut host = Harness::<App>::new();
    let socket = host.connect();
    assert_eq!(host.received(socket), b"hello from {{name}}\n");
    host.send(socket, b"one ");
    host.send(socket, b"two");
    assert_eq!(host.received(socket), b"one two");
}

#[test]
fn the_count_goes_on_in_the_next_build() {
    let mut host = Harness::<App>::new();
    let socket = host.connect();
    host.send(socket, b"before");
    let Ok(mut host) = host.reload::<App>() else { panic!("the reload failed") };
    host.send(socket, b"after");
    host.finish(socket);
    assert!(log().iter().any(|(_, line)| line == "a connection has ended after 11 bytes"));
}
