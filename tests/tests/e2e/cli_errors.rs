//! Bad input gets an error that says what, where and what to do, and an exit code other than 0.

use crate::guests;
use sockdock_tests::{Certificates, Program, Serve};
use std::{fs, net::TcpListener, path::Path};

fn echo() -> Serve {
    Serve::guest(guests::ECHO_V1)
}

/// An error has a line that says what and where, and one that says what to do.
#[track_caller]
fn refused(serve: Serve, words: &[&str]) {
    let said = serve.run().refusal(1, words);
    let error = said.lines().position(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("{said}"));
    let advice = said.lines().nth(error + 1).unwrap_or_default();
    assert!(advice.starts_with("  ") && advice.len() > 10, "no advice: {said}");
}

#[test]
fn plugins_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    refused(Serve::plugin(folder.path().join("missing.wasm")).tcp(), &["missing.wasm", "No such file"]);
    refused(Serve::plugin(file("notes.txt", b"hello")).tcp(), &["notes.txt", "WebAssembly"]);
    refused(Serve::plugin(file("empty.wasm", b"")).tcp(), &["empty.wasm"]);
    // A module is Wasm, but no component.
    refused(Serve::plugin(file("module.wasm", b"\0asm\x01\0\0\0")).tcp(), &["module.wasm", "component"]);
    refused(Serve::plugin(file("cut.wasm", &fs::read(guests::ECHO_V1.path()).unwrap()[..5000])).tcp(), &["cut.wasm"]);
    refused(Serve::plugin(folder.path().join("")).tcp(), &[folder.path().to_str().unwrap()]);
    refused(Serve::guest(guests::WRONG_WORLD).tcp(), &["wrong_world.wasm", "socket-handlers"]);
    refused(Serve::guest(guests::WRONG_VERSION).tcp(), &["wrong_version.wasm", "9.9.9", "0.1.0"]);
    refused(Serve::guest(guests::ASKS_TOO_MUCH).tcp(), &["asks_too_much.wasm", "acme:vault/secrets"]);
}

#[test]
fn addresses() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(echo().args(["--listen", &address]), &[&address, "in use"]);
    refused(echo().args(["--listen", "192.0.2.1:7000"]), &["192.0.2.1:7000"]);
    refused(echo().args(["--listen", "unix:/nowhere/at/all.sock"]), &["/nowhere/at/all.sock"]);
    refused(echo().args(["--listen", "no-such-host.invalid:7000"]), &["no-such-host.invalid"]);
    for bad in ["7000", "127.0.0.1", "127.0.0.1:99999", "::1:70", "unix:", "http://127.0.0.1:80", ""] {
        let said = echo().args(["--listen", bad]).run();
        assert!([Some(1), Some(2)].contains(&said.status.code()), "{bad:?}: {said:?}");
        assert!(said.stderr.contains(bad) && said.stderr.contains("HOST:PORT"), "{bad:?}: {said:?}");
    }
}

#[test]
fn certificates() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (Certificates::write(folder.path(), "one"), Certificates::write(folder.path(), "two"));
    let with = |cert: &Path, key: &Path| echo().tcp().arg("--tls-cert").arg(cert).arg("--tls-key").arg(key);
    let nothing = folder.path().join("nothing.pem");
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "no certificate").unwrap();
    refused(with(&one.certificate, &two.key), &["one.pem", "two.key"]);
    refused(with(&nothing, &one.key), &["nothing.pem", "No such file"]);
    refused(with(&one.certificate, &nothing), &["nothing.pem", "No such file"]);
    refused(with(&empty, &one.key), &["empty.pem", "certificate"]);
    refused(with(&one.certificate, &empty), &["empty.pem", "key"]);
    // Half of a pair, or none where one is needed.
    for (serve, word) in [
        (echo().tcp().arg("--tls-cert").arg(&one.certificate), "--tls-key"),
        (echo().tcp().arg("--tls-key").arg(&one.key), "--tls-cert"),
        (echo().args(["--listen-tls", "127.0.0.1:0"]), "--tls-cert"),
    ] {
        let said = serve.run();
        assert!([Some(1), Some(2)].contains(&said.status.code()), "{said:?}");
        assert!(said.stderr.contains(word), "no {word}: {said:?}");
    }
}

#[test]
fn a_start_that_fails() {
    let faulty =
        |how: &str| Serve::guest(guests::FAULTY).tcp().args(["--start-budget", "300ms"]).set("in", "start").set("how", how);
    refused(faulty("error"), &["faulty", "start", "the plugin said no"]);
    for how in ["trap", "loop", "stack"] {
        refused(faulty(how), &["faulty", "start"]);
    }
}

#[test]
fn limits_that_make_no_sense() {
    // Flags that can't have been meant are usage errors, as unknown ones are.
    echo().tcp().args(["--write-buffer", "64KiB"]).run().refusal(2, &["write-buffer", "high-water", "give a"]);
    echo().tcp().args(["--instances", "per-peer"]).run().refusal(2, &["per-peer", "per-connection"]);
}

#[test]
fn usage() {
    let plugin = guests::ECHO_V1.path();
    let cases: [(&[&str], &str); 9] = [
        (&["--listen", "127.0.0.1:0", "--lisen", "x"], "--lisen"),
        (&[], "--listen"),
        (&["--listen", "127.0.0.1:0", "--instances", "many"], "many"),
        (&["--listen", "127.0.0.1:0", "--instances", "0"], "0"),
        (&["--listen", "127.0.0.1:0", "--set", "novalue"], "KEY=VALUE"),
        (&["--listen", "127.0.0.1:0", "--idle-timeout", "5"], "5 of what?"),
        (&["--listen", "127.0.0.1:0", "--memory-limit", "12 parsecs"], "12 parsecs"),
        (&["--listen", "127.0.0.1:0", "--log-format", "xml"], "xml"),
        (&["--listen", "127.0.0.1:0", "--max-connections", "-1"], "-1"),
    ];
    for (args, word) in cases {
        let said = Program::sockdock(["serve"]).arg(&plugin).args(args).run();
        said.refusal(2, &["error: ", word]);
    }
    Program::sockdock(["serv"]).run().refusal(2, &["serv", "serve"]);
    Program::sockdock([""; 0]).run().refusal(2, &["serve", "reload"]);
    let help = Program::sockdock(["serve", "--help"]).run().success();
    assert!(help.contains("--listen") && help.contains("127.0.0.1:7000"), "{help}");
}

#[test]
fn an_admin_socket_that_nobody_serves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.sock");
    for command in ["status", "reload", "stop"] {
        let said = Program::sockdock([command, "--admin"]).arg(&path).run().refusal(1, &["none.sock"]);
        assert!(said.lines().count() >= 2, "no advice: {said}");
    }
}
