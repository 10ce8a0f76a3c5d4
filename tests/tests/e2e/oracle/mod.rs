//! Bun as the oracle: the same scenarios, with the same peer, for `Bun.listen` and `Bun.connect` and for sockdock; their traces
//! of events are compared. What differs on purpose stands in the scenario, with the row of docs/bun-parity.md that says why.

mod peer;
mod side;
mod trace;

mod ending;
mod failing;
mod flowing;
mod handlers;
mod reloading;
mod secure;

use crate::parity;
use peer::Peer;
use rustls::{ClientConfig, ServerConfig};
use serde_json::Value;
use side::{Running, Side};
use sockdock_tests::{Client, DEADLINE, Secure, eventually};
use std::{
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};
use trace::{Hunk, differences};

/// What the plugin is, apart from what it does with its peer.
struct Scenario<'a> {
    /// What is done in each handler: `tests/oracle/bun.js` has the words.
    on: &'a [(&'a str, &'a str)],
    half_open: bool,
    tls: Option<Tls>,
    /// Events that are left out, where it is the kernel's matter whether they come.
    without: &'a [&'a str],
    /// Where it is chance what Bun tells: what it tells at times, and in its place otherwise.
    either: Option<[&'a [&'a str]; 2]>,
}

/// TLS, as each side is told of it.
struct Tls {
    bun: Value,
    /// The name that a client asks for; empty: the address's.
    name: &'static str,
    flags: Vec<String>,
    /// What the peer needs: as a client, or as a server.
    client: Option<Arc<ClientConfig>>,
    server: Option<Arc<ServerConfig>>,
    _folder: tempfile::TempDir,
}

/// Who begins the connection.
enum Role {
    /// The peer.
    Listen,
    /// The one that is tested, with the peer.
    Connect {
        port: u16,
    },
    /// The same, with somebody else.
    ConnectTo {
        host: &'static str,
        port: u16,
    },
    ConnectUnix {
        path: String,
    },
}

/// A difference that is meant.
struct Differs<'a> {
    /// The row of docs/bun-parity.md that says why: `SocketHandler.open`.
    row: &'a str,
    bun: &'a [&'a str],
    ours: &'a [&'a str],
}

/// A failure is told by `error`, before `close`.
const FAILURE: Differs<'_> = Differs { row: "SocketHandler.error", bun: &[], ours: &["a error reset"] };

/// `close` comes after the handler that caused it, not within it.
const CLOSE_WITHIN: Differs<'_> = Differs { row: "SocketHandler.close", bun: &["a close none"], ours: &[] };
const CLOSE_AFTER: Differs<'_> = Differs { row: "SocketHandler.close", bun: &[], ours: &["a close none"] };

/// `open` comes when the connection can be used, which with TLS is after the handshake.
const OPEN_BEFORE: Differs<'_> = Differs { row: "SocketHandler.open", bun: &["a open"], ours: &[] };
const OPEN_AFTER: Differs<'_> = Differs { row: "SocketHandler.open", bun: &[], ours: &["a open"] };

/// A scenario that runs, as its peer sees it.
struct Stage {
    running: Running,
    side: Side,
    /// The connection that it makes.
    accepted: Option<JoinHandle<Result<Peer, String>>>,
    client: Option<Arc<ClientConfig>>,
    /// What the peer saw: compared like the rest.
    seen: Vec<String>,
}

/// Plain connections on which this is done.
fn plain<'a>(on: &'a [(&'a str, &'a str)]) -> Scenario<'a> {
    Scenario { on, half_open: false, tls: None, without: &[], either: None }
}

