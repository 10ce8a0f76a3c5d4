//! A server that receives mail and keeps it: for tests of programs that send some. TLS begins on the plain connection, by STARTTLS.

mod command;
mod content;
mod date;
mod mailbox;
mod replies;
mod session;
mod settings;
#[cfg(test)]
mod tests;

use mailbox::Mailbox;
use serde::{Deserialize, Serialize};
use session::{Session, Shared, Then};
use settings::Settings;
use sockdock_guest::{
    CloseInfo, Config, Failure, First, Pipeline, Plugin, Progress, Sink, Socket, State, Versioned, error, timers,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a client may say nothing (RFC 5321, 4.5.3.2.7).
const SILENCE: Duration = Duration::from_secs(300);
/// Timer: tells the clients whose sessions were lost in a trap.
const ORPHANS: u64 = 0;

#[derive(Default)]
struct Smtp {
    saved: Saved,
    /// None before `start`.
    settings: Option<Settings>,
    /// Memory of all sessions.
    unfinished: usize,
}

/// What the next generation gets.
#[derive(Default, Serialize, Deserialize)]
struct Saved {
    mailbox: Mailbox,
    connections: BTreeMap<Socket, Connection>,
}

#[derive(Serialize, Deserialize)]
struct Connection {
    pipeline: Pipeline,
    session: Session,
    /// The client's.
    address: String,
}

impl Versioned for Saved {
    const VERSION: &'static str = "1";
    type Previous = First;
}

sockdock_guest::plugin!(Smtp);

impl Plugin for Smtp {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.settings = Some(Settings::from_config(config)?);
        // After a trap there may be some. After a reload there are none: `restore` follows, and clears the timer.
        timers::set(ORPHANS, Duration::ZERO)?;
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(Some(State::save(&self.saved)?))
    }

    fn restore(&mut self, state: State) -> Result<(), Failure> {
        self.saved = state.load()?;
        self.unfinished = self.saved.connections.values().map(|connection| connection.session.size()).sum();
        timers::clear(ORPHANS);
        Ok(())
    }

    fn open(&mut self, socket: Socket) {
        let Some(settings) = &self.settings else { return };
        socket.set_timeout(Some(SILENCE)).ok();
        let mut sink = Sink::new(socket);
        replies::greeting(&mut sink, settings);
        sink.flush().ok();
        let session = Session::new(socket.tls_session().is_ok_and(|session| session.is_some()));
        let address = socket.remote_endpoint().map_or(String::new(), |end| end.address);
        self.saved.connections.insert(socket, Connection { pipeline: Pipeline::new(socket), session, address });
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        self.with_connection(socket, |pipeline, serve| pipeline.data(bytes, serve));
    }

    fn drain(&mut self, socket: Socket) {
        self.with_connection(socket, |pipeline, serve| pipeline.drained(serve));
    }

    /// After STARTTLS. (On a listener with TLS it comes before `open`, and there is no session yet.)
    fn handshake(&mut self, socket: Socket, _: Result<(), String>) {
        if let Some(connection) = self.saved.connections.get_mut(&socket) {
            connection.session.secured();
        }
    }

    fn timeout(&mut self, socket: Socket) {
        self.dismiss(socket, "4.4.2 You have said nothing for too long");
    }

    fn close(&mut self, socket: Socket, _: CloseInfo) {
        if let Some(connection) = self.saved.connections.remove(&socket) {
            self.unfinished -= connection.session.size();
        }
    }

    fn fired(&mut self, _: u64) {
        for socket in Socket::live() {
            if !self.saved.connections.contains_key(&socket) {
                self.dismiss(socket, "4.3.0 Something has gone wrong here; try again");
            }
        }
    }
}

impl Smtp {
    /// Lets `step` work with the connection's requests, and does what comes of them.
    fn with_connection(
        &mut self,
        socket: Socket,
        step: impl FnOnce(&mut Pipeline, &mut dyn FnMut(&[u8], &mut Sink) -> Progress),
    ) {
        let Self { saved: Saved { mailbox, connections }, settings: Some(settings), unfinished } = self else { return };
        let Some(Connection { pipeline, session, address }) = connections.get_mut(&socket) else { return };
        *unfinished -= session.size();
        let room = settings.max_unfinished.saturating_sub(*unfinished);
        let mut shared = Shared { settings, mailbox, room, address };
        step(pipeline, &mut |rest, sink| {
            let (progress, then) = session.serve(rest, sink, &mut shared);
            match then {
                Then::GoOn => {}
                Then::End => drop(sink.end()),
                Then::StartTls => start_tls(sink, shared.settings),
            }
            progress
        });
        *unfinished += session.size();
    }

    /// Ends a connection with a reason. One that is in the middle of an answer, or takes none, is reset.
    fn dismiss(&mut self, socket: Socket, why: &str) {
        let Some(settings) = &self.settings else { return };
        let busy = self.saved.connections.get(&socket).is_some_and(|connection| !connection.pipeline.sink().is_empty());
        if busy {
            socket.terminate().ok();
            return;
        }
        let mut sink = Sink::new(socket);
        replies::unavailable(&mut sink, settings, why);
        sink.end().ok();
    }
}

/// The answer goes in the clear, all that follows by TLS.
fn start_tls(sink: &mut Sink, settings: &Settings) {
    let socket = sink.socket();
    let credentials = settings.credentials.as_deref().unwrap_or_default();
    // One who hasn't taken the answers before this one isn't waited for.
    if sink.flush() != Ok(true) {
        socket.terminate().ok();
    } else if let Err(why) = socket.upgrade_server(credentials) {
        error!("no TLS with the credentials `{credentials}`: {why}; does `--credentials {credentials}=CERT,KEY` give them?");
        socket.terminate().ok();
    }
}
