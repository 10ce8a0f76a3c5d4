//! The admin socket and the commands that use it.

use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Client, Serve};
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn the_socket_is_its_owners_alone() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(host.admin_socket()), 0o600);
    assert_eq!(mode(host.admin_socket().parent().unwrap()), 0o700);
}

#[test]
fn status_tells_what_is_going_on() {
    let host = Serve::guest(guests::ECHO_V1).tcp().tls().args(["--name", "front"]).start();
    let mut clients = [host.tcp(), host.tls()];
    clients.iter_mut().for_each(|client| client.echo("12345678"));
    let (code, status) = host.request("GET", "/status", None);
    assert_eq!(code, 200);
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert!(status["pid"].as_u64().unwrap() > 1 && status["uptime_seconds"].is_u64(), "{status}");
    let listener = &status["listeners"][0];
    let expected = json!({
        "name": "front", "plugin": guests::ECHO_V1.path(), "generation": 1, "instances": "shared", "instances_up": 1, "connections": 2,
        "accepted": 2, "bytes_read": 16, "bytes_written": 16, "traps": 0, "reloads": 0, "reloads_failed": 0,
        "handshakes_failed": 0, "accept_errors": 0, "refused": 0, "state": "listening",
        "addresses": [format!("tcp://{}", host.tcp_address()), format!("tls://{}", host.tls_address())],
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&listener[key], value, "{key}");
    }
    assert!(listener["events"].as_u64().unwrap() >= 4 && listener["memory_bytes"].as_u64().unwrap() > 0, "{listener}");
}

#[test]
fn status_by_the_command_line() {
    let host = Serve::guest(guests::ECHO_V1).tcp().args(["--name", "front"]).start();
    host.tcp().echo("hello");
    let table = host.cli(["status"]).success();
    for word in ["front", &host.tcp_address().to_string(), &host.status()["digest"].as_str().unwrap()[..8]] {
        assert!(table.contains(word), "no {word} in:\n{table}");
    }
    let value: Value = serde_json::from_str(&host.cli(["status", "--json"]).success()).unwrap();
    assert_eq!(value["listeners"][0]["name"], "front");
}

#[test]
fn bad_requests_are_told_what_is_wrong() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let refused = |method: &str, path: &str, body: Option<Value>, word: &str| {
        let (code, answer) = host.request(method, path, body.as_ref());
        assert!((400..500).contains(&code), "{method} {path}: {code} {answer}");
        assert!(answer["error"].as_str().unwrap_or_else(|| panic!("{answer}")).contains(word), "no {word} in {answer}");
    };
    refused("POST", "/reload", Some(json!({ "dry-run": true })), "dry-run");
    refused("POST", "/reload", Some(json!({ "dry_run": "yes" })), "boolean");
    refused("POST", "/reload", Some(json!([1])), "");
    refused("POST", "/stop", Some(json!({ "listener": "nobody" })), "nobody");
    refused("GET", "/nothing", None, "/nothing");
    refused("GET", "/reload", None, "");
    host.tcp().echo("still here");
}

/// One that is slow to ask keeps nobody from asking, and isn't waited for without end.
#[test]
fn half_a_request_is_not_waited_for() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let half = "POST /stop HTTP/1.1\r\nHost: x\r\nContent-Le";
    let mut slow: Vec<Client> = (0..20).map(|_| Client::unix(host.admin_socket())).collect();
    slow.iter_mut().for_each(|client| client.send(half));
    assert_eq!(host.status()["state"], "listening");
    for client in &mut slow {
        client.expect_end();
    }
    host.tcp().echo("still here");
    assert_eq!(host.status()["state"], "listening");
}

#[test]
fn a_second_host_does_not_take_the_admin_socket() {
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let second = Serve::guest(guests::ECHO_V1).tcp().arg("--admin").arg(host.admin_socket());
    second.run().refusal(1, &["admin.sock"]);
    assert_eq!(host.count("generation"), 1);
}

#[test]
fn inspect_tells_what_a_component_is() {
    let inspect = |path: std::path::PathBuf| sockdock_tests::Program::sockdock(["inspect"]).arg(path).run();
    let said = inspect(guests::TRACER.path()).success();
    for word in ["0.1.0", "socket-handlers", "lifecycle", "timer-handler", "sockets", "wasi:"] {
        assert!(said.contains(word), "no {word} in:\n{said}");
    }
    let said = inspect(guests::ASKS_TOO_MUCH.path());
    assert!(said.stdout.contains("acme:vault/secrets"), "{said:?}");
    inspect("/nowhere/x.wasm".into()).refusal(1, &["/nowhere/x.wasm"]);
}

/// Even where the file's mode lets somebody else in: the peer's uid is looked at. To be somebody else takes root.
#[test]
fn another_user_is_turned_away() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let host = Serve::guest(guests::ECHO_V1).tcp().start();
    let socket = host.admin_socket();
    for open in
        socket.ancestors().take_while(|path| path.starts_with(std::env::temp_dir())).filter(|path| *path != std::env::temp_dir())
    {
        std::fs::set_permissions(open, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let script = "import os, socket, sys
os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(sys.argv[1])
answer = b''
try:
    s.sendall(b'GET /status HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')
    while chunk := s.recv(4096): answer += chunk
except ConnectionError: pass
print('answered' if b'listeners' in answer else 'turned away')";
    let said = sockdock_tests::Program::new("python3").args(["-c", script]).arg(socket).run().success();
    assert_eq!(said.trim(), "turned away");
    assert_eq!(host.count("generation"), 1, "its owner is still served");
}
