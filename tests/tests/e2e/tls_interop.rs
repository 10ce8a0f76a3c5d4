//! TLS implementations that aren't OpenSSL's and aren't ours, with client certificates: GnuTLS and Node.

use crate::guests;
use sockdock_tests::{Authority, Certificates, Key, Output, Program, Tracer};
use tempfile::TempDir;

/// A listener that wants a certificate, and somebody who has one.
struct World {
    tracer: Tracer,
    authority: Authority,
    friend: Certificates,
    stranger: Certificates,
    _folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::make(folder.path(), "ca");
        let server = authority.issue("server", &["localhost"], 1, Key::Rsa);
        let friend = authority.issue("friend", &["friend.test"], 2, Key::Ecdsa);
        let stranger = Authority::make(folder.path(), "other").issue("stranger", &["stranger.test"], 2, Key::Ecdsa);
        let tracer = Tracer::start(guests::TRACER, |serve| {
            let serve = serve.args(["--listen-tls", "127.0.0.1:0", "--tls-cert"]).arg(&server.certificate);
            let serve = serve.arg("--tls-key").arg(&server.key).args(["--tls-alpn", "h2", "--tls-client-auth", "required"]);
            serve.arg("--tls-client-ca").arg(&authority.certificate)
        });
        Self { tracer, authority, friend, stranger, _folder: folder }
    }

    /// What the plugin has heard of its TLS peers.
    fn handshakes(&self) -> usize {
        self.tracer.trace().iter().filter(|event| event.starts_with("handshake ") && event.ends_with(" verified")).count()
    }
}

#[test]
fn gnutls() {
    let world = World::new();
    let gnutls = |shown: &Certificates, more: &[&str]| -> Output {
        let client = Program::new("gnutls-cli").args(["--port", &world.tracer.tls_address().port().to_string(), "--x509cafile"]);
        let client = client.arg(&world.authority.certificate).arg("--x509certfile").arg(&shown.certificate);
        client.arg("--x509keyfile").arg(&shown.key).args(more).arg("localhost").input("hello\n").run()
    };
    for (number, version) in [(1, "NORMAL:-VERS-ALL:+VERS-TLS1.2"), (2, "NORMAL:-VERS-ALL:+VERS-TLS1.3")] {
        let output = gnutls(&world.friend, &["--priority", version, "--alpn", "h2"]).success();
        assert!(output.contains("Handshake was completed") && output.contains("Application protocol: h2"), "{output}");
        world.tracer.wait_where(|event| event.ends_with(" 6 hello\\n"));
        assert_eq!(world.handshakes(), 1);
        world.tracer.tell("forget");
        drop(gnutls(&world.stranger, &["--priority", version]));
        world.tracer.wait_count("handshakes_failed", number);
        assert_eq!(world.handshakes(), 0);
    }
}

#[test]
fn gnutls_resumes() {
    let world = World::new();
    for version in ["NORMAL:-VERS-ALL:+VERS-TLS1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.3"] {
        let client = Program::new("gnutls-cli").args(["--port", &world.tracer.tls_address().port().to_string(), "--x509cafile"]);
        let client = client.arg(&world.authority.certificate).arg("--x509certfile").arg(&world.friend.certificate);
        let client =
            client.arg("--x509keyfile").arg(&world.friend.key).args(["--priority", version, "--resume", "--waitresumption"]);
        let output = client.arg("localhost").input("hello\n").run();
        assert!(output.stdout.contains("*** This is a resumed session"), "{output:?}");
    }
    assert_eq!(world.handshakes(), 4);
}

#[test]
fn node() {
    const SCRIPT: &str = "
const tls = require('tls'), fs = require('fs');
const [port, ca, cert, key, version] = process.argv.slice(1);
const read = file => fs.readFileSync(file);
const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca: read(ca), cert: read(cert), key: read(key),
  ALPNProtocols: ['h2'], minVersion: version, maxVersion: version });
socket.on('error', error => { console.error(error.message); process.exit(1); });
socket.on('data', data => { console.log(socket.getProtocol(), socket.alpnProtocol, String(data)); socket.end(); });
socket.write('hello');
";
    let world = World::new();
    world.tracer.tell("on data write $ welcome");
    let node = |shown: &Certificates, version: &str| {
        let node = Program::new("node").args(["-e", SCRIPT, &world.tracer.tls_address().port().to_string()]);
        node.arg(&world.authority.certificate).arg(&shown.certificate).arg(&shown.key).arg(version).run()
    };
    for version in ["TLSv1.2", "TLSv1.3"] {
        assert_eq!(node(&world.friend, version).success(), format!("{version} h2 welcome\n"));
        assert!(!node(&world.stranger, version).status.success());
    }
    assert_eq!(world.handshakes(), 2);
}
