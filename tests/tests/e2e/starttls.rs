//! TLS that a plugin begins on a plain connection, as server and as client.

use crate::guests;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConnection, ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs, pki_types::pem::PemObject as _};
use sockdock_tests::{Certificates, DEADLINE, Serve, Tracer};
use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
};

fn tracer(certificates: &Certificates, options: impl FnOnce(Serve) -> Serve) -> Tracer {
    let pair = format!("main={},{}", certificates.certificate.display(), certificates.key.display());
    Tracer::start(guests::TRACER, |serve| options(serve.args(["--credentials", &pair])))
}

fn connect(tracer: &Tracer) -> (TcpStream, u64) {
    let peer = TcpStream::connect(tracer.tcp_address()).unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    let from = peer.local_addr().unwrap();
    let open = tracer.wait_where(|event| event.ends_with(&format!("from {from}")));
    (peer, open.split(' ').nth(1).unwrap().parse().unwrap())
}

#[track_caller]
fn expect(peer: &mut impl Read, bytes: &str) {
    let mut got = vec![0; bytes.len()];
    peer.read_exact(&mut got).unwrap();
    assert_eq!(String::from_utf8_lossy(&got), bytes);
}

fn secured(peer: TcpStream, certificates: &Certificates) -> StreamOwned<ClientConnection, TcpStream> {
    let connection = ClientConnection::new(certificates.client(), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(connection, peer)
}

#[test]
fn as_a_server_within_the_event_that_asks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "main");
    let tracer = tracer(&certificates, |serve| serve);
    // What is written before it goes in the clear, what is written after it doesn't.
    tracer.tell("on data write $ go ahead; upgrade-server $ main; write $ and secret; upgrade-server $ main");
    let (mut peer, id) = connect(&tracer);
    peer.write_all(b"STARTTLS").unwrap();
    expect(&mut peer, "go ahead");
    assert!(tracer.wait("did data").ends_with("ok 8; ok; ok 10; err in-progress"), "the second time");
    tracer.tell("off data");
    assert_eq!(tracer.ask(&format!("session {id}; no-delay {id} on; listener {id}")), "ok -; err in-progress; ok tracer");
    let mut peer = secured(peer, &certificates);
    expect(&mut peer, "and secret");
    peer.write_all(b"by TLS").unwrap();
    tracer.wait_where(|event| event == format!("data {id} 6 by TLS"));
    assert!(tracer.value(&format!("session {id}")).starts_with("TLSv1.3 TLS_"));
    assert_eq!(tracer.ask(&format!("upgrade-server {id} main")), "err invalid-argument", "TLS in TLS");
    tracer.reload(guests::TRACER);
    tracer.tell(&format!("write {id} still"));
    expect(&mut peer, "still");
    peer.conn.send_close_notify();
    peer.flush().unwrap();
    peer.sock.shutdown(std::net::Shutdown::Write).unwrap();
    let events: Vec<_> = tracer.closed(id).into_iter().map(|event| event.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(events, ["open", "data", "handshake", "data", "end", "close"]);
}

#[test]
fn a_handshake_that_a_reload_meets() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "main");
    let tracer = tracer(&certificates, |serve| serve);
    let (peer, id) = connect(&tracer);
    tracer.tell(&format!("upgrade-server {id} main; write {id} waits"));
    tracer.reload(guests::TRACER);
    let mut peer = secured(peer, &certificates);
    expect(&mut peer, "waits");
    tracer.wait(&format!("handshake {id}"));
}

#[test]
fn what_is_refused_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "main");
    let tracer = tracer(&certificates, |serve| serve);
    let (mut peer, id) = connect(&tracer);
    for (command, answer) in [
        (format!("upgrade-server {id} other"), "err invalid-argument"),
        (format!("upgrade-client {id}"), "err invalid-argument"),
        (format!("upgrade-client {id} a..b"), "err invalid-argument"),
        (format!("upgrade-client {id} localhost other"), "err invalid-argument"),
        ("upgrade-server 12345 main".to_owned(), "err closed"),
    ] {
        assert_eq!(tracer.ask(&command), answer, "{command}");
    }
    tracer.tell(&format!("write {id} plain"));
    expect(&mut peer, "plain");
    assert_eq!(tracer.ask(&format!("shutdown {id}; upgrade-server {id} main")), "ok; err closed");
}

