//! `examples/smtp-starttls`, as mail clients see it: swaks, OpenSSL, Python's smtplib.

use sockdock_tests::{Certificates, Client, Host, Program, Secure, Serve, example_folder};
use std::io::{Read as _, Write as _};

const PYTHON: &str = include_str!("smtp/client.py");

fn smtp(options: impl FnOnce(Serve) -> Serve) -> Host {
    let serve = Serve::plugin(example_folder("smtp-starttls")).tcp().tls();
    let made = Certificates::write(serve.folder(), "mail");
    let pair = format!("main={},{}", made.certificate.display(), made.key.display());
    options(serve.args(["--credentials", &pair]).set("credentials", "main").set("readable", "true")).start()
}

fn swaks(host: &Host) -> Program {
    let server = host.tcp_address().to_string();
    Program::new("swaks").args([
        "--server",
        &server,
        "--from",
        "ann@example.com",
        "--to",
        "ben@example.org",
        "--helo",
        "client.example",
    ])
}

#[test]
fn swaks_sends_with_and_without_tls() {
    let host = smtp(|serve| serve);
    let ca = host.path("mail.pem");
    let body = ".a line with a dot\n..\nthe end";
    let clear = swaks(&host).args(["--body", body]).run().success();
    let secret =
        swaks(&host).args(["--tls", "--tls-verify", "--pipeline", "--body", body, "--tls-ca-path"]).arg(&ca).run().success();
    assert!(!clear.contains("TLS started") && secret.contains("TLS started with cipher TLSv1.3"), "{secret}");
    for (id, protocol) in [("1", "ESMTP"), ("2", "ESMTPS")] {
        let said = read(&host, id);
        assert!(said.contains(&format!("by localhost with {protocol} id {id};")), "{said}");
        assert!(said.contains("250-.a line with a dot\r\n250-..\r\n250-the end\r\n"), "{said}");
        host.wait_log(&[&format!("message {id}"), "<ann@example.com>", "<ben@example.org>"]);
    }
    host.wait_count("connections", 0);
    assert_eq!(host.count("traps"), 0);
}

/// A message, by XMAIL.
fn read(host: &Host, id: &str) -> String {
    let mut client = host.tcp();
    client.send(format!("EHLO me\r\nXMAIL {id}\r\nQUIT\r\n"));
    String::from_utf8(client.rest().unwrap()).unwrap()
}

#[test]
fn swaks_is_refused_where_tls_is_required() {
    let host = smtp(|serve| serve.set("require-tls", "true"));
    // 23: MAIL was refused.
    let said = swaks(&host).run();
    assert_eq!(said.status.code(), Some(23), "{said:?}");
    assert!(said.stdout.contains("<** 530 5.7.0"), "{}", said.stdout);
    swaks(&host).arg("--tls").run().success();
}

#[test]
fn openssl_begins_tls_and_checks_the_certificate() {
    let host = smtp(|serve| serve);
    for version in ["-tls1_2", "-tls1_3"] {
        let said = Program::new("openssl")
            .args([
                "s_client",
                "-starttls",
                "smtp",
                "-name",
                "client.example",
                "-crlf",
                "-quiet",
                "-verify_return_error",
                version,
            ])
            .args(["-verify_hostname", "localhost", "-connect", &host.tcp_address().to_string(), "-CAfile"])
            .arg(host.path("mail.pem"))
            .input("EHLO client.example\nNOOP\nQUIT\n")
            .run();
        assert!(said.stdout.contains("250-SIZE ") && !said.stdout.contains("STARTTLS"), "{said:?}");
        assert!(said.stdout.contains("221 2.0.0"), "{said:?}");
    }
}

#[test]
fn pythons_smtplib() {
    let python = sockdock_tests::repository().join("target/clients/python/bin/python");
    for kind in ["starttls", "implicit"] {
        let host = smtp(|serve| serve.set("domain", "example.org"));
        let (address, certificate) = match kind {
            "starttls" => (host.tcp_address(), host.path("mail.pem")),
            _ => (host.tls_address(), host.certificates().certificate.clone()),
        };
        let port = address.port().to_string();
        let said = Program::new(&python).args(["-c", PYTHON, &port]).arg(certificate).arg(kind).run().success();
        assert_eq!(said, "exact\n");
        assert_eq!(host.count("traps"), 0);
    }
}

/// Sends this, and begins TLS after its last answer.
fn begun(host: &Host, clear: &str, answer: &str) -> Secure<std::net::TcpStream> {
    let Client::Tcp(mut stream) = host.tcp() else { panic!("no TCP") };
    stream.write_all(clear.as_bytes()).unwrap();
    let mut said = Vec::new();
    while !said.ends_with(answer.as_bytes()) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        said.push(byte[0]);
    }
    let config = std::sync::Arc::new(sockdock_tests::trusting(&host.path("mail.pem")));
    Secure::handshake(stream, config).unwrap()
}

#[test]
fn commands_injected_behind_starttls_are_dropped() {
    let host = smtp(|serve| serve);
    let injected = "EHLO me\r\nSTARTTLS\r\nRSET\r\nMAIL FROM:<evil@example.com>\r\n";
    let mut client = begun(&host, injected, "220 2.0.0 Go ahead\r\n");
    client.write_all(b"NOOP\r\nRCPT TO:<ben@example.org>\r\nQUIT\r\n").unwrap();
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    let codes: Vec<&str> = said.lines().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["250", "503", "221"], "{said}");
}

#[test]
fn a_message_and_a_session_cross_reloads() {
    let host = smtp(|serve| serve);
    let mut client = begun(&host, "EHLO me\r\nSTARTTLS\r\n", "220 2.0.0 Go ahead\r\n");
    for line in [
        "EHLO me\r\n",
        "MAIL FROM:<ann@example.com>\r\n",
        "RCPT TO:<ben@example.org>\r\nDATA\r\n",
        "one\r\n.",
        ".two\r",
        "\n.\r\nXMAIL 1\r\nQUIT\r\n",
    ] {
        client.write_all(line.as_bytes()).unwrap();
        client.flush().unwrap();
        host.cli(["reload"]).success();
    }
    let mut said = String::new();
    client.read_to_string(&mut said).unwrap();
    assert!(said.contains("250-one\r\n250-.two\r\n250 2.0.0 OK\r\n221 "), "{said}");
}
