mod dialogue;
mod secure;

use crate::Smtp;
use sockdock_guest::Socket;
use sockdock_guest::testing::{Harness, Limits};

const TLS: &[(&str, &str)] = &[("name", "mx.example"), ("credentials", "main"), ("readable", "true")];

fn host(config: &[(&str, &str)]) -> Harness<Smtp> {
    Harness::with(Limits::default(), config).unwrap()
}

/// A client that was greeted.
fn greeted(host: &mut Harness<Smtp>) -> Socket {
    let client = host.connect();
    assert!(host.received(client).starts_with(b"220 "));
    client
}

/// Says these lines; the codes of the answers, without the lines that others follow.
fn codes(host: &mut Harness<Smtp>, client: Socket, lines: &[&str]) -> Vec<u16> {
    host.send(client, lines.iter().map(|line| format!("{line}\r\n")).collect::<String>().as_bytes());
    told(host, client).lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| line[..3].parse().unwrap()).collect()
}

fn told(host: &mut Harness<Smtp>, client: Socket) -> String {
    let bytes = host.closed(client).unwrap_or_else(|| host.received(client));
    String::from_utf8(bytes).unwrap()
}
