//! TLS servers that a plugin connects to, each with all that it can do, in both versions: docs/tls.md has the table.

use crate::{guests, pairs};
use serde_json::json;
use sockdock_tests::{Authority, Certificates, Key, Tracer, eventually, repository};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

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
}

const CELLS: [Cell; 9] = [
    Cell::Plain,
    Cell::Certificate,
    Cell::NoCertificate,
    Cell::StrangersCertificate,
    Cell::Resumed,
    Cell::Alpn,
    Cell::OtherAlpn,
    Cell::Sni,
    Cell::UnknownSni,
];

/// What a server is to be.
#[derive(Debug)]
struct Spec<'a> {
    version: &'static str,
    /// It wants certificates that this authority vouches for.
    clients: Option<&'a Path>,
    alpn: Option<&'static str>,
    server: &'a Certificates,
    /// For `other.test`.
    other: &'a Certificates,
    folder: &'a Path,
}

/// A server that runs; killed when it is dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A row of the table.
struct Row {
    start: fn(&Spec<'_>) -> Server,
    /// What the plugin says, in the tracer's commands.
    says: &'static str,
    /// Of what it hears.
    hears: &'static str,
    /// What it hears of a server that refuses a client after the handshake, and says so.
    refusal: Option<&'static str>,
}

/// This server in all cells.
fn row(row: &Row) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::make(folder.path(), "ca");
    let server = authority.issue("server", &["localhost"], 1, Key::Ecdsa);
    // The same kind of key: in TLS 1.3 Node shows its first certificate where the name's has another kind, to whichever client.
    let other = authority.issue("other", &["other.test"], 2, Key::Ecdsa);
    let friend = authority.issue("friend", &["friend.test"], 3, Key::Ecdsa);
    let stranger = Authority::make(folder.path(), "strangers").issue("stranger", &["stranger.test"], 3, Key::Ecdsa);
    for version in ["1.2", "1.3"] {
        for cell in CELLS {
            let wants = matches!(cell, Cell::Certificate | Cell::NoCertificate | Cell::StrangersCertificate);
            let spec = Spec {
                version,
                clients: wants.then_some(&*authority.certificate),
                alpn: matches!(cell, Cell::Alpn | Cell::OtherAlpn).then_some("http/1.1"),
                server: &server,
                other: &other,
                folder: folder.path(),
            };
            let server = (row.start)(&spec);
            let tracer = Tracer::start(guests::TRACER, |serve| {
                let serve = serve.args(["--allow-connect", &format!("127.0.0.1:{}", server.port), "--connect-ca"]);
                let pair =
                    |name: &str, pair: &Certificates| format!("{name}={},{}", pair.certificate.display(), pair.key.display());
                let serve = serve.arg(&authority.certificate).args(["--credentials", &pair("friend", &friend)]);
                serve.args(["--credentials", &pair("stranger", &stranger)])
            });
            check(row, cell, version, &tracer, server.port);
        }
    }
}

fn check(row: &Row, cell: Cell, version: &str, tracer: &Tracer, port: u16) {
    let place = format!("{cell:?} by TLS {version}");
    let options = match cell {
        Cell::Certificate => "name=localhost credentials=friend",
        Cell::StrangersCertificate => "name=localhost credentials=stranger",
        Cell::Alpn => "name=localhost alpn=http/1.1",
        Cell::OtherAlpn => "name=localhost alpn=xmpp-client",
        Cell::Sni => "name=other.test",
        Cell::UnknownSni => "name=unknown.test",
        _ => "name=localhost",
    };
    tracer.tell(&format!("on open {}", row.says));
    let connect = || -> u64 { tracer.value(&format!("connect 127.0.0.1:{port} {options}")).parse().unwrap() };
    let ended = |id: u64| {
        tracer
            .wait_where(|event| event.starts_with(&format!("connect-error {id} ")) || event.starts_with(&format!("close {id} ")))
    };
    let heard = |id: u64, words: &str| {
        tracer.wait_where(|event| event.starts_with(&format!("data {id} ")) && event.contains(words));
    };
    let id = connect();
    match cell {
        // It is for the client to see that this isn't whom it asked for.
        Cell::UnknownSni | Cell::OtherAlpn => {
            let end = ended(id);
            assert!(end.starts_with("connect-error ") && end.contains(" tls "), "{place}: {end}");
        }
        Cell::NoCertificate | Cell::StrangersCertificate => match row.refusal {
            Some(words) => heard(id, words),
            // In TLS 1.3 the server looks after the client has finished; nothing of it comes to the plugin.
            None => {
                let end = ended(id);
                assert!(end.contains(" tls ") || end.contains(" reset "), "{place}: {end}");
                let events = tracer.events(id);
                assert!(!events.iter().any(|event| event.starts_with("data ")), "{place}: {events:?}");
                assert!(version == "1.3" || events.len() == 1, "{place}: {events:?}");
            }
        },
        _ => {
            heard(id, row.hears);
            let session = tracer.value(&format!("session {id}"));
            let alpn = if cell == Cell::Alpn { "Some(\"http/1.1\")" } else { "None" };
            let name = if cell == Cell::Sni { "other.test" } else { "localhost" };
            assert!(session.starts_with(&format!("TLSv{version} ")), "{place}: {session}");
            assert!(session.ends_with(&format!("Some(\"{name}\") true {alpn}")), "{place}: {session}");
            assert_eq!(tracer.value(&format!("resumed {id}")), "false", "{place}");
            assert_eq!(tracer.events(id)[0], "handshake verified", "{place}");
            if cell == Cell::Resumed {
                tracer.tell(&format!("end {id}"));
                ended(id);
                let again = connect();
                heard(again, row.hears);
                assert_eq!(tracer.value(&format!("resumed {again}")), "true", "{place}");
            }
        }
    }
}

