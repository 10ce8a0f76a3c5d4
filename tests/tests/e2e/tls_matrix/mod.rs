//! Every client with everything that it can do by TLS, in both versions: docs/tls.md has the table.

mod clients;

use crate::guests;
use sockdock_tests::{Authority, Certificates, Key, Output, Tracer, eventually};
use std::path::Path;
use tempfile::TempDir;

const VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Plain,
    Certificate,
    NoCertificate,
    StrangersCertificate,
    Resumed,
    Alpn,
    OtherAlpn,
    Sni,
    UnknownSni,
    UnknownSniUnchecked,
}

const CELLS: [Cell; 10] = [
    Cell::Plain,
    Cell::Certificate,
    Cell::NoCertificate,
    Cell::StrangersCertificate,
    Cell::Resumed,
    Cell::Alpn,
    Cell::OtherAlpn,
    Cell::Sni,
    Cell::UnknownSni,
    Cell::UnknownSniUnchecked,
];

/// What a client is to do: connect, say something, and print what it hears until the end.
#[derive(Debug)]
struct Ask<'a> {
    port: u16,
    /// Who vouches for the server, and as whom it is taken.
    ca: &'a Path,
    name: &'static str,
    version: &'static str,
    alpn: Option<&'static str>,
    shown: Option<&'a Certificates>,
    /// The server is taken for whoever it is.
    unchecked: bool,
    /// Once more, with the session of the first connection.
    again: bool,
    folder: &'a Path,
}

/// Two listeners with certificates for two names: one that anybody may use, and one that wants a certificate.
struct World {
    open: Tracer,
    strict: Tracer,
    authority: Authority,
    friend: Certificates,
    stranger: Certificates,
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::make(folder.path(), "ca");
        let pairs =
            [authority.issue("server", &["localhost"], 1, Key::Ecdsa), authority.issue("other", &["other.test"], 2, Key::Rsa)];
        let friend = authority.issue("friend", &["friend.test"], 3, Key::Ecdsa);
        let stranger = Authority::make(folder.path(), "strangers").issue("stranger", &["stranger.test"], 3, Key::Ecdsa);
        let start = |flags: &[&str]| {
            let tracer = Tracer::start(guests::TRACER, |serve| {
                let serve = pairs.iter().fold(serve.args(["--listen-tls", "127.0.0.1:0"]), |serve, pair| {
                    serve.arg("--tls-cert").arg(&pair.certificate).arg("--tls-key").arg(&pair.key)
                });
                serve.args(flags)
            });
            tracer.tell("on open session $; resumed $");
            tracer.tell("on data write $ welcome; end $");
            tracer
        };
        let open = start(&["--tls-alpn", "http/1.1"]);
        let ca = authority.certificate.to_str().unwrap();
        let strict = start(&["--tls-alpn", "xmpp-client", "--tls-client-auth", "required", "--tls-client-ca", ca]);
        Self { open, strict, authority, friend, stranger, folder }
    }

    fn ask(&self, cell: Cell, version: &'static str) -> (&Tracer, Ask<'_>) {
        let tracer = match cell {
            Cell::Certificate | Cell::NoCertificate | Cell::StrangersCertificate | Cell::OtherAlpn => &self.strict,
            _ => &self.open,
        };
        let ask = Ask {
            port: tracer.tls_address().port(),
            ca: &self.authority.certificate,
            name: match cell {
                Cell::Sni => "other.test",
                Cell::UnknownSni | Cell::UnknownSniUnchecked => "unknown.test",
                _ => "localhost",
            },
            version,
            alpn: matches!(cell, Cell::Alpn | Cell::OtherAlpn).then_some("http/1.1"),
            shown: match cell {
                Cell::Certificate | Cell::OtherAlpn => Some(&self.friend),
                Cell::StrangersCertificate => Some(&self.stranger),
                _ => None,
            },
            unchecked: cell == Cell::UnknownSniUnchecked,
            again: cell == Cell::Resumed,
            folder: self.folder.path(),
        };
        (tracer, ask)
    }
}

/// A row of the table: this client, in all cells.
#[track_caller]
fn row(client: impl Fn(&Ask<'_>) -> Output) {
    let world = World::new();
    for version in VERSIONS {
        for cell in CELLS {
            let (tracer, ask) = world.ask(cell, version);
            tracer.tell("forget");
            let failed = tracer.count("handshakes_failed");
            let output = client(&ask);
            let what = format!("{cell:?} by TLS {version}: {output:?}");
            match cell {
                Cell::NoCertificate | Cell::StrangersCertificate | Cell::OtherAlpn => {
                    assert!(!output.stdout.contains("welcome"), "{what}");
                    tracer.wait_count("handshakes_failed", failed + 1);
                    assert_eq!(tracer.trace(), [""; 0], "the plugin has heard something: {what}");
                }
                // Some clients look at the name after the handshake, all of them before they say something.
                Cell::UnknownSni => {
                    assert!(!output.stdout.contains("welcome"), "{what}");
                    let events = eventually("the end of the connection", || {
                        let events = tracer.trace();
                        let closed = events.iter().any(|event| event.starts_with("close "));
                        (closed || tracer.count("handshakes_failed") > failed).then_some(events)
                    });
                    assert!(!events.iter().any(|event| event.starts_with("data ")), "{events:?} {what}");
                }
                _ => served(tracer, &ask, &what, &output),
            }
        }
    }
}

/// Both sides have heard each other, and the plugin knows how.
#[track_caller]
fn served(tracer: &Tracer, ask: &Ask<'_>, what: &str, output: &Output) {
    assert!(output.stdout.contains("welcome"), "{what}");
    let connections = if ask.again { 2 } else { 1 };
    let events = eventually("the end of the connections", || {
        let events = tracer.trace();
        (events.iter().filter(|event| event.starts_with("close ")).count() == connections).then_some(events)
    });
    let verdicts: Vec<_> = events.iter().filter(|event| event.starts_with("handshake ")).collect();
    assert!(verdicts.len() == connections && verdicts.iter().all(|event| event.ends_with(" verified")), "{events:?} {what}");
    assert!(events.iter().any(|event| event.contains("hello") || event.contains("GET ")), "{events:?} {what}");
    let sessions: Vec<_> = events.iter().filter_map(|event| event.strip_prefix("did open ")?.split_once(" -> ok ")).collect();
    assert_eq!(sessions.len(), connections, "{events:?} {what}");
    for (number, (_, session)) in sessions.into_iter().enumerate() {
        assert!(session.starts_with(&format!("TLSv{} TLS_", ask.version)), "{session} {what}");
        let Ask { name, alpn, shown, .. } = ask;
        let end = format!("Some({name:?}) {} {alpn:?}; ok {}", shown.is_some(), number > 0);
        assert!(session.ends_with(&end), "{session}, not {end}: {what}");
    }
}
