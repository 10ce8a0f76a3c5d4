//! The smallest plugin: the world `plugin` with nothing optional, an echo.

wit_bindgen::generate!({ path: "../../../wit", world: "plugin", generate_all });

use exports::sockdock::plugin::socket_handlers::{CloseInfo, Guest, SocketError, SocketId};

struct Minimal;

impl Guest for Minimal {
    fn open(_: SocketId) {}

    fn data(socket: SocketId, data: Vec<u8>) {
        sockdock::plugin::sockets::write(socket, &data).ok();
    }

    fn drain(_: SocketId) {}
    fn end(_: SocketId) {}
    fn timeout(_: SocketId) {}
    fn handshake(_: SocketId, _: Result<(), String>) {}
    fn error(_: SocketId, _: SocketError) {}
    fn close(_: SocketId, _: CloseInfo) {}
    fn connect_error(_: SocketId, _: SocketError) {}
}

export!(Minimal);
