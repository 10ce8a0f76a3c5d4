//! A plugin that imports an interface which no socket host grants.

wit_bindgen::generate!({ path: ["../../../wit", "wit"], world: "acme:vault/greedy", generate_all });

use exports::sockdock::plugin::socket_handlers::{CloseInfo, Guest, SocketError, SocketId};

struct Greedy;

impl Guest for Greedy {
    fn open(_: SocketId) {}

    fn data(socket: SocketId, _: Vec<u8>) {
        sockdock::plugin::sockets::write(socket, acme::vault::secrets::read("key").as_bytes()).ok();
    }

    fn drain(_: SocketId) {}
    fn end(_: SocketId) {}
    fn timeout(_: SocketId) {}
    fn handshake(_: SocketId, _: Result<(), String>) {}
    fn error(_: SocketId, _: SocketError) {}
    fn close(_: SocketId, _: CloseInfo) {}
    fn connect_error(_: SocketId, _: SocketError) {}
}

export!(Greedy);
