//! A store that speaks the Redis protocol. Its data, and every half-read request, crosses a reload.

mod clock;
mod commands;
mod connection;
mod float;
mod glob;
mod reply;
mod resp;
mod saved;
mod session;
mod settings;
mod store;
#[cfg(test)]
mod tests;

use connection::Connection;
use reply::Reply;
use resp::{Args, Parser};
use saved::Saved;
use session::Session;
use settings::Settings;
use sockdock_guest::{CloseInfo, Config, Failure, Plugin, Sink, Socket, State, timers, warn};
use std::collections::BTreeSet;
use std::time::Duration;

/// Timer: frees what was removed, so many parts at a time; an event has 100 ms.
const SWEEP: u64 = 0;
/// Timer: removes keys whose time has come.
const EXPIRE: u64 = 2;
/// Of the two above, in one event.
const PORTION: usize = 20_000;
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
    /// Connections that speak the third version of the protocol; their sessions say it too.
    resp3: BTreeSet<Socket>,
    sweeping: bool,
    /// When the timer fires that removes keys (milliseconds since 1970), or earlier than it is needed.
    expires: Option<i64>,
    /// Of the last connection that became idle; its memory is used again.
    parser: Parser,
}

sockdock_guest::plugin!(Kv);

impl Plugin for Kv {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.settings = Settings::from_config(config)?;
        for socket in Socket::live() {
            let session = Session::of(socket);
            // After a trap these are lost. (After a reload `restore` follows, and they aren't.)
            if session.midway {
                self.orphans.insert(socket);
            }
            if session.resp3 {
                self.resp3.insert(socket);
            }
        }
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
        self.saved.store.restored();
        self.arm();
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
        self.resp3.remove(&socket);
        if let Some(connection) = self.saved.connections.remove(&socket) {
            self.clients -= connection.size();
        }
    }

    fn fired(&mut self, token: u64) {
        let store = &mut self.saved.store;
        store.clock.tick();
        match token {
            SWEEP => {
                store.sweep(PORTION);
                self.sweeping = false;
            }
            EXPIRE => {
                store.expire(PORTION);
                self.expires = None;
            }
            ORPHANS => {
                for socket in std::mem::take(&mut self.orphans) {
                    socket.terminate().ok();
                }
            }
            _ => {}
        }
        self.arm();
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

        let spoke_resp3 = !self.resp3.is_empty() && self.resp3.contains(&socket);
        let mut resp3 = spoke_resp3;
        let Self { saved: Saved { store, .. }, settings, .. } = self;
        store.clock.tick();
        step(&mut connection, settings.proto_max_bulk_len, &mut |args, sink| {
            commands::execute(args, store, settings, &mut Reply::new(sink, &mut resp3));
        });
        if resp3 != spoke_resp3 {
            self.speak(socket, resp3);
        }
        self.arm();

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

    fn speak(&mut self, socket: Socket, resp3: bool) {
        if resp3 {
            self.resp3.insert(socket);
        } else {
            self.resp3.remove(&socket);
        }
        Session::change(socket, |session| session.resp3 = resp3);
    }

    /// Sets the timers that the store needs now. One that fires too early does no harm, and is cheaper than one set anew by each command.
    fn arm(&mut self) {
        let store = &self.saved.store;
        if store.has_trash() && !self.sweeping {
            self.sweeping = timers::set(SWEEP, Duration::ZERO).is_ok();
        }
        if let Some(next) = store.next_expiry().filter(|next| self.expires.is_none_or(|armed| *next < armed)) {
            let delay = u64::try_from(next.saturating_sub(store.clock.now())).unwrap_or(0);
            self.expires = timers::set(EXPIRE, Duration::from_millis(delay)).is_ok().then_some(next);
        }
    }
}
