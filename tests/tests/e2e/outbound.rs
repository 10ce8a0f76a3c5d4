//! Connections that a plugin makes: whom it may connect to, `open` or `connect-error`, and what survives.

use crate::guests;
use serde_json::json;
use sockdock_tests::{DEADLINE, Serve, Tracer};
use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixListener,
};

/// Somebody to connect to.
struct Upstream {
    listener: TcpListener,
    address: String,
}

impl Upstream {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Self { listener, address }
    }

    fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    #[track_caller]
    fn accept(&self) -> TcpStream {
        let (stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }
}

#[track_caller]
fn receive(stream: &mut TcpStream, length: usize) -> String {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn tracer(rules: &[&str], options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::start(guests::TRACER, |serve| {
        let serve = rules.iter().fold(serve, |serve, rule| serve.args(["--allow-connect", rule]));
        options(serve)
    })
}

/// One that may connect to `upstream`.
fn tracer_for(upstream: &Upstream) -> Tracer {
    tracer(&[&upstream.address], |serve| serve)
}

#[test]
fn it_opens_and_is_a_connection_as_any_other() {
    let upstream = Upstream::new();
    let tracer = tracer_for(&upstream);
    let id: u64 = tracer.value(&format!("connect {} context=mine", upstream.address)).parse().unwrap();
    let mut peer = upstream.accept();
    assert_eq!(tracer.wait(&format!("open {id}")), format!("open {id} from {}", upstream.address));
    assert_eq!(tracer.value(&format!("local {id}")), peer.peer_addr().unwrap().to_string());
    assert_eq!(tracer.ask(&format!("listener {id}; context {id}; no-delay {id} on")), "ok -; ok mine; ok");
    peer.write_all(b"hello").unwrap();
    tracer.wait(&format!("data {id}"));
    tracer.tell(&format!("write {id} world"));
    assert_eq!(receive(&mut peer, 5), "world");
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    assert_eq!(tracer.closed(id)[1..], ["data 5 hello", "end", "close none unsent=0"]);
    assert_eq!(tracer.ask(&format!("queued {id}")), "err closed");
}

#[test]
fn a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("up.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let address = format!("unix:{}", path.display());
    let tracer = tracer(&[&address], |serve| serve);
    tracer.tell(&format!("connect {address}; write @ early"));
    let (mut peer, _) = listener.accept().unwrap();
    let mut bytes = [0; 5];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"early");
    assert_eq!(tracer.ask(&format!("connect unix:{}/other.sock", folder.path().display())), "err not-allowed");
}

#[test]
fn what_is_written_before_it_stands_is_sent() {
    let upstream = Upstream::new();
    let tracer = tracer_for(&upstream);
    tracer.tell(&format!("connect {}; write @ first; write @ second", upstream.address));
    let mut peer = upstream.accept();
    assert_eq!(receive(&mut peer, 11), "firstsecond");
    // Ended at once, it still sends what it took; `close` is all that is heard.
    let id: u64 = tracer.value(&format!("connect {}", upstream.address)).parse().unwrap();
    let mut peer = upstream.accept();
    tracer.wait(&format!("open {id}"));
    drop(peer.write_all(b"x"));
    let answers = tracer.ask(&format!("connect {}; write @ last; end @; write @ no; end @", upstream.address));
    let mut words = answers.split("; ");
    let id: u64 = words.next().unwrap().strip_prefix("ok ").unwrap().parse().unwrap();
    assert_eq!(words.collect::<Vec<_>>(), ["ok 4", "ok", "err closed", "err closed"]);
    let mut peer = upstream.accept();
    let mut all = String::new();
    peer.read_to_string(&mut all).unwrap();
    assert_eq!(all, "last");
    drop(peer);
    assert_eq!(tracer.closed(id), ["close none unsent=0"]);
}

