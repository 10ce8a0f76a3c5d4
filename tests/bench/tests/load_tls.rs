//! The load generator by TLS, against servers that misbehave.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly, as tests may")]

use rustls::{HandshakeKind, ServerConnection, StreamOwned};
use sockdock_bench::{
    credentials::Credentials,
    load::{Clients, Exchange, Load, Tally},
    native::{self, Behaviour},
};
use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    num::NonZeroUsize,
    sync::mpsc,
    thread,
    time::Duration,
};

type Stream = StreamOwned<ServerConnection, TcpStream>;

struct Setting {
    _folder: tempfile::TempDir,
    credentials: Credentials,
}

impl Setting {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::write(folder.path()).unwrap();
        Self { _folder: folder, credentials }
    }

    /// Serves each connection on a thread; `answer` gets its stream and what came.
    fn server(&self, answer: impl Fn(&mut Stream, &[u8]) + Clone + Send + 'static) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = self.credentials.server().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, config, answer) = (stream.unwrap(), config.clone(), answer.clone());
                thread::spawn(move || {
                    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                    let mut buffer = [0; 1 << 14];
                    while let Ok(n @ 1..) = stream.read(&mut buffer) {
                        answer(&mut stream, &buffer[..n]);
                    }
                    stream.conn.send_close_notify();
                    stream.flush().ok();
                });
            }
        });
        address
    }

    fn native(&self) -> SocketAddr {
        let listener = native::listen().unwrap();
        let address = listener.local_addr().unwrap();
        let behaviour = Behaviour::TlsEcho(self.credentials.server().unwrap().into());
        thread::spawn(move || native::serve(&listener, NonZeroUsize::new(2).unwrap(), &behaviour));
        address
    }

    fn load(&self, address: SocketAddr, connections: usize, bytes: usize) -> Load {
        let tls = Some(self.credentials.client().unwrap());
        Load { address, connections, exchange: Exchange::Echo(bytes), reconnect: false, tls }
    }

    fn run(&self, address: SocketAddr, connections: usize, bytes: usize) -> Tally {
        run(self.load(address, connections, bytes))
    }
}

fn run(load: Load) -> Tally {
    Clients::connect(load).unwrap().run(Duration::from_millis(300)).unwrap()
}

fn assert_clean(tally: &Tally, at_least: u64) {
    assert_eq!((tally.corrupted, tally.lost), (0, 0));
    assert!(tally.units >= at_least, "{} units", tally.units);
    assert_eq!(tally.latency.len(), tally.units);
}

#[test]
fn the_native_server_answers_all() {
    let setting = Setting::new();
    for (connections, bytes) in [(1, 64), (50, 64), (8, 16 << 10), (2, 3 << 20)] {
        assert_clean(&setting.run(setting.native(), connections, bytes), connections as u64);
    }
}

#[test]
fn each_connection_pays_for_a_handshake() {
    let setting = Setting::new();
    let (sender, kinds) = mpsc::channel();
    let server = setting.server(move |stream, bytes| {
        sender.send((stream.conn.handshake_kind(), stream.conn.protocol_version())).unwrap();
        stream.write_all(bytes).unwrap();
    });
    let tally = run(Load { reconnect: true, ..setting.load(server, 4, 64) });
    assert_clean(&tally, 8);
    let full = (Some(HandshakeKind::Full), Some(rustls::ProtocolVersion::TLSv1_3));
    assert_eq!(kinds.try_iter().filter(|kind| *kind == full).count() as u64, tally.units);

    assert_clean(&run(Load { reconnect: true, ..setting.load(setting.native(), 4, 64) }), 8);
}

#[test]
fn a_slowed_server_shows() {
    const DELAY: Duration = Duration::from_millis(20);
    let setting = Setting::new();
    let slowed = setting.server(|stream, bytes| {
        #[expect(clippy::disallowed_methods, reason = "being slow is what this server is for")]
        thread::sleep(DELAY);
        stream.write_all(bytes).unwrap();
    });
    let tally = setting.run(slowed, 4, 64);
    assert_clean(&tally, 4);
    assert!(tally.latency.quantile(0.01) >= DELAY, "{:?}", tally.latency.quantile(0.01));
    let most = 4.0 * tally.elapsed.as_secs_f64() / DELAY.as_secs_f64();
    assert!(tally.units as f64 <= most, "{} units, {most} were possible", tally.units);
}

#[test]
fn every_corrupted_answer_counts() {
    let setting = Setting::new();
    let corrupts = setting.server(|stream, bytes| {
        let mut bytes = bytes.to_vec();
        // The last byte, in every answer whose first is even.
        if bytes[0] % 2 == 0 {
            *bytes.last_mut().unwrap() ^= 1;
        }
        stream.write_all(&bytes).unwrap();
    });
    let tally = setting.run(corrupts, 1, 64);
    assert!(tally.units > 20 && tally.lost == 0, "{tally:?}");
    assert!(tally.corrupted > tally.units / 4 && tally.corrupted < tally.units * 3 / 4, "{tally:?}");
}

#[test]
fn what_is_no_tls_loses_the_connection() {
    let setting = Setting::new();
    let plain = setting.server(|stream, bytes| {
        stream.sock.write_all(bytes).unwrap();
    });
    let tally = setting.run(plain, 3, 64);
    assert_eq!((tally.units, tally.lost), (0, 3));
}

#[test]
fn an_end_that_nobody_vouches_for_loses_the_connection() {
    let setting = Setting::new();
    // The answer is whole; but the end of the stream isn't said by TLS.
    let cuts = setting.server(|stream, bytes| {
        stream.write_all(bytes).unwrap();
        stream.sock.shutdown(Shutdown::Write).unwrap();
    });
    let tally = run(Load { reconnect: true, ..setting.load(cuts, 3, 64) });
    assert_eq!((tally.units, tally.lost), (0, 3));
}

#[test]
fn another_certificate_is_refused() {
    let (setting, other) = (Setting::new(), Setting::new());
    let tally = setting.run(other.native(), 3, 64);
    assert_eq!((tally.units, tally.lost), (0, 3));
}