impl Scenario<'_> {
    /// Both roles, with the same differences.
    #[track_caller]
    fn both(&self, drive: impl Fn(&mut Stage), differs: &[Differs<'_>]) {
        self.listening(&drive, differs);
        self.connecting(drive, differs);
    }

    /// `Bun.listen` and `sockdock serve`.
    #[track_caller]
    fn listening(&self, drive: impl Fn(&mut Stage), differs: &[Differs<'_>]) {
        let bun = self.run(Side::Bun, &Role::Listen, None, &drive);
        compare("listening", &bun, &self.run(Side::Serve, &Role::Listen, None, &drive), differs);
    }

    /// `Bun.connect`, and both `outbound.connect` and `sockdock connect`.
    #[track_caller]
    fn connecting(&self, drive: impl Fn(&mut Stage), differs: &[Differs<'_>]) {
        let run = |side| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let role = Role::Connect { port: listener.local_addr().unwrap().port() };
            self.run(side, &role, Some(listener), &drive)
        };
        let bun = run(Side::Bun);
        compare("by outbound.connect", &bun, &run(Side::Serve), differs);
        compare("by `sockdock connect`", &bun, &run(Side::Connect), differs);
    }

    /// `Bun.connect` and `outbound.connect`, with a peer that they don't get on with.
    #[track_caller]
    fn failing(&self, drive: impl Fn(&mut Stage), differs: &[Differs<'_>]) {
        let run = |side| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let role = Role::Connect { port: listener.local_addr().unwrap().port() };
            self.run(side, &role, Some(listener), &drive)
        };
        compare("failing", &run(Side::Bun), &run(Side::Serve), differs);
    }

    /// `Bun.connect` and `outbound.connect`, to where there is nobody.
    #[track_caller]
    fn in_vain(&self, role: &Role, differs: &[Differs<'_>]) {
        let drive = |stage: &mut Stage| stage.wait("a connect-error");
        let bun = self.run(Side::Bun, role, None, drive);
        compare("in vain", &bun, &self.run(Side::Serve, role, None, drive), differs);
    }

    #[track_caller]
    fn run(&self, side: Side, role: &Role, listener: Option<TcpListener>, drive: impl Fn(&mut Stage)) -> Vec<String> {
        let tls = self.tls.as_ref();
        let server = tls.and_then(|tls| tls.server.clone());
        // Before it connects: `sockdock connect` is ready once it has.
        let accepted = listener.map(|listener| thread::spawn(move || Peer::accept(&listener, server.as_ref())));
        let mut stage = Stage {
            running: Running::start(side, self, role),
            side,
            accepted,
            client: tls.and_then(|tls| tls.client.clone()),
            seen: Vec::new(),
        };
        drive(&mut stage);
        stage.running.finish();
        let mut trace = stage.running.trace();
        trace.retain(|event| !self.without.iter().any(|name| event.split(' ').nth(1) == Some(name)));
        if let (Side::Bun, Some([at_times, otherwise])) = (side, self.either)
            && let Some(start) = trace.windows(at_times.len()).position(|window| window == at_times)
        {
            trace.splice(start..start + at_times.len(), otherwise.iter().map(|event| (*event).to_owned()));
        }
        trace.append(&mut stage.seen);
        trace
    }
}

/// Every place where they part must be in the list, and every entry of the list be such a place.
#[track_caller]
fn compare(how: &str, bun: &[String], ours: &[String], meant: &[Differs<'_>]) {
    let found = differences(bun, ours);
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let wanted: Vec<Hunk> = meant.iter().map(|one| Hunk { bun: owned(one.bun), ours: owned(one.ours) }).collect();
    assert!(found == wanted, "{how}\nBun:  {bun:?}\nours: {ours:?}\nthey differ in {found:#?}\nwhere {wanted:#?} is expected");
    for one in meant {
        let why = parity::row(one.row).map(|row| row.why);
        assert!(why.is_some_and(|why| !why.is_empty()), "docs/bun-parity.md has no row {} that says why", one.row);
    }
}

impl Stage {
    /// The peer's next connection.
    #[track_caller]
    fn peer(&mut self) -> Peer {
        self.try_peer().unwrap_or_else(|error| panic!("no connection: {error}"))
    }

    /// The same; it may be reset at once, and with TLS the handshake may fail.
    #[track_caller]
    fn try_peer(&mut self) -> Result<Peer, String> {
        if let Some(accepted) = self.accepted.take() {
            return accepted.join().expect("the connection was accepted");
        }
        let address = ([127, 0, 0, 1], self.running.port()).into();
        let stream = TcpStream::connect_timeout(&address, DEADLINE).map_err(|error| error.to_string())?;
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        let Some(config) = &self.client else { return Ok(Peer::Plain(Client::Tcp(stream))) };
        let secure = Secure::handshake(stream, config.clone()).map_err(|error| error.to_string())?;
        Ok(Peer::Plain(Client::Tls(Box::new(secure))))
    }

    /// Waits until the trace has an event that begins so.
    #[track_caller]
    fn wait(&self, start: &str) {
        let begins = |event: &String| event.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        eventually(&format!("{start:?} ({:?})", self.side), || self.running.trace().iter().any(begins).then_some(()));
    }

    /// Waits until a peer's failed handshake is over: Bun's program hears of it, a plugin doesn't.
    #[track_caller]
    fn refused(&self) {
        match &self.running {
            Running::Bun { .. } => self.wait("a close"),
            Running::Ours(host, _) => host.wait_count("handshakes_failed", 1),
        }
    }

    /// What the peer saw belongs to the trace.
    fn note(&mut self, seen: impl Into<String>) {
        self.seen.push(seen.into());
    }
}