#[test]
fn nobody_there() {
    let gone = Upstream::new();
    let tracer = tracer(&[&gone.address, "unix:/nowhere/at.all"], |serve| serve);
    let address = gone.address.clone();
    drop(gone);
    for (to, code) in [(address.as_str(), "refused"), ("unix:/nowhere/at.all", "unreachable")] {
        let id: u64 = tracer.value(&format!("connect {to}")).parse().unwrap();
        tracer.wait(&format!("connect-error {id}"));
        let events = tracer.events(id);
        assert!(events.len() == 1 && events[0].starts_with(&format!("connect-error {code} ")), "{events:?}");
        assert_eq!(tracer.ask(&format!("write {id} x")), "err closed");
    }
    tracer.wait_count("connections", 1);
}

#[test]
fn nobody_answers() {
    // A full backlog: the kernel drops further attempts.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let fill = TcpStream::connect(address).unwrap();
    let tracer = tracer(&[&address.to_string()], |serve| serve.args(["--connect-timeout", "300ms"]));
    let id: u64 = tracer.value(&format!("connect {address}")).parse().unwrap();
    let given_up: u64 = tracer.value(&format!("connect {address}")).parse().unwrap();
    assert_eq!(tracer.value("live").split(' ').count(), 3, "connecting ones are live");
    assert_eq!(tracer.ask(&format!("remote {id}; no-delay {id} on; queued {id}")), "err in-progress; err in-progress; ok 0");
    tracer.tell(&format!("terminate {given_up}"));
    assert!(tracer.wait(&format!("connect-error {given_up}")).contains(" closed "));
    assert!(tracer.wait(&format!("connect-error {id}")).contains(" timed-out "));
    assert_eq!(tracer.ask(&format!("connect {address} timeout=0")), "err invalid-argument");
    drop(fill);
}

#[test]
fn nothing_is_allowed_that_the_operator_has_not_allowed() {
    let upstream = Upstream::new();
    let port = upstream.port();
    let alone = tracer(&[], |serve| serve);
    assert_eq!(alone.ask(&format!("connect {}", upstream.address)), "err not-allowed");
    // Names with a rule reach public addresses only, however the resolver spells this machine.
    let named = tracer(&[&format!("127.1:{port}"), &format!("*:{port}")], |serve| serve);
    for (to, answer) in [
        (format!("127.0.0.1:{port}"), "err not-allowed"),
        (format!("[::1]:{port}"), "err not-allowed"),
        (format!("[::ffff:127.0.0.1]:{port}"), "err not-allowed"),
        ("example.com:1".to_owned(), "err not-allowed"),
        ("example.com".to_owned(), "err invalid-argument"),
        ("example.com:0".to_owned(), "err invalid-argument"),
        ("ex!ample.com:1".to_owned(), "err invalid-argument"),
        ("unix:".to_owned(), "err invalid-argument"),
    ] {
        assert_eq!(named.ask(&format!("connect {to}")), answer, "{to}");
    }
    for name in ["127.1", "0x7f.1", "2130706433", "localhost"] {
        let id: u64 = named.value(&format!("connect {name}:{port}")).parse().unwrap();
        let why = named.wait(&format!("connect-error {id}"));
        assert!(why.contains(" not-allowed ") && why.contains("allow-connect"), "{why}");
    }
    upstream.listener.set_nonblocking(true).unwrap();
    assert_eq!(upstream.listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "somebody got through");
}

#[test]
fn a_name_and_an_address_rule_together_reach_the_inside() {
    let upstream = Upstream::new();
    let port = upstream.port();
    let tracer = tracer(&[&format!("127.1:{port}"), "127.0.0.0/8:*", &format!("localhost:{port}")], |serve| serve);
    for name in ["127.1", "LOCALHOST."] {
        let id = tracer.value(&format!("connect {name}:{port}"));
        tracer.wait(&format!("open {id}"));
        upstream.accept();
    }
}

