use super::{CHUNKED, DATE, answer, ask, host, json, post};
use crate::date::test::NOW;
use proptest::prelude::*;

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap()
}

#[test]
fn get_and_head_differ_in_the_body_alone() {
    let (get, closed) = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let (head, body) = get.split_once("\r\n\r\n").unwrap();
    assert!(!closed && body.contains("<h1>It works</h1>"));
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
    assert_eq!(ask("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").0, format!("{head}\r\n\r\n"));
}

#[test]
fn answers_are_dated() {
    let (mut host, socket) = host();
    let ask = "GET /none HTTP/1.1\r\nHost: x\r\n\r\n";
    for (seconds, time) in [(0, "08:49:37"), (0, "08:49:37"), (1, "08:49:38"), (3600, "09:49:38"), (0, "09:49:38")] {
        NOW.set(NOW.get() + seconds);
        host.send(socket, ask.as_bytes());
        let (answer, _) = answer(&mut host, socket);
        let date = DATE.replace("08:49:37", time);
        assert!(answer.starts_with(&format!("HTTP/1.1 404 Not Found\r\n{date}")), "{time}: {answer}");
        assert_eq!(answer.matches("Date: ").count(), 1, "{answer}");
    }
}

#[test]
fn routes() {
    for (line, code) in [
        ("GET /robots.txt HTTP/1.1", 200),
        ("GET /?a=b HTTP/1.1", 200),
        ("GET http://x/robots.txt HTTP/1.1", 200),
        ("GET HTTP://x HTTP/1.1", 200),
        ("GET /none HTTP/1.1", 404),
        ("HEAD /none HTTP/1.1", 404),
        ("GET /echo HTTP/1.1", 405),
        ("DELETE / HTTP/1.1", 405),
        ("POST /echo HTTP/1.1", 411),
        ("BREW / HTTP/1.1", 501),
        ("get / HTTP/1.1", 501),
        ("TRACE / HTTP/1.1", 501),
        ("OPTIONS * HTTP/1.1", 204),
        ("OPTIONS /echo HTTP/1.1", 204),
    ] {
        let (answer, closed) = ask(format!("{line}\r\nHost: x\r\n\r\n"));
        assert_eq!(status(&answer), code, "{line}: {answer}");
        assert!(!closed, "{line}");
    }
    assert!(ask("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n").0.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n"));
    assert!(ask("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n").0.contains("\r\nAllow: POST, OPTIONS\r\n"));
}

#[test]
fn json_comes_back() {
    let value = r#"{"a":[1,2.5,null,true],"b":"ä"}"#;
    assert_eq!(ask(post(&format!(" {value} "))), (json(value), false));
    let (answer, closed) = ask(post("{\"a\":}"));
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("line 1 column 6"), "{answer}");
    assert!(!closed, "the request itself was in order");
    assert_eq!(status(&ask(post("[1").replace("application/json", "text/plain")).0), 415);
    // The parser has a limit for depth, before the stack has.
    assert_eq!(status(&ask(post(&"[".repeat(100_000))).0), 400);
}

#[test]
fn chunks_are_put_together() {
    for chunks in [
        "3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n",
        "5;a=\"b\"\r\n[1,2]\r\n000\r\nTrailer: x\r\n\r\n",
        "1\r\n[\r\n4\r\n1,2]\r\n0\r\n\r\n",
    ] {
        assert_eq!(ask(format!("{CHUNKED}{chunks}")), (json("[1,2]"), false), "{chunks:?}");
    }
}

#[test]
fn a_connection_ends_when_the_client_says_so() {
    for (head, ends) in [
        ("HTTP/1.1\r\nHost: x\r\n", false),
        ("HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n", true),
        ("HTTP/1.0\r\n", true),
        ("HTTP/1.0\r\nConnection: keep-alive\r\n", false),
    ] {
        let (answer, closed) = ask(format!("GET / {head}\r\n"));
        assert_eq!(status(&answer), 200);
        assert_eq!(closed, ends, "{head:?}");
        assert_eq!(answer.contains("Connection: close\r\n"), ends);
    }
}

#[test]
fn the_body_is_asked_for() {
    let (mut host, socket) = host();
    let request = post("[1]").replace("Host", "Expect: 100-Continue\r\nHost");
    let (head, body) = request.split_at(request.len() - 3);
    host.send(socket, head.as_bytes());
    assert_eq!(answer(&mut host, socket).0, "HTTP/1.1 100 Continue\r\n\r\n");
    host.send(socket, body.as_bytes());
    assert_eq!(answer(&mut host, socket).0, json("[1]"));
    // Who doesn't wait isn't told.
    host.send(socket, request.as_bytes());
    assert_eq!(answer(&mut host, socket).0, json("[1]"));
    // What will be refused isn't asked for.
    host.send(socket, head.replace("/echo", "/none").as_bytes());
    let (refusal, closed) = answer(&mut host, socket);
    assert!(refusal.starts_with("HTTP/1.1 404 ") && closed, "{refusal}");
    let (answer, closed) = ask(request.replace("100-Continue", "a-miracle"));
    assert!(answer.starts_with("HTTP/1.1 417 ") && closed, "{answer}");
}

fn pipeline() -> (String, String) {
    let chunked = format!("{CHUNKED}2\r\n[1\r\n3;x\r\n,2]\r\n0\r\nA: b\r\n\r\n");
    let requests = [&post("{\"n\":1}"), "\r\n", &chunked, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n", &post("3")].concat();
    let expected = ask("GET /none HTTP/1.1\r\nHost: x\r\n\r\n").0;
    (requests, [json("{\"n\":1}"), json("[1,2]"), expected, json("3")].concat())
}

#[test]
fn a_cut_at_every_byte_changes_no_answer() {
    let (requests, expected) = pipeline();
    for cut in 0..=requests.len() {
        let (mut host, socket) = host();
        host.send(socket, &requests.as_bytes()[..cut]);
        host.send(socket, &requests.as_bytes()[cut..]);
        assert_eq!(answer(&mut host, socket), (expected.clone(), false), "cut at {cut}");
        assert!(host.plugin().saved.connections.is_empty() && host.plugin().used == 0);
    }
    let (mut host, socket) = host();
    requests.as_bytes().chunks(1).for_each(|byte| host.send(socket, byte));
    assert_eq!(answer(&mut host, socket), (expected, false));
}

proptest! {
    #[test]
    fn no_stream_panics(stream: Vec<u8>, chunks: Vec<u8>) {
        ask(&stream);
        ask([b"GET / HTTP/1.1\r\nHost: x\r\n", &stream[..], b"\r\n\r\n"].concat());
        ask([CHUNKED.as_bytes(), &chunks].concat());
    }

    #[test]
    fn bodies_come_back(texts in prop::collection::vec("[a-z \"\\\\\u{e4}]{0,300}", 1..5), cut in 1usize..50) {
        let (mut host, socket) = host();
        for text in &texts {
            let body = serde_json::Value::from(text.as_str()).to_string();
            let mut request = CHUNKED.as_bytes().to_vec();
            for chunk in body.as_bytes().chunks(cut) {
                request.extend(format!("{:X}\r\n", chunk.len()).into_bytes());
                request.extend([chunk, b"\r\n"].concat());
            }
            request.extend(b"0\r\n\r\n");
            request.chunks(cut * 3).for_each(|piece| host.send(socket, piece));
            prop_assert_eq!(answer(&mut host, socket), (json(&body), false));
        }
    }
}
