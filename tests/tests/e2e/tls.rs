//! TLS: handshakes that fail, that dawdle, that choose a certificate.

use crate::guests;
use sockdock_tests::{Address, Certificates, Client, Secure, Serve, Tracer, trusting};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
};

fn tracer(options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::start(guests::TRACER, |serve| options(serve.tls()))
}

/// Reads until the host closes, however it does.
fn until_closed(client: &mut Client) {
    client.read_to_end(&mut Vec::new()).ok();
}

#[test]
fn failed_handshakes_are_counted_and_never_reach_the_plugin() {
    let tracer = tracer(|serve| serve);
    let address = tracer.tls_address();
    // A port scan, plain HTTP, noise, a client that trusts another.
    drop(Client::tcp(address));
    tracer.wait_count("handshakes_failed", 1);
    for bytes in [&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], &[0xff; 400], b"\x16\x03\x01\x00\x05garbage"] {
        let mut client = Client::tcp(address);
        client.send(bytes);
        client.finish();
        until_closed(&mut client);
    }
    tracer.wait_count("handshakes_failed", 4);
    let folder = tempfile::tempdir().unwrap();
    let other = Certificates::write(folder.path(), "other");
    let error = Secure::handshake(TcpStream::connect(address).unwrap(), other.client()).map(drop).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    tracer.wait_count("handshakes_failed", 5);
    let reset = Client::tcp(address);
    reset.reset();
    tracer.wait_count("handshakes_failed", 6);
    // Nothing of it came to the plugin, and the next one is served.
    let trace = tracer.trace();
    assert_eq!(trace.len(), 1, "{trace:?}");
    let mut subject = tracer.subject(tracer.tls());
    subject.peer.send("hello");
    tracer.wait(&format!("data {} 5", subject.id));
    assert_eq!(tracer.count("connections"), 2);
}

#[test]
fn a_slow_handshake_times_out() {
    let tracer = tracer(|serve| serve.args(["--handshake-timeout", "300ms"]));
    let mut silent = Client::tcp(tracer.tls_address());
    let mut halting = Client::tcp(tracer.tls_address());
    halting.send(b"\x16\x03\x01\x02\x00\x01");
    // Others aren't kept waiting meanwhile.
    tracer.tls().finish();
    until_closed(&mut silent);
    until_closed(&mut halting);
    tracer.wait_count("handshakes_failed", 2);
    tracer.wait_log(&["handshake"]);
}

#[test]
fn a_handshake_under_way_outlives_a_reload() {
    let host = Serve::guest(guests::ECHO_V1).tls().start();
    let stream = TcpStream::connect(host.tls_address()).unwrap();
    host.wait_count("accepted", 1);
    host.reload(guests::ECHO_V2);
    let mut client = Secure::handshake(stream, host.certificates().client()).unwrap();
    client.write_all(b"hello").unwrap();
    let mut back = [0; 5];
    client.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"hello");
    assert_eq!(host.count("handshakes_failed"), 0);
}

#[test]
fn with_a_certificate_alone_every_address_speaks_tls() {
    let host = Serve::guest(guests::ECHO_V1).tcp().unix("secret.sock").certified().start();
    assert!(matches!(host.addresses()[0], Address::Tls(_)), "{:?}", host.addresses());
    assert!(matches!(host.addresses()[1], Address::TlsUnix(_)), "{:?}", host.addresses());
    host.tls().echo("over TCP");
    host.tls_unix("secret.sock").echo("over a unix socket");
}

#[test]
fn the_name_that_is_asked_for_chooses_the_certificate() {
    let serve = Serve::guest(guests::ECHO_V1);
    let second = Certificates::write_for(serve.folder(), "second", &["second.test"]);
    let serve = serve.tls().arg("--tls-cert").arg(&second.certificate).arg("--tls-key").arg(&second.key);
    let host = serve.start();
    let connect = |name: &str, config| {
        Secure::handshake_with(name, TcpStream::connect(host.tls_address()).unwrap(), Arc::new(config)).map(drop)
    };
    connect("localhost", trusting(&host.certificates().certificate)).unwrap();
    connect("second.test", trusting(&second.certificate)).unwrap();
    // The first one is for everyone else: it is shown, and doesn't bear the name.
    let error = connect("third.test", trusting(&host.certificates().certificate)).unwrap_err();
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[test]
fn the_peers_end_and_ours_are_told_in_tls_too() {
    let tracer = tracer(|serve| serve);
    tracer.tell("on data write $ bye; end $");
    let mut subject = tracer.subject(tracer.tls());
    subject.peer.send("x");
    // A clean end: `close_notify` comes before the FIN, so nobody can have cut it short.
    assert_eq!(subject.peer.rest().unwrap(), b"bye");
    subject.peer.finish();
    drop(subject.peer);
    assert_eq!(*tracer.closed(subject.id).last().unwrap(), "close none unsent=0");
}

#[test]
fn a_missing_close_notify_is_told_apart_from_a_clean_end() {
    let tracer = tracer(|serve| serve);
    let clean = {
        let mut subject = tracer.subject(tracer.tls());
        subject.peer.send("all");
        tracer.wait(&format!("data {}", subject.id));
        subject.peer.finish();
        tracer.closed(subject.id)
    };
    assert_eq!(clean[clean.len() - 2..], ["end", "close none unsent=0"], "{clean:?}");

    let mut cut = TcpStream::connect(tracer.tls_address()).unwrap();
    let mut secure = Secure::handshake(cut.try_clone().unwrap(), tracer.certificates().client()).unwrap();
    secure.write_all(b"part").unwrap();
    secure.flush().unwrap();
    let port = cut.local_addr().unwrap().port();
    let opened = tracer.wait_where(|event| event.starts_with("open ") && event.ends_with(&format!(":{port}")));
    let id = opened.split(' ').nth(1).unwrap().parse().unwrap();
    // A bare FIN: an attacker can send it, too.
    cut.shutdown(std::net::Shutdown::Write).unwrap();
    let events = tracer.closed(id);
    assert!(events.iter().any(|event| event == "data 4 part"), "{events:?}");
    assert!(!events.iter().any(|event| event == "end"), "{events:?}");
    assert!(events[events.len() - 2].starts_with("error tls "), "{events:?}");
    assert!(events[events.len() - 1].starts_with("close tls"), "{events:?}");
    cut.read_to_end(&mut Vec::new()).ok();
}
