use super::*;
use std::time::Duration;

const MAIL: &[&str] =
    &["EHLO client.example", "MAIL FROM:<ann@example.com>", "RCPT TO:<ben@example.org>", "DATA", "Hello", "..dot", "."];

#[test]
fn a_message_is_kept_as_it_came() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    assert_eq!(codes(&mut host, client, MAIL), [250, 250, 250, 354, 250]);
    host.send(client, b"XMAIL\r\n");
    assert!(told(&mut host, client).ends_with(" <ann@example.com> <ben@example.org>\r\n250 2.0.0 OK\r\n"));
    host.send(client, b"XMAIL 1\r\n");
    let message = told(&mut host, client);
    let lines: Vec<&str> = message.lines().map(|line| &line[4..]).collect();
    assert_eq!(lines[0], "Return-Path: <ann@example.com>");
    assert_eq!(lines[1..3], ["Received: from client.example ([127.0.0.1])", "\tby mx.example with ESMTP id 1;"]);
    assert_eq!(lines[4..], ["Hello", ".dot", "2.0.0 OK"]);
    assert_eq!(codes(&mut host, client, &["QUIT"]), [221]);
    assert!(host.closed(client).is_some() || client.queued().is_err());
}

#[test]
fn byte_by_byte_and_a_reload_after_each() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    for byte in MAIL.iter().flat_map(|line| format!("{line}\r\n").into_bytes()) {
        host.send(client, &[byte]);
        host = host.reload().unwrap_or_else(|(why, _)| panic!("{why}"));
    }
    assert!(told(&mut host, client).ends_with("250 2.0.0 Kept as 1\r\n"));
}

#[test]
fn the_order_of_things() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    let mut say = |lines: &[&str]| codes(&mut host, client, lines);
    assert_eq!(say(&["MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA"]), [503, 503, 503]);
    assert_eq!(say(&["HELO me", "RCPT TO:<a@b>", "DATA"]), [250, 503, 503]);
    assert_eq!(say(&["MAIL FROM:<>", "MAIL FROM:<a@b>", "DATA"]), [250, 503, 503]);
    assert_eq!(say(&["RSET", "RCPT TO:<a@b>"]), [250, 503]);
    assert_eq!(say(&["MAIL FROM:<>", "EHLO me", "RCPT TO:<a@b>"]), [250, 250, 503]);
    assert_eq!(say(&["NOOP", "VRFY ann", "HELP", "EXPN all", "WHAT", "EHLO"]), [250, 252, 214, 502, 500, 501]);
}

#[test]
fn who_gets_too_much_wrong_is_sent_away() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    let answers = codes(&mut host, client, &["GET / HTTP/1.1"; 30]);
    assert_eq!((answers.len(), answers[19], answers[20]), (21, 500, 421));
}

#[test]
fn whose_mail_is_taken() {
    let mut host = host(&[("domain", "Example.org")]);
    let client = greeted(&mut host);
    let lines =
        ["EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<x@other.example>", "RCPT TO:<x@EXAMPLE.ORG>", "RCPT TO:<Postmaster>", "XMAIL"];
    assert_eq!(codes(&mut host, client, &lines), [250, 250, 550, 250, 250, 502]);
}

#[test]
fn limits() {
    let mut host = host(&[("max-size", "100"), ("max-kept", "400"), ("max-unfinished", "1000"), ("readable", "true")]);
    let client = greeted(&mut host);
    let line = "a".repeat(60);
    assert_eq!(codes(&mut host, client, &["EHLO me", "MAIL FROM:<a@b> SIZE=101", "MAIL FROM:<a@b> SIZE=100"]), [250, 552, 250]);
    assert_eq!(codes(&mut host, client, &["RCPT TO:<a@b>", "DATA", &line, &line, "."]), [250, 354, 552]);
    assert_eq!(codes(&mut host, client, &[&format!("NOOP {}", "a".repeat(3000)), "NOOP"]), [500, 250]);
    for _ in 0..3 {
        assert_eq!(codes(&mut host, client, &["MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", &line, "."]), [250, 250, 354, 250]);
    }
    // The oldest has made room.
    assert_eq!(codes(&mut host, client, &["XMAIL 1", "XMAIL 3"]), [550, 250]);
    // A line without an end, in pieces.
    for _ in 0..100 {
        host.send(client, &[b'a'; 100]);
    }
    assert_eq!(codes(&mut host, client, &["", "NOOP"]), [500, 250]);
}

#[test]
fn recipients_have_limits_too() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    codes(&mut host, client, &["EHLO me", "MAIL FROM:<a@b>"]);
    let answers = codes(&mut host, client, &["RCPT TO:<a@b>"; 101]);
    assert_eq!((answers[99], answers[100]), (250, 452));
}

#[test]
fn all_clients_together_have_a_limit() {
    let mut host = host(&[("max-size", "2500"), ("max-kept", "9000"), ("max-unfinished", "4000")]);
    let (one, two) = (greeted(&mut host), greeted(&mut host));
    let line = "a".repeat(2000);
    for client in [one, two] {
        codes(&mut host, client, &["EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", &line]);
    }
    assert_eq!(codes(&mut host, two, &["."]), [452]);
    assert_eq!(codes(&mut host, one, &["."]), [250]);
    codes(&mut host, two, &["MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", &line]);
    assert_eq!(codes(&mut host, two, &["."]), [250]);
}

#[test]
fn a_smuggled_end_is_none() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    codes(&mut host, client, &MAIL[..4]);
    host.send(client, b"text\n.\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<ben@example.org>\r\n");
    assert_eq!(told(&mut host, client), "");
    assert_eq!(codes(&mut host, client, &[".", "NOOP"]), [550, 250]);
    host.send(client, b"NOOP\n");
    assert!(told(&mut host, client).starts_with("500 "));
}

#[test]
fn silence_ends_it() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    host.advance(Duration::from_secs(301));
    assert!(told(&mut host, client).starts_with("421 mx.example 4.4.2"));
}

#[test]
fn after_a_crash_the_others_are_told() {
    let mut host = host(TLS);
    let (one, two) = (greeted(&mut host), greeted(&mut host));
    codes(&mut host, two, &MAIL[..5]);
    let mut host = host.crash(one);
    host.advance(Duration::ZERO);
    assert!(told(&mut host, two).starts_with("421 mx.example 4.3.0"));
}

#[test]
fn who_does_not_read_is_not_answered_without_end() {
    let mut host = host(TLS);
    let client = greeted(&mut host);
    codes(&mut host, client, MAIL);
    host.read(client, Some(0));
    let asked = "XMAIL 1\r\n".repeat(100_000);
    host.send(client, asked.as_bytes());
    assert!(client.queued().unwrap() <= 1 << 20 && host.unread(client) > 0);
    host.read(client, None);
    assert_eq!(told(&mut host, client).matches("250 2.0.0 OK").count(), 100_000);
}
