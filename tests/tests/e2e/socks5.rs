//! `examples/socks5`, as curl and a client of our own see it.

use crate::guests;
use sockdock_tests::{Client, Host, Output, Pace, Program, Random, Serve, example_folder, pump};
use std::net::{SocketAddr, TcpListener};

fn socks(allowed: &[&str], users: &[&str]) -> Host {
    let mut serve = Serve::plugin(example_folder("socks5")).tcp().arg("--allow-half-open");
    for rule in allowed {
        serve = serve.args(["--allow-connect", rule]);
    }
    for user in users {
        serve = serve.set("user", user);
    }
    serve.start()
}

/// An HTTP server on both families, if this machine has IPv6.
fn web() -> (Host, String, Option<String>) {
    let serve = Serve::plugin(example_folder("http")).tcp();
    let six = TcpListener::bind("[::1]:0").is_ok();
    let host = if six { serve.args(["--listen", "[::1]:0"]) } else { serve }.start();
    let v6 = host.addresses().iter().find_map(|address| match address {
        sockdock_tests::Address::Tcp(address @ SocketAddr::V6(_)) => Some(address.to_string()),
        _ => None,
    });
    let v4 = host.tcp_address().to_string();
    (host, v4, v6)
}

fn curl(flag: &str, proxy: &Host, user: Option<&str>, url: &str) -> Output {
    let program =
        Program::new("curl").args(["--silent", "--show-error", "--noproxy", "", flag, &proxy.tcp_address().to_string()]);
    let program = user.into_iter().fold(program, |program, user| program.args(["--proxy-user", user]));
    program.arg(url).run()
}

const ROBOTS: &str = "User-agent: *";

#[test]
fn curl_by_address_and_by_name() {
    let (_web, v4, v6) = web();
    let port = v4.rsplit(':').next().unwrap();
    let local = format!("localhost:{port}");
    let allowed: Vec<&str> = [&v4, &local].into_iter().chain(&v6).map(String::as_str).collect();
    let proxy = socks(&allowed, &[]);
    for host in [Some(&v4), Some(&local), v6.as_ref()].into_iter().flatten() {
        for flag in ["--socks5", "--socks5-hostname"] {
            let said = curl(flag, &proxy, None, &format!("http://{host}/robots.txt")).success();
            assert!(said.starts_with(ROBOTS), "{flag} {host}: {said:?}");
        }
    }
    assert_eq!(proxy.count("traps"), 0);
    proxy.wait_count("connections", 0);
}

#[test]
fn curl_with_passwords() {
    let (_web, v4, _) = web();
    let proxy = socks(&[&v4], &["ann:secret", "ben:other"]);
    let url = format!("http://{v4}/robots.txt");
    for user in ["ann:secret", "ben:other"] {
        assert!(curl("--socks5", &proxy, Some(user), &url).success().starts_with(ROBOTS));
    }
    for user in [Some("ann:other"), Some("carl:secret"), None] {
        // 97: the proxy's handshake has failed.
        let said = curl("--socks5", &proxy, user, &url);
        assert_eq!(said.status.code(), Some(97), "{user:?}: {said:?}");
    }
    // With nobody named, a password isn't asked for, and isn't checked.
    let open = socks(&[&v4], &[]);
    assert!(curl("--socks5", &open, Some("ann:secret"), &url).success().starts_with(ROBOTS));
}

#[test]
fn curl_where_nobody_listens_and_where_it_may_not_go() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let proxy = socks(&[&nobody, "nowhere.invalid:80"], &[]);
    for (url, reply) in
        [(nobody.as_str(), "(5)"), ("127.0.0.1:1", "(2)"), ("example.com:80", "(2)"), ("nowhere.invalid:80", "(4)")]
    {
        let said = curl("--socks5-hostname", &proxy, None, &format!("http://{url}/"));
        assert_eq!(said.status.code(), Some(97), "{url}: {said:?}");
        assert!(said.stderr.contains(reply), "{url}: {}", said.stderr);
    }
    proxy.wait_count("connections", 0);
}

