//! Behind a balancer: the PROXY protocol.

use crate::guests;
use sockdock_tests::{Client, Program, Secure, Serve, Tracer, example_folder};
use std::net::TcpStream;

const V1: &str = "PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\n";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x24\
    \x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x13\x88\x01\xbb";

fn tracer(options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::greeted("PROXY UNKNOWN\r\n", guests::TRACER, |serve| options(serve.arg("--proxy-protocol")))
}

/// The id of the connection that came from there.
#[track_caller]
fn opened(tracer: &Tracer, remote: &str) -> u64 {
    let event = tracer.wait_where(|event| event.starts_with("open ") && event.ends_with(&format!(" {remote}")));
    event.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_endpoints_are_those_announced() {
    let tracer = tracer(|serve| serve);
    let mut first = tracer.tcp();
    // With the data in one segment, and byte by byte.
    first.send(format!("{V1}hello"));
    let id = opened(&tracer, "192.0.2.1:5000");
    assert_eq!(tracer.value(&format!("local {id}")), "198.51.100.2:443");
    tracer.wait(&format!("data {id} 5 hello"));
    let mut second = tracer.tcp();
    for byte in [V2, b"x"].concat() {
        second.send([byte]);
    }
    let id = opened(&tracer, "2001:db8::1:5000");
    assert_eq!(tracer.value(&format!("local {id}")), "2001:db8::2:443");
    tracer.wait(&format!("data {id} 1 x"));
    // A reload changes nothing about it; nor does the end of the socket.
    tracer.reload(guests::TRACER);
    assert_eq!(tracer.value(&format!("remote {id}; local {id}")), "2001:db8::1:5000; ok 2001:db8::2:443");
    second.reset();
    tracer.wait(&format!("close {id}"));
}

#[test]
fn what_a_balancer_says_of_itself_changes_nothing() {
    let tracer = tracer(|serve| serve);
    for header in [&b"PROXY UNKNOWN\r\n"[..], b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"] {
        let mut client = tracer.tcp();
        client.send(header);
        opened(&tracer, &format!("127.0.0.1:{}", client.port()));
    }
}

#[test]
fn a_wrong_beginning_closes() {
    let tracer = tracer(|serve| serve.args(["--handshake-timeout", "300ms"]));
    let before = tracer.trace().len();
    for beginning in ["GET / HTTP/1.1\r\n", "PROXY TCP4 192.0.2.1 5000\r\n", "PROXYX"] {
        let mut client = tracer.tcp();
        client.send(beginning);
        assert!(client.rest().unwrap_or_default().is_empty(), "{beginning:?}");
    }
    tracer.wait_count("refused", 3);
    // One that says nothing at all is waited for only so long.
    assert_eq!(tracer.tcp().rest().unwrap(), b"");
    tracer.wait_count("handshakes_failed", 1);
    tracer.wait_count("connections", 1);
    assert_eq!(tracer.trace().len(), before, "the plugin heard of it");
}

#[test]
fn before_tls() {
    let host = Serve::guest(guests::ECHO_V1).tls().arg("--proxy-protocol").start();
    let mut client = Client::tcp(host.tls_address());
    client.send(V1);
    let Client::Tcp(stream) = client else { unreachable!() };
    let secure = Secure::<TcpStream>::handshake(stream, host.certificates().client()).unwrap();
    Client::Tls(Box::new(secure)).echo("hello");
}

#[test]
fn only_from_balancers() {
    let tracer = tracer(|serve| serve.args(["--proxy-from", "10.0.0.0/8", "--proxy-from", "fd00::/8"]));
    let mut client = tracer.tcp();
    client.send(V1);
    assert!(client.rest().unwrap_or_default().is_empty());
    tracer.wait_log(&["may not announce others (proxy-from)", "127.0.0.1"]);
    let refused = |args: [&str; 2]| Serve::guest(guests::ECHO_V1).tcp().arg("--proxy-protocol").args(args).run();
    refused(["--proxy-from", "10.0.0.1/8"]).refusal(1, &["proxy-from '10.0.0.1/8'", "bits beyond"]);
}

#[test]
fn the_limit_per_peer_is_for_those_announced() {
    let tracer = tracer(|serve| serve.args(["--max-connections-per-peer", "1"]));
    let mut first = tracer.tcp();
    first.send(V1);
    opened(&tracer, "192.0.2.1:5000");
    let mut same = tracer.tcp();
    same.send(V1.replace("5000", "5001"));
    assert!(same.rest().unwrap_or_default().is_empty());
    let mut other = tracer.tcp();
    other.send(V1.replace("192.0.2.1", "192.0.2.9"));
    opened(&tracer, "192.0.2.9:5000");
}

#[test]
fn curl_as_a_balancer() {
    let host = Serve::plugin(example_folder("http")).tcp().arg("--proxy-protocol").start();
    let url = format!("http://{}/", host.tcp_address());
    let page = Program::new("curl").args(["-sS", "--fail", "--haproxy-protocol", &url]).run();
    assert!(page.success().contains("It works"));
    assert!(!Program::new("curl").args(["-sS", "--fail", &url]).run().status.success());
}