/// It answers each line with its bytes in reverse.
#[test]
fn openssl() {
    row(&Row { start: s_server, says: "line $ hello", hears: "olleh", refusal: None });
}

fn s_server(spec: &Spec<'_>) -> Server {
    let mut command = Command::new("openssl");
    command.args(["s_server", "-accept", "127.0.0.1:0", "-rev", if spec.version == "1.2" { "-tls1_2" } else { "-tls1_3" }]);
    command.arg("-cert").arg(&spec.server.certificate).arg("-key").arg(&spec.server.key);
    command.args(["-servername", "other.test", "-cert2"]).arg(&spec.other.certificate).arg("-key2").arg(&spec.other.key);
    command.args(spec.alpn.iter().flat_map(|alpn| ["-alpn", alpn]));
    if let Some(authority) = spec.clients {
        command.args(["-Verify", "1", "-verify_return_error", "-CAfile"]).arg(authority);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("start openssl");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.find(|line| line.starts_with("ACCEPT ")).expect("openssl says where it listens");
    let port = said.rsplit(':').next().unwrap().parse().unwrap();
    // It says more about each client, to somebody who reads it.
    std::thread::spawn(move || lines.for_each(drop));
    Server { child, port }
}

#[test]
fn node() {
    row(&Row { start: node_server, says: "line $ hello", hears: " hello", refusal: None });
}

fn node_server(spec: &Spec<'_>) -> Server {
    let asked = json!({
        "cert": spec.server.certificate, "key": spec.server.key,
        "other_cert": spec.other.certificate, "other_key": spec.other.key,
        "version": format!("TLSv{}", spec.version), "alpn": spec.alpn, "clients": spec.clients,
    });
    let script = repository().join("tests/tests/interop/server.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(asked.to_string()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("start node");
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    Server { child, port: said.trim().parse().expect("node says where it listens") }
}

/// It lets clients finish the handshake, and tells those without a good certificate by HTTP.
#[test]
fn nginx() {
    row(&Row {
        start: nginx_server,
        says: "line $ GET / HTTP/1.1; line $ Host: localhost; line $ ; written $",
        hears: " HTTP/1.1 200 OK",
        refusal: Some(" HTTP/1.1 400 Bad Request"),
    });
}

fn nginx_server(spec: &Spec<'_>) -> Server {
    let folder = TempDir::new_in(spec.folder).unwrap().keep();
    let port = pairs::free().port();
    let clients = spec
        .clients
        .map_or(String::new(), |authority| format!("ssl_verify_client on; ssl_client_certificate {};", authority.display()));
    let site = |name: &str, default: &str, pair: &Certificates| {
        format!(
            "server {{ listen 127.0.0.1:{port} ssl {default}; server_name {name}; ssl_certificate {}; ssl_certificate_key {}; {clients}
                location / {{ return 200; }} }}",
            pair.certificate.display(),
            pair.key.display()
        )
    };
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {kind};")).join(" ");
    let config = format!(
        "daemon off; master_process off; pid nginx.pid; error_log error.log; events {{ }}
        http {{ access_log off; {paths} ssl_protocols TLSv{}; ssl_session_cache shared:all:1m;
            {} {} }}",
        spec.version,
        site("localhost", "default_server", spec.server),
        site("other.test", "", spec.other)
    );
    fs::write(folder.join("nginx.conf"), config).unwrap();
    let mut command = Command::new(repository().join("target/interop/nginx/nginx"));
    command.arg("-p").arg(&folder).args(["-e", "error.log", "-c", "nginx.conf"]).stdin(Stdio::null());
    let child = command.spawn().expect("start nginx (scripts/setup-nginx unpacks it)");
    let server = Server { child, port };
    eventually("nginx to listen", || TcpStream::connect(("127.0.0.1", port)).ok());
    server
}
