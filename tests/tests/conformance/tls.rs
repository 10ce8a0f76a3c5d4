//! TLS: what is known of a session, as server and as client, and begun on a plain connection.

use crate::plugins::Plugin;
use crate::world::{Upstream, tracer_with};
use rustls::{
    ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use sockdock_tests::{Authority, Certificates, Client, DEADLINE, Key, Secure, Tracer, trusting};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
};

stories!(
    a_session_as_the_server,
    a_plain_connection_has_none,
    a_clients_certificate,
    as_a_client_with_each_option,
    as_a_client_that_shows_a_certificate,
    a_server_that_nobody_vouches_for,
    a_server_that_need_not_be_good,
    upgraded_as_the_server,
    upgraded_as_the_client,
    upgrades_that_are_refused,
    an_upgrade_that_fails,
);

fn a_session_as_the_server(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.tls().args(["--tls-alpn", "sock/1"]));
    let mut config = trusting(&tracer.certificates().certificate);
    config.alpn_protocols = vec![b"other".to_vec(), b"sock/1".to_vec()];
    let subject = tracer.subject(Client::tls(tracer.tls_address(), Arc::new(config)));
    let session = tracer.value(&format!("session {}", subject.id));
    let words: Vec<_> = session.split(' ').collect();
    assert!(words[0] == "TLSv1.3" && words[1].starts_with("TLS_"), "{session}");
    assert_eq!(words[2..], ["localhost", "sock/1", "false", "false"], "{session}");
    assert_eq!(tracer.value(&format!("certificates {}", subject.id)), "0");
    // Without a protocol, and with no name: an address is none.
    let tracer = tracer_with(plugin, sockdock_tests::Serve::tls);
    let stream = TcpStream::connect(tracer.tls_address()).unwrap();
    let by_address = Secure::handshake_with("127.0.0.1", stream, tracer.certificates().client()).unwrap();
    let subject = tracer.subject(Client::Tls(Box::new(by_address)));
    let session = tracer.value(&format!("session {}", subject.id));
    assert!(session.ends_with(" - - false false"), "{session}");
}

fn a_plain_connection_has_none(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve);
    let subject = tracer.connect();
    let id = subject.id;
    assert_eq!(tracer.ask(&format!("session {id}; certificates {id}")), "ok -; ok 0");
    assert_eq!(tracer.ask(&format!("session {0}; certificates {0}", u64::MAX)), "err closed; err closed");
}

fn a_clients_certificate(plugin: &Plugin) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::make(folder.path(), "clients");
    let friend = authority.issue("friend", &["friend.test"], 7, Key::Ecdsa);
    let tracer = tracer_with(plugin, |serve| {
        serve.tls().args(["--tls-client-auth", "required", "--tls-client-ca"]).arg(&authority.certificate)
    });
    let config = friend.shown_to(&tracer.certificates().certificate);
    let subject = tracer.subject(Client::tls(tracer.tls_address(), Arc::new(config)));
    assert!(tracer.value(&format!("session {}", subject.id)).ends_with(" localhost - false true"), "verified");
    assert_eq!(tracer.value(&format!("certificates {}", subject.id)), "1");
}

/// A certificate for `localhost`, which the host trusts and has the credentials `main` of.
struct World {
    certificates: Certificates,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { certificates: Certificates::write(folder.path(), "main"), _folder: folder }
    }

    fn tracer(&self, plugin: &Plugin, upstream: Option<&Upstream>) -> Tracer {
        let made = &self.certificates;
        tracer_with(plugin, |serve| {
            let serve = serve.args(["--credentials", &format!("main={},{}", made.certificate.display(), made.key.display())]);
            let serve = serve.arg("--connect-ca").arg(&made.certificate);
            upstream.into_iter().fold(serve, |serve, upstream| {
                let port = upstream.listener.local_addr().unwrap().port();
                serve.args(["--allow-connect", &format!("localhost:{port}"), "--allow-connect", &upstream.address])
            })
        })
    }

    /// The server's side of TLS; whether it wants the client's certificate.
    fn server(&self, peer: TcpStream, asks: bool) -> StreamOwned<ServerConnection, TcpStream> {
        let made = &self.certificates;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain: Vec<_> = CertificateDer::pem_file_iter(&made.certificate).unwrap().map(Result::unwrap).collect();
        let mut roots = RootCertStore::empty();
        roots.add(chain[0].clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = if asks { builder.with_client_cert_verifier(verifier) } else { builder.with_no_client_auth() };
        let mut config = builder.with_single_cert(chain, PrivateKeyDer::from_pem_file(&made.key).unwrap()).unwrap();
        config.alpn_protocols = vec![b"sock/2".to_vec()];
        peer.set_read_timeout(Some(DEADLINE)).unwrap();
        StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), peer)
    }
}

