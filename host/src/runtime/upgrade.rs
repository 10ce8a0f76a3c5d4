//! TLS that a plugin begins on a plain connection (STARTTLS).

use super::entry::Entry;
use super::grants::Grants;
use super::sockets::{Sockets, Touched};
use crate::net::{Ask, Handshake, Stream, Tls, Transport, socket_error};
use crate::pure::limits::Limits;
use crate::pure::socket::{ErrorCode, SocketError, SocketId, TlsOptions};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::{Sleep, sleep};

/// A handshake to be done, or under way.
pub(super) struct Upgrade {
    /// Bytes of the queue that were written before it: they go in the clear.
    clear: usize,
    state: State,
}

enum State {
    /// Waiting for these bytes to go.
    Due(Side),
    /// And how long it may still take.
    Handshake(Handshake, Pin<Box<Sleep>>),
    /// The stream was lost on the way; what that comes to was told.
    Over,
}

/// Whose part in the handshake is ours.
enum Side {
    Client(Ask, Arc<Grants>),
    Server(Tls),
}

impl Side {
    fn handshake(self, transport: Transport) -> Handshake {
        match self {
            Self::Server(tls) => Handshake::server(tls, transport),
            Self::Client(ask, grants) => Handshake::client(ask, &grants.secrets().trust, transport),
        }
    }
}

impl Upgrade {
    /// Bytes that may be sent before the handshake.
    pub(super) fn clear(&self) -> usize {
        self.clear
    }

    /// The kernel took `n` of them.
    pub(super) fn sent(&mut self, n: usize) {
        self.clear = self.clear.saturating_sub(n);
    }
}

impl Sockets {
    /// `tls.upgrade-client`.
    pub(super) fn begin_upgrade_as_client(&mut self, socket: SocketId, options: TlsOptions) -> Result<(), ErrorCode> {
        let grants = self.grants.clone();
        self.begin_upgrade(socket, |entry| {
            let host = entry.dialled.as_deref().cloned();
            Ok(Side::Client(grants.ask(options, host)?, grants.clone()))
        })
    }

    /// `tls.upgrade-server`.
    pub(super) fn begin_upgrade_as_server(&mut self, socket: SocketId, credentials: &str) -> Result<(), ErrorCode> {
        let grants = self.grants.clone();
        self.begin_upgrade(socket, |_| grants.credentials(credentials).map(Side::Server))
    }

    /// All that can be wrong is found before anything changes.
    fn begin_upgrade(&mut self, socket: SocketId, side: impl FnOnce(&Entry) -> Result<Side, ErrorCode>) -> Result<(), ErrorCode> {
        let Touched { entry, .. } = self.touch(socket)?;
        entry.machine.may_upgrade()?;
        if !entry.stream.is_plain() {
            return Err(ErrorCode::InvalidArgument);
        }
        let side = side(entry)?;
        entry.machine.upgrade();
        entry.upgrade = Some(Box::new(Upgrade { clear: entry.out.len(), state: State::Due(side) }));
        let mark = entry.mark();
        mark.turn = true;
        // A peer can't be told that it wasn't meant.
        mark.finished = true;
        Ok(())
    }
}

impl Entry {
    /// Goes on with the handshake. Ready when it is over, well or not.
    pub(super) fn poll_upgrade(&mut self, cx: &mut Context<'_>, limits: &Limits) -> Poll<()> {
        let Some(upgrade) = &mut self.upgrade else {
            self.machine.read_failed(socket_error(&io::ErrorKind::NotConnected.into()));
            return Poll::Ready(());
        };
        if upgrade.clear > 0 {
            return Poll::Pending;
        }
        if let State::Due(_) = &upgrade.state
            && let State::Due(side) = std::mem::replace(&mut upgrade.state, State::Over)
            && let Stream::Plain(transport) = std::mem::replace(&mut self.stream, Stream::Closed)
        {
            upgrade.state = State::Handshake(side.handshake(transport), Box::pin(sleep(limits.handshake_timeout)));
        }
        let outcome = match &mut upgrade.state {
            State::Handshake(handshake, patience) => match Pin::new(handshake).poll(cx) {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => {
                    std::task::ready!(patience.as_mut().poll(cx));
                    let late = format!("not done within {:?} (handshake-timeout)", limits.handshake_timeout);
                    Err(io::Error::new(io::ErrorKind::TimedOut, late))
                }
            },
            State::Due(_) | State::Over => Err(io::ErrorKind::NotConnected.into()),
        };
        self.upgrade = None;
        match outcome {
            Ok(stream) => {
                self.stream = stream;
                self.machine.upgraded();
            }
            Err(error) => {
                let SocketError { code, message } = socket_error(&error);
                // A peer that went away is that; whatever else goes wrong in a handshake is TLS.
                let code = if code == ErrorCode::Reset { code } else { ErrorCode::Tls };
                self.machine.read_failed(SocketError { code, message: format!("TLS handshake: {message}") });
            }
        }
        Poll::Ready(())
    }
}