#[test]
fn a_handshake_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "main");
    let tracer = tracer(&certificates, |serve| serve.args(["--handshake-timeout", "1s"]));
    let (mut peer, id) = connect(&tracer);
    tracer.tell(&format!("upgrade-server {id} main; write {id} SECRET"));
    peer.write_all(b"no TLS at all, but long enough to be read as a record").unwrap();
    let mut heard = Vec::new();
    drop(peer.read_to_end(&mut heard));
    assert!(!heard.windows(6).any(|window| window == b"SECRET"));
    let events = tracer.closed(id);
    assert!(events[1].starts_with("error tls TLS handshake"), "{events:?}");
    assert_eq!(events[2], "close tls unsent=6");
    // One that never comes.
    let (_peer, silent) = connect(&tracer);
    tracer.tell(&format!("upgrade-server {silent} main"));
    assert!(tracer.closed(silent)[1].starts_with("error tls "));
    // One that is given up, and one that ends in good order first.
    let (mut peer, gone) = connect(&tracer);
    tracer.tell(&format!("upgrade-server {gone} main; terminate {gone}"));
    assert_eq!(tracer.closed(gone)[1..], ["close none unsent=0"]);
    assert_eq!(peer.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    // Within the handshake, too, as server and as client.
    for (upgrade, said) in [("upgrade-server # main", &b"\x16\x03\x01\x02\x00\x01"[..]), ("upgrade-client # localhost", b"")] {
        let (mut peer, id) = connect(&tracer);
        tracer.tell(&upgrade.replace('#', &id.to_string()));
        peer.write_all(said).unwrap();
        if said.is_empty() {
            // Its ClientHello shows that it has begun.
            assert!(peer.read(&mut [0; 4096]).unwrap() > 100);
        }
        tracer.tell(&format!("terminate {id}"));
        assert_eq!(tracer.closed(id).last().unwrap(), "close none unsent=0");
        assert_eq!(peer.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset, "{upgrade}");
    }
    tracer.wait_count("connections", 1);
    assert_eq!(tracer.count("traps"), 0);
}

/// A server's side with this certificate, asking for the client's.
fn asking_for_a_certificate(certificates: &Certificates) -> Arc<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    let chain: Vec<_> = CertificateDer::pem_file_iter(&certificates.certificate).unwrap().map(Result::unwrap).collect();
    roots.add(chain[0].clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&certificates.key).unwrap())
        .unwrap();
    Arc::new(config)
}

#[test]
fn as_a_client_that_shows_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "main");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tracer = tracer(&certificates, |serve| {
        let serve = serve.args(["--allow-connect", &format!("localhost:{port}"), "--connect-ca"]);
        serve.arg(&certificates.certificate)
    });
    let id: u64 = tracer.value(&format!("connect localhost:{port}")).parse().unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    tracer.tell(&format!("write {id} STARTTLS"));
    expect(&mut peer, "STARTTLS");
    peer.write_all(b"go").unwrap();
    tracer.wait(&format!("data {id}"));
    // The name is the one that was connected to.
    tracer.tell(&format!("upgrade-client {id}  main; write {id} hello"));
    let connection = ServerConnection::new(asking_for_a_certificate(&certificates)).unwrap();
    let mut peer = StreamOwned::new(connection, peer);
    expect(&mut peer, "hello");
    assert!(peer.conn.peer_certificates().is_some_and(|chain| !chain.is_empty()));
    tracer.wait(&format!("handshake {id}"));
    assert!(tracer.value(&format!("session {id}")).contains("Some(\"localhost\") true"));
    peer.write_all(b"and back").unwrap();
    tracer.wait_where(|event| event == format!("data {id} 8 and back"));
}

/// Without a word about whom to trust: what the system trusts is read when it is needed.
#[test]
fn as_a_client_that_trusts_the_system() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "main");
    let system = format!("SSL_CERT_FILE={}", certificates.certificate.display());
    let tracer = Tracer::start(guests::TRACER, |serve| serve.launched_by(["env", &system]));
    let (peer, id) = connect(&tracer);
    tracer.tell(&format!("upgrade-client {id} localhost; write {id} hello"));
    let chain: Vec<_> = CertificateDer::pem_file_iter(&certificates.certificate).unwrap().map(Result::unwrap).collect();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(&certificates.key).unwrap())
        .unwrap();
    let mut peer = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), peer);
    expect(&mut peer, "hello");
    tracer.wait(&format!("handshake {id}"));
}

#[test]
fn as_a_client_of_a_server_with_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "main");
    let tracer = tracer(&certificates, |serve| serve.arg("--connect-ca").arg(&certificates.certificate));
    // The roles are independent of who connected.
    let (peer, id) = connect(&tracer);
    tracer.tell(&format!("upgrade-client {id} other.example; write {id} SECRET"));
    let mut peer = StreamOwned::new(ServerConnection::new(asking_for_a_certificate(&certificates)).unwrap(), peer);
    assert!(peer.read(&mut [0; 6]).is_err(), "something came through");
    let events = tracer.closed(id);
    assert!(events[1].starts_with("error tls ") && events[1].contains("other.example"), "{events:?}");
    assert_eq!(events[2], "close tls unsent=6");
}

#[test]
fn bad_credentials_are_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "main");
    let good = format!("main={},{}", certificates.certificate.display(), certificates.key.display());
    for (flags, words) in [
        (vec!["main"], "NAME=CERT,KEY"),
        (vec!["main=/nowhere/c.pem,/nowhere/k.pem"], "/nowhere/c.pem"),
        (vec![&*good, &*good], "given twice"),
    ] {
        let flags = flags.iter().flat_map(|value| ["--credentials", value]);
        let output = Serve::guest(guests::TRACER).tcp().args(flags).run();
        assert!(!output.status.success() && output.stderr.contains(words), "{output:?}");
    }
}