/// Asks to be connected to `to`, with `behind` in the same packet.
fn ask(proxy: &Host, to: SocketAddr, behind: &[u8]) -> Client {
    let SocketAddr::V4(to) = to else { panic!("IPv4, please") };
    let request = [b"\x05\x01\0\x05\x01\0\x01", &to.ip().octets()[..], &to.port().to_be_bytes(), behind].concat();
    let mut client = proxy.tcp();
    client.send(request);
    client.expect(b"\x05\0");
    client
}

/// The answer to a request; gives the address that the proxy has connected from.
fn joined(client: &mut Client) -> SocketAddr {
    client.expect(b"\x05\0\0\x01");
    let end = client.receive(6);
    SocketAddr::from(([end[0], end[1], end[2], end[3]], u16::from_be_bytes([end[4], end[5]])))
}

#[test]
fn the_address_that_it_tells_is_the_one_that_the_server_sees() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let proxy = socks(&[&to.to_string()], &[]);
    let mut client = ask(&proxy, to, b"");
    let (_peer, from) = listener.accept().unwrap();
    assert_eq!(joined(&mut client), from);
}

#[test]
fn what_is_sent_behind_the_request_is_kept_and_ends_are_passed_on() {
    use std::io::{Read as _, Write as _};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = listener.local_addr().unwrap();
    let proxy = socks(&[&to.to_string()], &[]);
    let mut client = ask(&proxy, to, b"question");
    client.finish();
    let (mut peer, _) = listener.accept().unwrap();
    let mut question = String::new();
    peer.read_to_string(&mut question).unwrap();
    assert_eq!(question, "question");
    peer.write_all(b"answer").unwrap();
    drop(peer);
    joined(&mut client);
    client.expect("answer");
    client.expect_end();
    proxy.wait_count("connections", 0);
}

#[test]
fn every_byte_in_both_directions_and_through_reloads() {
    let echo = Serve::guest(guests::ECHO_V1).tcp().start();
    let proxy = socks(&[&echo.tcp_address().to_string()], &[]);
    let mut client = ask(&proxy, echo.tcp_address(), b"");
    joined(&mut client);
    let mut random = Random::new(21);
    let bytes = random.bytes(4 << 20);
    std::thread::scope(|scope| {
        let pumping = scope.spawn(|| {
            // First it isn't read until no more can be written.
            for pace in
                [Pace { write: 1 << 20, read: 60_000, read_late: true }, Pace { write: 30_000, read: 30_000, read_late: false }]
            {
                let back = pump(&mut client, &bytes, pace, &mut random);
                assert!(back == bytes, "other bytes came back");
            }
            client
        });
        let mut reloads = 0;
        while !pumping.is_finished() {
            proxy.try_reload(serde_json::json!({})).unwrap();
            reloads += 1;
        }
        assert!(reloads > 0);
        pumping.join().unwrap().echo("after");
    });
    assert_eq!(proxy.count("traps"), 0);
}

#[test]
fn a_greeting_crosses_a_reload_at_any_byte() {
    let echo = Serve::guest(guests::ECHO_V1).tcp().start();
    let proxy = socks(&[&echo.tcp_address().to_string()], &["ann:secret"]);
    let SocketAddr::V4(to) = echo.tcp_address() else { panic!("IPv4, please") };
    let mut client = proxy.tcp();
    let request = [b"\x05\x01\0\x01", &to.ip().octets()[..], &to.port().to_be_bytes()].concat();
    let messages: [(&[u8], &[u8]); 2] = [(b"\x05\x02\0\x02", b"\x05\x02"), (b"\x01\x03ann\x06secret", b"\x01\0")];
    for (message, answer) in messages {
        for (number, byte) in (1..).zip(message) {
            client.send([*byte]);
            if number == message.len() {
                client.expect(answer);
            }
            proxy.try_reload(serde_json::json!({})).unwrap();
        }
    }
    client.send(request);
    joined(&mut client);
    client.echo("hello");
}
