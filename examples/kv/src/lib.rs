//! A store that speaks the Redis protocol. Its data, and every half-read request, crosses a reload.

mod commands;
mod connection;
mod reply;
mod resp;
mod session;
mod settings;
mod store;
#[cfg(test)]
mod tests;

use connection::Connection;
use resp::{Args, Parser};
use serde::{Deserialize, Serialize};
use session::Session;
use settings::Settings;
use sockdock_guest::{CloseInfo, Config, Failure, First, Plugin, Sink, Socket, State, Versioned, timers, warn};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use store::Store;

/// Timer: frees what FLUSHALL has taken out, so many entries at a time; an event has 100 ms.
const SWEEP: u64 = 0;
const SWEEP_ENTRIES: usize = 20_000;
/// Timer: disconnects the orphans.
const ORPHANS: u64 = 1;

#[derive(Default)]
struct Kv {
    saved: Saved,
    settings: Settings,
    /// Memory of all connections in `saved`.
    clients: usize,
    /// Connections of an instance that trapped, and with it the first half of something.
    orphans: BTreeSet<Socket>,
    /// Of the last connection that became idle; its memory is used again.
    parser: Parser,
}

/// What the next generation gets.
#[derive(Default, Serialize, Deserialize)]
struct Saved {
    store: Store,
    /// Those that have something unfinished: few, however many are open.
    connections: BTreeMap<Socket, Connection>,
}

impl Versioned for Saved {
    const VERSION: &'static str = "kv-1";
    type Previous = First;
}

sockdock_guest::plugin!(Kv);

impl Plugin for Kv {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.settings = Settings::from_config(config)?;
        // After a trap these are lost. (After a reload `restore` follows, and they aren't.)
        self.orphans = Socket::live().into_iter().filter(|socket| Session::of(*socket).midway).collect();
        if !self.orphans.is_empty() {
            timers::set(ORPHANS, Duration::ZERO)?;
        }
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(Some(State::save(&self.saved)?))
    }

    fn restore(&mut self, state: State) -> Result<(), Failure> {
        self.saved = state.load()?;
        self.clients = self.saved.connections.values().map(Connection::size).sum();
        self.orphans.clear();
        timers::clear(ORPHANS);
        Ok(())
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        self.with_connection(socket, |connection, max_bulk, execute| connection.data(bytes, max_bulk, execute));
    }

    fn drain(&mut self, socket: Socket) {
        self.with_connection(socket, |connection, max_bulk, execute| connection.drained(max_bulk, execute));
    }

    fn close(&mut self, socket: Socket, _: CloseInfo) {
        self.orphans.remove(&socket);
        if let Some(connection) = self.saved.connections.remove(&socket) {
            self.clients -= connection.size();
        }
    }

    fn fired(&mut self, token: u64) {
        match token {
            SWEEP => {
                if self.saved.store.sweep(SWEEP_ENTRIES) {
                    timers::set(SWEEP, Duration::ZERO).ok();
                }
            }
            ORPHANS => {
                for socket in std::mem::take(&mut self.orphans) {
                    socket.terminate().ok();
                }
            }
            _ => {}
        }
    }
}

impl Kv {
    /// Takes the connection out, if it is kept, lets `step` work with it, and keeps it as long as something is unfinished.
    fn with_connection(
        &mut self,
        socket: Socket,
        step: impl FnOnce(&mut Connection, usize, &mut dyn FnMut(Args<'_>, &mut Sink)),
    ) {
        if self.orphans.remove(&socket) {
            socket.terminate().ok();
            return;
        }
        let kept = self.saved.connections.remove(&socket);
        let was_kept = kept.is_some();
        self.clients -= kept.as_ref().map_or(0, Connection::size);
        let mut connection = kept.unwrap_or_else(|| Connection::new(socket, std::mem::take(&mut self.parser)));

        let Self { saved: Saved { store, .. }, settings, .. } = self;
        step(&mut connection, settings.proto_max_bulk_len, &mut |args, reply| commands::execute(args, store, settings, reply));

        let keep = !connection.is_idle();
        if keep != was_kept {
            Session::change(socket, |session| session.midway = keep);
        }
        if !keep {
            self.parser = connection.into_parser();
        } else if self.clients + connection.size() > self.settings.maxmemory_clients {
            warn!("connection {socket} is reset: with its {} bytes the clients exceed maxmemory-clients", connection.size());
            socket.terminate().ok();
        } else {
            self.clients += connection.size();
            self.saved.connections.insert(socket, connection);
        }
    }
}
