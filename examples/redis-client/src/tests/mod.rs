//! Many clients, one connection.

use crate::RedisClient;
use sockdock_guest::testing::{Harness, Limits, log};
use sockdock_guest::{ErrorCode, Socket};
use std::time::Duration;

const SERVER: &[(&str, &str)] = &[("server", "redis:6379")];

/// The plugin, and its connection to the server, which stands.
fn connected(config: &[(&str, &str)]) -> (Harness<RedisClient>, Socket) {
    let mut host = Harness::with(Limits::default(), &[SERVER, config].concat()).unwrap();
    host.advance(Duration::ZERO);
    let (server, address) = host.dialled().remove(0);
    assert_eq!(address, "redis:6379");
    host.accept(server);
    (host, server)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn each_gets_its_own_replies() {
    let (mut host, server) = connected(&[]);
    let (one, two) = (host.connect(), host.connect());
    host.send(one, b"get a\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n");
    host.send(two, b"get c\r\n");
    host.send(one, b"get d\r\n");
    let request = |key| format!("*2\r\n$3\r\nget\r\n$1\r\n{key}\r\n");
    assert_eq!(text(host.received(server)).to_lowercase(), ["a", "b", "c", "d"].map(request).concat());
    for byte in b"$1\r\nA\r\n*2\r\n:1\r\n+B\r\n-ERR C\r\n$-1\r\n" {
        host.send(server, &[*byte]);
    }
    assert_eq!(text(host.received(one)), "$1\r\nA\r\n*2\r\n:1\r\n+B\r\n$-1\r\n");
    assert_eq!(text(host.received(two)), "-ERR C\r\n");
}

#[test]
fn who_has_gone_takes_nobody_elses_reply() {
    let (mut host, server) = connected(&[]);
    let (one, two) = (host.connect(), host.connect());
    host.send(one, b"get a\r\n");
    host.send(two, b"get b\r\n");
    one.terminate().unwrap();
    host.send(server, b"+A\r\n+B\r\n");
    assert_eq!(text(host.received(two)), "+B\r\n");
}

#[test]
fn what_would_change_the_connection_for_all_is_refused_in_its_turn() {
    let (mut host, server) = connected(&[("allow", "INFO")]);
    let client = host.connect();
    host.send(client, b"get a\r\nsubscribe b\r\nget c\r\nINFO\r\n");
    assert_eq!(text(host.received(server)).matches("*").count(), 3);
    assert_eq!(text(host.received(client)), "", "not before the reply to what was asked before it");
    host.send(server, b"+A\r\n+C\r\n+I\r\n");
    let said = text(host.received(client));
    assert!(
        said.starts_with("+A\r\n-ERR many share")
            && said.ends_with("'subscribe' isn't among the commands for that\r\n+C\r\n+I\r\n"),
        "{said}"
    );
    for command in ["multi", "select 1", "monitor", "blpop a 0", "hello 3", "client reply off", "auth x", "\"get \" a"] {
        host.send(client, format!("{command}\r\n").as_bytes());
        assert!(text(host.received(client)).starts_with("-ERR many share"), "{command}");
    }
}

#[test]
fn quit_waits_for_the_replies() {
    let (mut host, server) = connected(&[]);
    let client = host.connect();
    host.send(client, b"get a\r\nquit\r\nget b\r\n");
    host.send(server, b"+A\r\n");
    assert_eq!(text(host.closed(client).unwrap()), "+A\r\n+OK\r\n");
}

#[test]
fn nonsense_costs_its_client_alone() {
    let (mut host, server) = connected(&[]);
    let (good, bad) = (host.connect(), host.connect());
    host.send(bad, b"get a\r\n*x\r\nget b\r\n");
    host.send(good, b"get c\r\n\r\n*0\r\n");
    host.send(server, b"+A\r\n+C\r\n");
    assert_eq!(text(host.closed(bad).unwrap()), "+A\r\n-ERR Protocol error: invalid multibulk length\r\n");
    assert_eq!(text(host.received(good)), "+C\r\n");
}

#[test]
fn a_server_that_is_lost_and_comes_back() {
    let (mut host, server) = connected(&[("password", "secret"), ("user", "ann")]);
    assert_eq!(text(host.received(server)), "*3\r\n$4\r\nauth\r\n$3\r\nann\r\n$6\r\nsecret\r\n");
    host.send(server, b"+OK\r\n");
    let client = host.connect();
    host.send(client, b"get a\r\nbad\r\n");
    host.finish(server);
    let said = text(host.received(client));
    assert!(said.starts_with("-ERR the connection to the server is lost") && said.contains("'bad'"), "{said}");
    host.send(client, b"get a\r\n");
    assert_eq!(text(host.received(client)), "-ERR there is no connection to the server now\r\n");
    // It tries again, after longer and longer.
    for wait in [100, 200, 400] {
        host.advance(Duration::from_millis(wait - 1));
        assert!(host.dialled().is_empty(), "{wait}");
        host.advance(Duration::from_millis(1));
        let again = host.dialled()[0].0;
        host.refuse(again, ErrorCode::Refused);
    }
    host.advance(Duration::from_millis(800));
    let again = host.dialled()[0].0;
    host.send(client, b"get a\r\n");
    host.accept(again);
    assert!(text(host.received(again)).starts_with("*3\r\n$4\r\nauth"));
    host.send(again, b"+OK\r\n+A\r\n");
    assert_eq!(text(host.received(client)), "+A\r\n");
}

#[test]
fn a_server_that_says_nonsense_or_takes_no_password() {
    for (config, said) in [
        (&[][..], &b"hello\r\n"[..]),
        (&[("max-reply", "10")], b"$100\r\n12345678901"),
        (&[("password", "x")], b"-WRONGPASS\r\n"),
    ] {
        let (mut host, server) = connected(config);
        let client = host.connect();
        host.send(client, b"get a\r\n");
        host.send(server, said);
        assert!(host.closed(server).is_some());
        assert!(text(host.received(client)).contains("nobody knows whether"));
    }
}

#[test]
fn a_server_that_does_not_read_holds_its_clients_back() {
    let (mut host, server) = connected(&[]);
    host.read(server, Some(0));
    let client = host.connect();
    let request = format!("set a {}\r\n", "x".repeat(1000));
    host.send(client, request.repeat(3000).as_bytes());
    assert!(server.queued().unwrap() <= 200 << 10 && host.unread(client) > 1 << 20);
    host.read(server, None);
    let mut replies = 0;
    while replies < 3000 {
        let asked = text(host.received(server)).matches("*3\r\n").count();
        assert!(asked > 0, "stuck after {replies}");
        host.send(server, "+OK\r\n".repeat(asked).as_bytes());
        replies += asked;
    }
    assert_eq!(text(host.received(client)), "+OK\r\n".repeat(3000));
}

#[test]
fn a_client_that_does_not_read_costs_nobody_else_anything() {
    let (mut host, server) = connected(&[("max-clients", "3000000")]);
    let (slow, quick) = (host.connect(), host.connect());
    host.read(slow, Some(0));
    let reply = format!("${}\r\n{}\r\n", 900_000, "x".repeat(900_000));
    host.send(slow, &b"get a\r\n".repeat(6));
    host.send(quick, b"get b\r\n");
    for _ in 0..6 {
        host.send(server, reply.as_bytes());
    }
    host.send(server, b"+B\r\n");
    assert_eq!(text(host.received(quick)), "+B\r\n");
    assert!(host.closed(slow).is_some());
    host.send(quick, b"get c\r\n");
    host.send(server, b"+C\r\n");
    assert_eq!(text(host.received(quick)), "+C\r\n");
}

#[test]
fn a_reload_at_any_byte() {
    let (mut host, server) = connected(&[]);
    let client = host.connect();
    let reload = |host: Harness<RedisClient>| host.reload::<RedisClient>().unwrap_or_else(|(why, _)| panic!("{why}"));
    for byte in b"get a\r\nmonitor\r\n*1\r\n$4\r\nPING\r\n" {
        host.send(client, &[*byte]);
        host = reload(host);
    }
    for byte in b"$3\r\n\r\nA\r\n+PONG\r\n" {
        host.send(server, &[*byte]);
        host = reload(host);
        host.advance(Duration::ZERO);
    }
    let said = text(host.received(client));
    assert!(said.starts_with("$3\r\n\r\nA\r\n-ERR many share") && said.ends_with("+PONG\r\n"), "{said}");
    assert!(host.dialled().is_empty(), "one connection to the server is enough");
}

#[test]
fn after_a_crash_nobody_gets_what_isnt_theirs() {
    let (mut host, server) = connected(&[]);
    let (one, two) = (host.connect(), host.connect());
    host.send(one, b"get a\r\n");
    let mut host = host.crash(two);
    host.advance(Duration::ZERO);
    assert!(host.closed(server).is_some() && host.closed(one).is_some());
    assert_eq!(host.dialled().len(), 1);
}

#[test]
fn settings_that_make_no_sense() {
    for (config, word) in [
        (&[][..], "nothing to do"),
        (&[("server", "a:1"), ("run", "ping")], "`sockdock connect`"),
        (&[("server", "a:1"), ("user", "ann")], "`password`"),
        (&[("sevrer", "a:1")], "`sevrer`"),
    ] {
        let why = Harness::<RedisClient>::with(Limits::default(), config).err().unwrap();
        assert!(why.contains(word), "{why}");
    }
    drop(log());
}
