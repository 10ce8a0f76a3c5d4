//! A small HTTP/1.1 server. Connections, and requests of which a half has come, cross a reload.

mod chunks;
mod connection;
mod date;
mod head;
mod reader;
mod response;
mod router;
mod settings;
mod status;
#[cfg(test)]
mod tests;

use connection::Connection;
use serde::{Deserialize, Serialize};
use settings::Settings;
use sockdock_guest::{CloseInfo, Config, Failure, First, Plugin, Socket, State, Versioned, timers, warn};
use status::Status;
use std::collections::BTreeMap;
use std::time::Duration;

/// Timer: cuts off the connections whose requests were lost in a trap. The other tokens are numbers of sockets.
const ORPHANS: u64 = u64::MAX;
/// What a context says of a connection that has something unfinished.
const MIDWAY: &[u8] = b"midway";

#[derive(Default)]
struct Http {
    saved: Saved,
    settings: Settings,
    /// Memory of all connections in `saved`.
    used: usize,
}

/// What the next generation gets.
#[derive(Default, Serialize, Deserialize)]
struct Saved {
    /// Those that have something unfinished: few, however many are open.
    connections: BTreeMap<Socket, Connection>,
}

impl Versioned for Saved {
    const VERSION: &'static str = "2";
    type Previous = First;
}

sockdock_guest::plugin!(Http);

impl Plugin for Http {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.settings = Settings::from_config(config)?;
        // After a trap there may be some. After a reload there are none: `restore` follows, and clears the timer.
        timers::set(ORPHANS, Duration::ZERO)?;
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(Some(State::save(&self.saved)?))
    }

    fn restore(&mut self, state: State) -> Result<(), Failure> {
        self.saved = state.load()?;
        self.used = self.saved.connections.values().map(Connection::size).sum();
        timers::clear(ORPHANS);
        Ok(())
    }

    fn open(&mut self, socket: Socket) {
        socket.set_timeout(Some(self.settings.idle_timeout)).ok();
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        if !self.saved.connections.contains_key(&socket) && is_midway(socket) {
            // The first half was lost in a trap: the rest must not be taken for a request.
            socket.terminate().ok();
            return;
        }
        let limits = self.settings.limits;
        self.with_connection(socket, |connection| connection.data(bytes, limits));
    }

    fn drain(&mut self, socket: Socket) {
        let limits = self.settings.limits;
        self.with_connection(socket, |connection| connection.drained(limits));
    }

    fn timeout(&mut self, socket: Socket) {
        if self.saved.connections.get(&socket).is_some_and(Connection::is_blocked) {
            // It takes nothing, so it would not take an ending either.
            socket.terminate().ok();
        } else if !self.saved.connections.contains_key(&socket) {
            socket.end().ok();
        }
    }

    fn close(&mut self, socket: Socket, _: CloseInfo) {
        if let Some(connection) = self.saved.connections.remove(&socket) {
            self.used -= connection.size();
            timers::clear(socket.id());
        }
    }

    fn fired(&mut self, token: u64) {
        let socket = Socket::from_id(token);
        if token == ORPHANS {
            let lost = |socket: &Socket| is_midway(*socket) && !self.saved.connections.contains_key(socket);
            Socket::live().into_iter().filter(lost).for_each(|socket| socket.terminate().unwrap_or_default());
        } else if self.saved.connections.get(&socket).is_some_and(Connection::is_reading) {
            self.with_connection(socket, |connection| connection.refuse(Status::REQUEST_TIMEOUT));
        }
    }
}

impl Http {
    /// Takes the connection out, if it is kept, lets `step` work with it, and keeps it as long as something is unfinished.
    fn with_connection(&mut self, socket: Socket, step: impl FnOnce(&mut Connection)) {
        let kept = self.saved.connections.remove(&socket);
        let (was_kept, was_reading) = (kept.is_some(), kept.as_ref().is_some_and(Connection::is_reading));
        self.used -= kept.as_ref().map_or(0, Connection::size);
        let mut connection = kept.unwrap_or_else(|| Connection::new(socket));
        step(&mut connection);
        if self.used + connection.size() > self.settings.memory {
            warn!("connection {socket} is turned away: with its {} bytes there are more than max-memory", connection.size());
            if connection.is_blocked() {
                socket.terminate().ok();
                return;
            }
            connection.refuse(Status::UNAVAILABLE);
        }
        // From a request's first byte to its last; what trickles in doesn't prolong it.
        let is_next = connection.has_answered();
        match (was_reading && !is_next, connection.is_reading()) {
            (false, true) => timers::set(socket.id(), self.settings.request_timeout).unwrap_or_default(),
            (_, false) if was_reading => timers::clear(socket.id()),
            _ => {}
        }
        let keep = !connection.is_idle();
        if keep != was_kept {
            socket.set_context_bytes(if keep { MIDWAY } else { b"" }).ok();
        }
        if keep {
            self.used += connection.size();
            self.saved.connections.insert(socket, connection);
        }
    }
}

fn is_midway(socket: Socket) -> bool {
    socket.context_bytes().is_ok_and(|context| context == MIDWAY)
}
