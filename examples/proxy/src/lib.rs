//! Passes each connection on to an upstream, byte for byte, in both directions. Which upstream may depend on the name that a TLS client
//! asks for, whether the host ends TLS or the upstream does.
//!
//! Who belongs to whom stands in the sockets' contexts, which the host keeps: a new build, or a fresh instance after a fault, goes on
//! with all connections without a word from its predecessor.

mod hello;
mod settings;

use hello::Alert;
use serde::{Deserialize, Serialize};
use settings::Settings;
use sockdock_guest::outbound::{ConnectOptions, TlsOptions};
use sockdock_guest::{
    CloseInfo, Config, Failure, First, Plugin, Relay, SessionInfo, Socket, SocketError, Versioned, info, timers, warn,
};
use std::time::Duration;

/// For a client's first message. The token of its timer is the socket's number.
const HELLO: Duration = Duration::from_secs(10);
/// Timer: resets connections whose other side was lost in a trap.
const ORPHANS: u64 = u64::MAX;

#[derive(Default)]
struct Proxy {
    settings: Settings,
}

/// The context of a client whose first message isn't whole: what has come of it.
#[derive(Default, Serialize, Deserialize)]
struct Peeked {
    #[serde(with = "serde_bytes")]
    input: Vec<u8>,
}

impl Versioned for Peeked {
    const VERSION: &'static str = "hello-1";
    type Previous = First;
}

impl Plugin for Proxy {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.settings = Settings::from_config(config)?;
        // Taken over, after a reload or a trap.
        for socket in Socket::live() {
            timers::set(ORPHANS, Duration::ZERO)?;
            if Relay::of(socket).is_none() {
                timers::set(socket.id(), HELLO)?;
            }
        }
        Ok(())
    }

    /// A client has come, or its upstream stands.
    fn open(&mut self, socket: Socket) {
        if Relay::of(socket).is_some() {
            return;
        }
        match socket.tls_session().ok().flatten() {
            Some(session) => self.ended_here(socket, session),
            None if self.settings.routes() => drop(timers::set(socket.id(), HELLO)),
            None => self.connect(socket, None, self.settings.tls.clone()),
        }
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        match Relay::of(socket) {
            Some(relay) => relay.pass(bytes),
            None => self.peek(socket, bytes),
        }
    }

    fn drain(&mut self, socket: Socket) {
        Relay::of(socket).into_iter().for_each(Relay::drained);
    }

    fn end(&mut self, socket: Socket) {
        match Relay::of(socket) {
            Some(relay) => relay.ended(),
            None => drop(socket.end()),
        }
    }

    fn close(&mut self, socket: Socket, info: CloseInfo) {
        timers::clear(socket.id());
        Relay::of(socket).into_iter().for_each(|relay| relay.closed(&info));
    }

    fn connect_error(&mut self, socket: Socket, error: SocketError) {
        if let Some(relay) = Relay::of(socket) {
            warn!("no upstream for {}: {} ({})", relay.other(), error.message, error.code);
            relay.part().terminate().ok();
        }
    }

    fn fired(&mut self, token: u64) {
        let socket = Socket::from_id(token);
        match Relay::of(socket) {
            _ if token == ORPHANS => Relay::reset_orphans(),
            Some(relay) => relay.look(),
            None => drop(socket.terminate()),
        }
    }
}

impl Proxy {
    /// The host has done the handshake: what comes is the clear text.
    fn ended_here(&self, client: Socket, session: SessionInfo) {
        // Both handshakes agree on a protocol, or on none.
        let alpn = session.alpn.into_iter().collect();
        let tls = self.settings.tls.clone().map(|options| TlsOptions { alpn, ..options });
        self.connect(client, session.server_name.as_deref(), tls);
    }

    /// The upstream does the handshake; the client's first message says which one that is.
    fn peek(&self, client: Socket, bytes: &[u8]) {
        let Ok(peeked) = client.context::<Peeked>() else {
            client.terminate().ok();
            return;
        };
        let mut peeked = peeked.unwrap_or_default();
        peeked.input.extend_from_slice(bytes);
        match hello::peek(&peeked.input) {
            Ok(None) => keep(client, &peeked),
            Ok(Some(hello)) => {
                timers::clear(client.id());
                match (self.settings.upstream(hello.server_name.as_deref()), hello.server_name) {
                    (None, None) => refuse(client, Alert::MissingExtension),
                    (None, Some(name)) => {
                        info!("{client}: no route for {name}");
                        refuse(client, Alert::UnrecognizedName);
                    }
                    (Some(_), name) => {
                        // It is TLS already, whatever the others are given.
                        self.connect(client, name.as_deref(), None);
                        Relay::of(client).into_iter().for_each(|relay| relay.pass(&peeked.input));
                    }
                }
            }
            Err(alert) => refuse(client, alert),
        }
    }

    fn connect(&self, client: Socket, name: Option<&str>, tls: Option<TlsOptions>) {
        let Some(upstream) = self.settings.upstream(name) else {
            info!("{client}: no route for {}", name.unwrap_or("a client that names no server"));
            client.terminate().ok();
            return;
        };
        if let Err(why) = Relay::connect(client, upstream, ConnectOptions { tls, ..ConnectOptions::default() }) {
            warn!("{upstream}: {why}");
            client.terminate().ok();
        }
    }
}

fn keep(client: Socket, peeked: &Peeked) {
    if let Err(why) = client.set_context(peeked) {
        warn!("{client}: {why}");
        client.terminate().ok();
    }
}

fn refuse(client: Socket, alert: Alert) {
    client.write(&alert.record()).ok();
    client.end().ok();
}

sockdock_guest::plugin!(Proxy);

#[cfg(test)]
mod tests;