#[track_caller]
fn receive(peer: &mut impl std::io::Read, text: &str) {
    let mut got = vec![0; text.len()];
    peer.read_exact(&mut got).unwrap();
    assert_eq!(String::from_utf8_lossy(&got), text);
}

fn as_a_client_with_each_option(plugin: &Plugin) {
    let (world, upstream) = (World::new(), Upstream::new());
    let port = upstream.listener.local_addr().unwrap().port();
    let tracer = world.tracer(plugin, Some(&upstream));
    for (target, name, protocol) in [
        (format!("localhost:{port} tls"), "localhost", "-"),
        (format!("127.0.0.1:{port} name=localhost"), "localhost", "-"),
        (format!("localhost:{port} alpn=sock/1 alpn=sock/2 timeout=9000 context=c"), "localhost", "sock/2"),
    ] {
        let id: u64 = tracer.value(&format!("connect {target}")).parse().unwrap();
        tracer.tell("write @ hello");
        let mut peer = world.server(upstream.accept(), false);
        receive(&mut peer, "hello");
        assert_eq!(peer.conn.server_name(), Some("localhost"), "{target}");
        tracer.wait(&format!("open {id}"));
        assert_eq!(tracer.events(id), ["handshake verified", &format!("open from 127.0.0.1:{port}")], "{target}");
        let session = tracer.value(&format!("session {id}"));
        assert!(session.starts_with("TLSv1.3 TLS_"), "{session}");
        assert_eq!(session.splitn(3, ' ').nth(2).unwrap().split(' ').take(2).collect::<Vec<_>>(), [name, protocol], "{session}");
        assert!(session.ends_with(" true"), "verified: {session}");
        assert_eq!(tracer.value(&format!("certificates {id}")), "1");
        peer.write_all(b"and back").unwrap();
        tracer.wait(&format!("data {id} 8 and back"));
        tracer.tell(&format!("terminate {id}"));
        tracer.closed(id);
    }
    for target in ["alpn=", "name=a..b", "credentials=other"] {
        assert_eq!(tracer.ask(&format!("connect localhost:{port} {target}")), "err invalid-argument", "{target}");
    }
}

fn as_a_client_that_shows_a_certificate(plugin: &Plugin) {
    let (world, upstream) = (World::new(), Upstream::new());
    let port = upstream.listener.local_addr().unwrap().port();
    let tracer = world.tracer(plugin, Some(&upstream));
    tracer.tell(&format!("connect localhost:{port} credentials=main; write @ hello"));
    let mut peer = world.server(upstream.accept(), true);
    receive(&mut peer, "hello");
    assert!(peer.conn.peer_certificates().is_some_and(|chain| !chain.is_empty()));
}

fn a_server_that_nobody_vouches_for(plugin: &Plugin) {
    let (world, other, upstream) = (World::new(), World::new(), Upstream::new());
    let port = upstream.listener.local_addr().unwrap().port();
    let tracer = other.tracer(plugin, Some(&upstream));
    let id: u64 = tracer.value(&format!("connect localhost:{port} tls")).parse().unwrap();
    let mut peer = world.server(upstream.accept(), false);
    assert!(peer.read(&mut [0]).is_err());
    tracer.wait(&format!("connect-error {id}"));
    let events = tracer.events(id);
    assert!(events.len() == 1 && events[0].starts_with("connect-error tls ") && events[0].contains("certificate"), "{events:?}");
}

fn a_server_that_need_not_be_good(plugin: &Plugin) {
    let (world, upstream) = (World::new(), Upstream::new());
    let port = upstream.listener.local_addr().unwrap().port();
    let rules = ["--connect-insecure", "--allow-connect", &format!("localhost:{port}")];
    let tracer = tracer_with(plugin, |serve| serve.args(rules));
    let id: u64 = tracer.value(&format!("connect localhost:{port} tls")).parse().unwrap();
    tracer.tell("write @ hello");
    receive(&mut world.server(upstream.accept(), false), "hello");
    tracer.wait(&format!("open {id}"));
    let told = tracer.events(id).remove(0);
    assert!(told.starts_with("handshake unverified: ") && told.contains("UnknownIssuer"), "{told}");
}

