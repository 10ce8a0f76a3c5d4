//! The clients, and how each is told what to do. All of them can do all of it.

use super::{Ask, row};
use serde_json::json;
use sockdock_tests::{Output, Program, repository};

#[test]
fn openssl() {
    row(|ask| {
        let once = |more: &[&str]| {
            let client = Program::new("openssl").args(["s_client", "-ign_eof", "-connect", &format!("127.0.0.1:{}", ask.port)]);
            let client = client.args([if ask.version == "1.2" { "-tls1_2" } else { "-tls1_3" }, "-servername", ask.name]);
            let client = if ask.unchecked { client } else { client.args(["-verify_return_error", "-verify_hostname", ask.name]) };
            let client = client.arg("-CAfile").arg(ask.ca).args(ask.alpn.iter().flat_map(|alpn| ["-alpn", alpn]));
            shown(client, ask, "-cert", "-key").args(more).input("hello\n").run()
        };
        let session = ask.folder.join(format!("session-{}", ask.version)).display().to_string();
        if ask.again {
            assert!(once(&["-sess_out", &session]).stdout.contains("welcome"));
            return once(&["-sess_in", &session]);
        }
        once(&[])
    });
}

#[test]
fn gnutls() {
    row(|ask| {
        let version = format!("NORMAL:-VERS-ALL:+VERS-TLS{}", ask.version);
        let client = Program::new("gnutls-cli").args(["--port", &ask.port.to_string(), "--priority", &version]);
        let client = client.args(["--sni-hostname", ask.name, "--verify-hostname", ask.name, "--x509cafile"]).arg(ask.ca);
        let client = client.args(ask.alpn.iter().flat_map(|alpn| ["--alpn", alpn])).args(ask.unchecked.then_some("--insecure"));
        let client = client.args(if ask.again { &["--resume", "--waitresumption"][..] } else { &[] });
        shown(client, ask, "--x509certfile", "--x509keyfile").arg("127.0.0.1").input("hello\n").run()
    });
}

/// What answers it isn't HTTP, but it reads that. It sends a request instead of a hello, and offers no protocol but HTTP.
#[test]
fn curl() {
    row(|ask| {
        let client = Program::new("curl").args(["--silent", "--show-error", "--http0.9", "--max-time", "20", "--cacert"]);
        let client = client.arg(ask.ca).args(["--connect-to", "::127.0.0.1:"]);
        let client = client.args([&*format!("--tlsv{}", ask.version), "--tls-max", ask.version]);
        let client = client.arg(if ask.alpn.is_some() { "--http1.1" } else { "--no-alpn" });
        let client = client.args(ask.unchecked.then_some("--insecure"));
        let address = format!("https://{}:{}/", ask.name, ask.port);
        // It keeps sessions from one address to the next.
        let addresses = vec![address; if ask.again { 2 } else { 1 }];
        shown(client, ask, "--cert", "--key").args(addresses).run()
    });
}

#[test]
fn python() {
    row(|ask| script("python3", "client.py", ask));
}

#[test]
fn node() {
    row(|ask| script("node", "client.mjs", ask));
}

#[test]
fn bun() {
    let bun = repository().join("target/clients/bun/node_modules/.bin/bun");
    row(|ask| script(bun.to_str().unwrap(), "client.mjs", ask));
}

fn shown(client: Program, ask: &Ask<'_>, certificate: &str, key: &str) -> Program {
    match ask.shown {
        Some(pair) => client.arg(certificate).arg(&pair.certificate).arg(key).arg(&pair.key),
        None => client,
    }
}

fn script(program: &str, file: &str, ask: &Ask<'_>) -> Output {
    let asked = json!({
        "port": ask.port, "name": ask.name, "ca": ask.ca, "version": format!("TLSv{}", ask.version), "alpn": ask.alpn,
        "cert": ask.shown.map(|pair| &pair.certificate), "key": ask.shown.map(|pair| &pair.key),
        "unchecked": ask.unchecked, "again": ask.again,
    });
    let file = repository().join("tests/tests/e2e/tls_matrix").join(file);
    Program::new(program).arg(file).arg(asked.to_string()).run()
}
