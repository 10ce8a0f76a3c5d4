//! The whole plugin, in the SDK's imitated host.

mod hand_over;
mod limits;
mod requests;
mod smuggling;

use crate::Http;
use crate::date::test::FIELD as DATE;
use sockdock_guest::Socket;
use sockdock_guest::testing::{Harness, Limits};

fn host() -> (Harness<Http>, Socket) {
    with(Limits::default(), &[])
}

fn with(limits: Limits, config: &[(&str, &str)]) -> (Harness<Http>, Socket) {
    let mut host = Harness::<Http>::with(limits, config).unwrap();
    let socket = host.connect();
    (host, socket)
}

/// What came back; and whether the connection is over.
fn answer(host: &mut Harness<Http>, socket: Socket) -> (String, bool) {
    let closed = host.closed(socket);
    let is_closed = closed.is_some();
    let bytes = closed.unwrap_or_else(|| host.received(socket));
    (String::from_utf8(bytes).unwrap(), is_closed)
}

/// The answer to one request on a fresh connection.
fn ask(request: impl AsRef<[u8]>) -> (String, bool) {
    let (mut host, socket) = host();
    host.send(socket, request.as_ref());
    answer(&mut host, socket)
}

/// A request that is refused, and the connection with it.
#[track_caller]
fn refused(request: impl AsRef<[u8]>, status: u16) {
    let request = request.as_ref();
    let (answer, closed) = ask([request, b"GET / HTTP/1.1\r\nHost: next\r\n\r\n"].concat());
    let shown = String::from_utf8_lossy(&request[..request.len().min(200)]);
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?}: {answer}");
    assert!(closed && answer.contains("Connection: close\r\n"), "{shown:?}: {answer}");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{shown:?}: {answer}");
}

fn post(body: &str) -> String {
    let length = body.len();
    format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

const CHUNKED: &str = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

fn json(body: &str) -> String {
    let length = body.len() + 1;
    format!(
        "HTTP/1.1 200 OK\r\n{DATE}Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: keep-alive\r\n\r\n{body}\n"
    )
}
