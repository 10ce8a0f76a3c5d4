//! Two sockets that belong together: each has the other's number as its context.

use sockdock_guest::Socket;

/// The context that names `socket`.
pub fn pair(socket: Socket) -> Vec<u8> {
    socket.id().to_le_bytes().into()
}

/// The socket that belongs to this one; none for a client whose upstream hasn't been asked for.
pub fn other(socket: Socket) -> Option<Socket> {
    let id = socket.context_bytes().ok()?.try_into().ok()?;
    Some(Socket::from_id(u64::from_le_bytes(id)))
}