#[test]
fn a_name_without_an_address() {
    let tracer = tracer(&["*.invalid:80"], |serve| serve);
    let id: u64 = tracer.value("connect no.such.name.invalid:80").parse().unwrap();
    assert!(tracer.wait(&format!("connect-error {id}")).contains(" name-resolution "));
}

#[test]
fn limits_hold() {
    let upstream = Upstream::new();
    let tracer = tracer(&[&upstream.address], |serve| serve.args(["--max-connections", "2", "--context-limit", "1KiB"]));
    let to = &upstream.address;
    assert_eq!(tracer.ask(&format!("connect {to} big-context=1025")), "err limit-exceeded");
    // The control connection is the first of two.
    let id: u64 = tracer.value(&format!("connect {to} big-context=1024")).parse().unwrap();
    assert_eq!(tracer.ask(&format!("connect {to}")), "err limit-exceeded");
    let peer = upstream.accept();
    tracer.wait(&format!("open {id}"));
    drop(peer);
    tracer.closed(id);
    tracer.wait_count("connections", 1);
    tracer.tell(&format!("connect {to}"));
}

#[test]
fn it_survives_a_reload_and_so_does_one_that_is_still_connecting() {
    let upstream = Upstream::new();
    let tracer = tracer_for(&upstream);
    let id: u64 = tracer.value(&format!("connect {} context=kept", upstream.address)).parse().unwrap();
    let mut peer = upstream.accept();
    tracer.wait(&format!("open {id}"));
    peer.write_all(b"before").unwrap();
    tracer.wait(&format!("data {id}"));
    let answer = tracer.ask(&format!("connect {}; write @ waits", upstream.address));
    tracer.reload(guests::TRACER);
    peer.write_all(b"after").unwrap();
    tracer.wait_where(|event| event == format!("data {id} 5 after"));
    assert_eq!(tracer.value(&format!("context {id}")), "kept");
    let late = answer.split("; ").next().unwrap().strip_prefix("ok ").unwrap().to_owned();
    assert_eq!(receive(&mut upstream.accept(), 5), "waits");
    tracer.wait(&format!("open {late}"));
}

#[test]
fn a_trap_undoes_what_its_call_asked_for_and_leaves_the_others() {
    let upstream = Upstream::new();
    let tracer = tracer_for(&upstream);
    let id: u64 = tracer.value(&format!("connect {} context=kept", upstream.address)).parse().unwrap();
    let mut peer = upstream.accept();
    tracer.wait(&format!("open {id}"));
    tracer.push(&format!("connect {}; trap", upstream.address));
    tracer.wait_count("traps", 1);
    tracer.reconnect();
    assert!(tracer.value("live").split(' ').any(|live| live == id.to_string()));
    peer.write_all(b"still here").unwrap();
    tracer.wait(&format!("data {id}"));
    upstream.listener.set_nonblocking(true).unwrap();
    assert_eq!(upstream.listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "the trapped call's connection was made");
}

#[test]
fn a_candidate_may_not_connect() {
    let upstream = Upstream::new();
    let to = upstream.address.clone();
    let tracer = tracer(&[&upstream.address], |serve| serve.set("start", format!("connect {to}")));
    assert!(tracer.wait("did start").ends_with("err not-allowed"));
}

#[test]
fn a_forced_stop_ends_attempts() {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let fill = TcpStream::connect(address).unwrap();
    let tracer = tracer(&[&address.to_string()], |serve| serve.args(["--connect-timeout", "10m"]));
    tracer.tell(&format!("connect {address}"));
    let (status, answer) = tracer.request("POST", "/stop", Some(&json!({ "force": true })));
    assert_eq!(status, 200, "{answer}");
    drop(fill);
}

#[test]
fn bad_rules_are_refused_at_the_start() {
    let output = Serve::guest(guests::TRACER).tcp().args(["--allow-connect", "example.com"]).run();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stderr.contains("port is missing"), "{}", output.stderr);
}
