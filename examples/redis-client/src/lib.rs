//! Speaks to a Redis server. With `sockdock serve`: for many clients, by one connection of its own. With `sockdock connect`: for itself, on
//! the connection that the host has made.

mod client;
mod itself;
mod replies;
#[path = "../../kv/src/resp/mod.rs"]
#[allow(dead_code, reason = "kv's, which needs more of it")]
mod resp;
mod server;
mod settings;
#[cfg(test)]
mod tests;

use client::Client;
use serde::{Deserialize, Serialize};
use server::{Due, Next, Server};
use settings::Settings;
use sockdock_guest::outbound::{ConnectOptions, connect};
use sockdock_guest::{CloseInfo, Config, Failure, First, Plugin, Socket, SocketError, State, Versioned, info, timers, warn};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Timer: connects to the server.
const CONNECT: u64 = 0;
/// Timer: ends the connections of an instance that trapped.
const ORPHANS: u64 = 1;
/// How long the first try again waits; each further one twice as long, up to the last.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LAST_WAIT: Duration = Duration::from_secs(5);

#[derive(Default)]
struct RedisClient {
    saved: Saved,
    settings: Settings,
    /// Memory of all clients.
    held: usize,
    /// Those that aren't read from now.
    paused: BTreeSet<Socket>,
}

/// What the next generation gets.
#[derive(Default, Serialize, Deserialize)]
struct Saved {
    server: Option<Server>,
    clients: BTreeMap<Socket, Client>,
    /// Tries to connect since the last that went well.
    failures: u32,
}

impl Versioned for Saved {
    const VERSION: &'static str = "1";
    type Previous = First;
}

sockdock_guest::plugin!(RedisClient);

impl Plugin for RedisClient {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.settings = Settings::from_config(config)?;
        if !Socket::live().is_empty() {
            timers::set(ORPHANS, Duration::ZERO)?;
        }
        if self.settings.server.is_some() {
            timers::set(CONNECT, Duration::ZERO)?;
        }
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(Some(State::save(&self.saved)?))
    }

    fn restore(&mut self, state: State) -> Result<(), Failure> {
        self.saved = state.load()?;
        self.held = self.saved.clients.values().map(Client::held).sum();
        self.paused = self.saved.clients.iter().filter(|(_, client)| client.is_paused()).map(|(socket, _)| *socket).collect();
        timers::clear(ORPHANS);
        Ok(())
    }

    fn open(&mut self, socket: Socket) {
        if socket.listener().is_ok_and(|listener| listener.is_some()) {
            self.saved.clients.insert(socket, Client::new(socket));
        } else if self.is_server(socket) {
            info!("connected to the server");
            self.saved.failures = 0;
        } else {
            self.for_itself(socket);
        }
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        if self.is_server(socket) {
            self.replied(bytes);
        } else {
            self.with_client(socket, |client| client.receive(bytes));
        }
    }

    fn drain(&mut self, socket: Socket) {
        if self.is_server(socket) {
            self.saved.server.iter_mut().for_each(Server::drained);
            self.go_on();
        } else {
            self.with_client(socket, Client::drained);
        }
    }

    fn end(&mut self, socket: Socket) {
        self.with_client(socket, Client::finished);
    }

    fn close(&mut self, socket: Socket, info: CloseInfo) {
        if self.is_server(socket) {
            self.lost(&info.error.map_or("it has ended".into(), |error| error.message));
        } else {
            self.forget(socket);
        }
    }

    fn connect_error(&mut self, socket: Socket, error: SocketError) {
        if self.is_server(socket) {
            self.lost(&error.message);
        }
    }

    fn fired(&mut self, token: u64) {
        match token {
            // What they were waiting for isn't known any more.
            ORPHANS => {
                let ours = |socket: &Socket| self.is_server(*socket) || self.saved.clients.contains_key(socket);
                Socket::live()
                    .into_iter()
                    .filter(|socket| !ours(socket))
                    .for_each(|orphan| orphan.terminate().unwrap_or_default());
            }
            _ => self.connect(),
        }
    }
}

/// The server's side.
impl RedisClient {
    fn is_server(&self, socket: Socket) -> bool {
        self.saved.server.as_ref().is_some_and(|server| server.socket() == socket)
    }

