//! Writes of which nothing is left over.

use crate::{ErrorCode, Sink, Socket};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Writes to any number of connections, keeping what a short write left until the queue has drained. One per plugin; it holds
/// something only for those connections that don't read. It can stand in a snapshot.
///
/// ```
/// # use sockdock_guest::{CloseInfo, Outbox, Plugin, Socket};
/// #[derive(Default)]
/// struct Generous { outbox: Outbox }
///
/// impl Plugin for Generous {
///     fn data(&mut self, socket: Socket, _: &[u8]) {
///         self.outbox.write_all(socket, &[b'x'; 5_000_000]).ok();
///     }
///     fn drain(&mut self, socket: Socket) {
///         self.outbox.drained(socket).ok();
///     }
///     fn close(&mut self, socket: Socket, _: CloseInfo) {
///         self.outbox.forget(socket);
///     }
/// }
/// ```
///
/// Like a [`Sink`], it grows if it is written to without end for a peer that doesn't read: where [`Outbox::write_all`] answers false, produce
/// no more until `drain`; a proxy [pauses](Socket::pause) where the bytes come from.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outbox {
    held: BTreeMap<Socket, Sink>,
}

impl Outbox {
    /// Takes all the bytes. Whether the queue has taken them, too; if not, the rest follows by [`Outbox::drained`].
    ///
    /// Errors: the socket's. Nothing of the bytes is kept then.
    pub fn write_all(&mut self, socket: Socket, bytes: &[u8]) -> Result<bool, ErrorCode> {
        if let Some(sink) = self.held.get_mut(&socket) {
            // Behind what is held already.
            return sink.write(bytes).map(|()| false);
        }
        let taken = socket.write(bytes)?;
        let rest = &bytes[taken..];
        if !rest.is_empty() {
            self.held.insert(socket, Sink::behind(socket, rest));
        }
        Ok(rest.is_empty())
    }

    /// To be called on `drain`: writes on where a short write had stopped. Whether nothing is held any more.
    ///
    /// Errors: the socket's; its `close` follows.
    pub fn drained(&mut self, socket: Socket) -> Result<bool, ErrorCode> {
        let Some(sink) = self.held.get_mut(&socket) else { return Ok(true) };
        let done = sink.drained()?;
        if done {
            self.held.remove(&socket);
        }
        Ok(done)
    }

    /// Ends the connection once all that is held has been taken.
    ///
    /// Errors: the socket's.
    pub fn end(&mut self, socket: Socket) -> Result<(), ErrorCode> {
        match self.held.get_mut(&socket) {
            Some(sink) => sink.end(),
            None => socket.end(),
        }
    }

    /// Bytes held for this connection, beside those that are [queued](Socket::queued).
    pub fn held(&self, socket: Socket) -> usize {
        self.held.get(&socket).map_or(0, Sink::len)
    }

    /// To be called on `close`: forgets what is held.
    pub fn forget(&mut self, gone: Socket) {
        self.held.remove(&gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Harness, Limits};
    use crate::{CloseInfo, Failure, First, Plugin, State, Versioned};

    #[derive(Default, Serialize, Deserialize)]
    struct Writer(Outbox);

    impl Versioned for Writer {
        const VERSION: &'static str = "1";
        type Previous = First;
    }

    impl Plugin for Writer {
        fn drain(&mut self, socket: Socket) {
            self.0.drained(socket).unwrap();
        }
        fn close(&mut self, socket: Socket, _: CloseInfo) {
            self.0.forget(socket);
        }
        fn snapshot(&mut self) -> Result<Option<State>, Failure> {
            Ok(Some(State::save(self)?))
        }
        fn restore(&mut self, state: State) -> Result<(), Failure> {
            *self = state.load()?;
            Ok(())
        }
    }

    fn host() -> (Harness<Writer>, Socket) {
        let limits = Limits { write_buffer: 20, high_water: 10, ..Limits::default() };
        let mut host = Harness::<Writer>::with(limits, &[]).unwrap();
        let socket = host.connect();
        host.read(socket, Some(0));
        (host, socket)
    }

    #[test]
    fn what_a_short_write_left_follows_in_order() {
        let (mut host, slow) = host();
        let other = host.connect();
        let outbox = &mut host.plugin().0;
        assert_eq!(outbox.write_all(slow, b"0123456789"), Ok(true));
        assert_eq!(outbox.write_all(slow, b"0123456789abc"), Ok(false));
        assert_eq!(outbox.write_all(slow, b"defg"), Ok(false));
        assert_eq!(outbox.write_all(other, b"untouched"), Ok(true));
        assert_eq!((outbox.held(slow), outbox.held(other)), (7, 0));
        let Ok(mut host) = host.reload::<Writer>() else { panic!("the reload failed") };
        host.read(slow, None);
        assert_eq!((host.received(slow), host.received(other)), (b"01234567890123456789abcdefg".to_vec(), b"untouched".to_vec()));
        assert!(host.plugin().0.held.is_empty());
        assert_eq!(host.plugin().0.drained(slow), Ok(true));
    }

    #[test]
    fn end_waits_for_what_is_held() {
        let (mut host, slow) = host();
        let other = host.connect();
        let outbox = &mut host.plugin().0;
        outbox.write_all(slow, &[7; 50]).unwrap();
        outbox.end(slow).unwrap();
        outbox.end(other).unwrap();
        assert_eq!(outbox.write_all(slow, b"late"), Err(ErrorCode::Closed));
        host.read(slow, None);
        assert_eq!((host.closed(slow), host.closed(other)), (Some(vec![7; 50]), Some(vec![])));
        assert!(host.plugin().0.held.is_empty());
    }
}
