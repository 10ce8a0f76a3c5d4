//! The whole plugin, in the SDK's imitated host.

mod hand_over;
mod instances;
mod slow_readers;
mod talk;

use crate::Chat;
use sockdock_guest::testing::Harness;
use sockdock_guest::{Plugin, Socket};

fn host() -> Harness<Chat> {
    Harness::new()
}

/// Connects and takes this name, quietly.
fn named<P: Plugin>(host: &mut Harness<P>, nick: &str) -> Socket {
    let socket = host.connect();
    host.send(socket, format!("/nick {nick}\n").as_bytes());
    socket
}

/// What somebody has been shown since the last look.
fn shown<P: Plugin>(host: &mut Harness<P>, socket: Socket) -> String {
    String::from_utf8(host.received(socket)).unwrap()
}

/// Forgets what everybody has been shown so far.
fn hush<P: Plugin>(host: &mut Harness<P>) {
    Socket::live().into_iter().for_each(|socket| drop(host.received(socket)));
}