/// A subject whose stream is still in the test's hands.
#[track_caller]
fn connect(tracer: &Tracer) -> (TcpStream, u64) {
    let peer = TcpStream::connect(tracer.tcp_address()).unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    let from = peer.local_addr().unwrap();
    let open = tracer.wait_where(|event| event.ends_with(&format!("from {from}")));
    (peer, open.split(' ').nth(1).unwrap().parse().unwrap())
}

fn upgraded_as_the_server(plugin: &Plugin) {
    let world = World::new();
    let tracer = world.tracer(plugin, None);
    // What is written before it goes in the clear, what is written after it doesn't.
    tracer.tell("on data write $ go ahead; upgrade-server $ main; write $ and secret; upgrade-server $ main; session $");
    let (mut peer, id) = connect(&tracer);
    peer.write_all(b"STARTTLS").unwrap();
    receive(&mut peer, "go ahead");
    assert!(tracer.wait("did data").ends_with(" -> ok 8; ok; ok 10; err in-progress; ok -"), "{:?}", tracer.trace());
    tracer.tell("off data");
    let config = world.certificates.client();
    let mut peer = StreamOwned::new(ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap(), peer);
    receive(&mut peer, "and secret");
    peer.write_all(b"by TLS").unwrap();
    tracer.wait(&format!("data {id} 6 by TLS"));
    assert!(tracer.value(&format!("session {id}")).ends_with(" localhost - false false"));
    let names: Vec<_> = tracer.events(id).iter().map(|event| event.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["open", "data", "handshake", "data"]);
}

fn upgraded_as_the_client(plugin: &Plugin) {
    let world = World::new();
    let tracer = world.tracer(plugin, None);
    // The roles are independent of who connected.
    let (peer, id) = connect(&tracer);
    tracer.tell(&format!("upgrade-client {id} localhost main; write {id} hello"));
    let mut peer = world.server(peer, true);
    receive(&mut peer, "hello");
    tracer.wait(&format!("handshake {id} verified"));
    assert!(tracer.value(&format!("session {id}")).ends_with(" true"));
    // Without credentials, and by the name that was connected to.
    let upstream = Upstream::new();
    let port = upstream.listener.local_addr().unwrap().port();
    let tracer = world.tracer(plugin, Some(&upstream));
    let id = tracer.value(&format!("connect localhost:{port}"));
    let peer = upstream.accept();
    tracer.wait(&format!("open {id}"));
    tracer.tell(&format!("upgrade-client {id} - -; write {id} hello"));
    let mut peer = world.server(peer, false);
    receive(&mut peer, "hello");
    assert_eq!(peer.conn.server_name(), Some("localhost"));
}

fn upgrades_that_are_refused(plugin: &Plugin) {
    let world = World::new();
    let tracer = world.tracer(plugin, None);
    let (mut peer, id) = connect(&tracer);
    for (command, answer) in [
        (format!("upgrade-server {id} other"), "err invalid-argument"),
        (format!("upgrade-client {id} - -"), "err invalid-argument"),
        (format!("upgrade-client {id} a..b -"), "err invalid-argument"),
        (format!("upgrade-client {id} localhost other"), "err invalid-argument"),
        (format!("upgrade-server {} main", u64::MAX), "err closed"),
        (format!("upgrade-client {} localhost -", u64::MAX), "err closed"),
    ] {
        assert_eq!(tracer.ask(&command), answer, "{command}");
    }
    tracer.tell(&format!("write {id} plain"));
    receive(&mut peer, "plain");
}

fn an_upgrade_that_fails(plugin: &Plugin) {
    let world = World::new();
    let tracer = world.tracer(plugin, None);
    let (mut peer, id) = connect(&tracer);
    tracer.tell(&format!("upgrade-server {id} main; write {id} SECRET"));
    peer.write_all(b"no TLS at all, but long enough to be read as a record").unwrap();
    let mut heard = Vec::new();
    drop(peer.read_to_end(&mut heard));
    assert!(!heard.windows(6).any(|window| window == b"SECRET"));
    let events = tracer.closed(id);
    assert!(events[1].starts_with("error tls TLS handshake"), "{events:?}");
    assert_eq!(events[2..], ["close tls unsent=6"]);
}