    fn connect(&mut self) {
        let (None, Some(address)) = (&self.saved.server, &self.settings.server) else { return };
        match connect(address, &ConnectOptions::default()) {
            // What is asked until it stands waits in its queue.
            Ok(socket) => self.ready(Server::new(socket)),
            Err(why) => self.later(&why.to_string()),
        }
    }

    fn ready(&mut self, mut server: Server) {
        if let Some(words) = self.settings.greeting() {
            server.ask(words.iter().map(|word| word.as_bytes()), Due::Own("auth".into()));
        }
        server.flush();
        self.saved.server = Some(server);
    }

    /// Hands the server's replies to those who wait for them.
    fn replied(&mut self, bytes: &[u8]) {
        let Self { saved: Saved { server: Some(server), clients, .. }, settings, held, .. } = self else { return };
        let mut told = BTreeSet::new();
        let mut refused = false;
        let mut tell = |client: Socket, reply: &[u8]| {
            // One that is gone needs no reply; the server's has come all the same.
            let Some(found) = clients.get_mut(&client) else { return };
            *held -= found.held();
            found.told(reply);
            *held += found.held();
            told.insert(client);
        };
        let understood = server.replies(bytes, settings.max_reply, |next| match next {
            Next::Reply(Some(Due::Client(client)), reply) => tell(client, reply),
            Next::Reply(Some(Due::Own(command)), reply) => {
                refused |= command == "auth" && reply.starts_with(b"-");
                info!("{command}: {}", replies::words(reply));
            }
            // A message to a channel.
            Next::Reply(_, reply) => info!("{}", replies::words(reply)),
            Next::Local(client, reply) => tell(client, &reply.bytes),
        });
        if understood.is_err() || refused {
            warn!(
                "{}",
                if refused {
                    "the server doesn't take the password"
                } else {
                    "the server's reply can't be understood, or is too large"
                }
            );
            server.socket().terminate().ok();
        }
        for client in told {
            self.with_client(client, |_| {});
        }
        self.go_on();
        self.done();
    }

    /// The connection is over, or can't be made.
    fn lost(&mut self, why: &str) {
        let Some(server) = self.saved.server.take() else { return };
        if self.settings.server.is_none() {
            return;
        }
        let unknown = client::error("ERR the connection to the server is lost: nobody knows whether this was done");
        let mut told = BTreeSet::new();
        for due in server.lost() {
            let (Due::Client(socket) | Due::Local(socket, _)) = &due else { continue };
            let Some(client) = self.saved.clients.get_mut(socket) else { continue };
            self.held -= client.held();
            client.told(if let Due::Local(_, reply) = &due { &reply.bytes } else { &unknown.bytes });
            self.held += client.held();
            told.insert(*socket);
        }
        for client in told {
            self.with_client(client, |_| {});
        }
        self.go_on();
        self.later(why);
    }

    fn later(&mut self, why: &str) {
        let wait = FIRST_WAIT.saturating_mul(1 << self.saved.failures.min(10)).min(LAST_WAIT);
        self.saved.failures = self.saved.failures.saturating_add(1);
        warn!("no connection to the server: {why}; again in {} ms", wait.as_millis());
        timers::set(CONNECT, wait).ok();
    }
}

/// The clients' side.
impl RedisClient {
    fn with_client(&mut self, socket: Socket, step: impl FnOnce(&mut Client)) {
        let Self { saved: Saved { server, clients, .. }, settings, held, paused } = self;
        let sharing = clients.len();
        let Some(client) = clients.get_mut(&socket) else { return };
        *held -= client.held();
        step(client);
        client.go_on(server.as_mut(), settings);
        *held += client.held();
        if client.is_paused() {
            paused.insert(socket)
        } else {
            paused.remove(&socket)
        };
        if *held > settings.max_clients && client.held() > settings.max_clients / sharing {
            warn!("client {socket} is cut off: with its {} bytes there are more than max-clients", client.held());
            self.forget(socket);
            socket.terminate().ok();
        }
        self.saved.server.iter_mut().for_each(Server::flush);
    }

    fn forget(&mut self, socket: Socket) {
        self.paused.remove(&socket);
        if let Some(client) = self.saved.clients.remove(&socket) {
            self.held -= client.held();
        }
    }

    /// Those that were held back may go on, as far as there is room now.
    fn go_on(&mut self) {
        for client in self.paused.clone() {
            if self.saved.server.as_ref().is_some_and(Server::is_full) {
                break;
            }
            self.with_client(client, |_| {});
        }
    }
}
