//! Client certificates: none, optional, required; revoked; the rule for clients that ask for no name.

use crate::guests;
use rustls::{ClientConfig, ClientConnection, pki_types::ServerName, version::TLS12, version::TLS13};
use sockdock_tests::{Authority, Certificates, Client, DEADLINE, Key, Output, Program, Secure, Serve, Tracer, trusting};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    sync::Arc,
};
use tempfile::TempDir;

/// An authority, somebody that it vouches for, and somebody that another one does.
struct World {
    folder: TempDir,
    authority: Authority,
    friend: Certificates,
    stranger: Certificates,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::make(folder.path(), "clients");
        let friend = authority.issue("friend", &["friend.test"], 7, Key::Ecdsa);
        let stranger = Authority::make(folder.path(), "others").issue("stranger", &["stranger.test"], 7, Key::Ecdsa);
        Self { folder, authority, friend, stranger }
    }

    /// One that greets whoever says something, and hangs up.
    fn tracer(&self, auth: &str, more: &[&Path]) -> Tracer {
        let tracer = Tracer::start(guests::TRACER, |serve| {
            let serve = serve.tls().args(["--tls-client-auth", auth, "--tls-client-ca"]).arg(&self.authority.certificate);
            more.iter().fold(serve, Serve::arg)
        });
        tracer.tell("on data write $ welcome; end $");
        tracer
    }
}

/// `openssl s_client` says hello and waits for the end.
fn openssl(tracer: &Tracer, shown: Option<&Certificates>, more: &[&str]) -> Output {
    let client = Program::new("openssl").args(["s_client", "-ign_eof", "-connect", &tracer.tls_address().to_string()]).args(more);
    let client = match shown {
        Some(shown) => client.arg("-cert").arg(&shown.certificate).arg("-key").arg(&shown.key),
        None => client,
    };
    client.input("hello\n").run()
}

/// curl, likewise: what greets it isn't HTTP, but it reads that.
fn curl(tracer: &Tracer, shown: Option<&Certificates>) -> Output {
    let client =
        Program::new("curl").args(["--silent", "--show-error", "--http0.9", "--no-alpn", "--max-time", "20", "--cacert"]);
    let client = client.arg(&tracer.certificates().certificate);
    let client = match shown {
        Some(shown) => client.arg("--cert").arg(&shown.certificate).arg("--key").arg(&shown.key),
        None => client,
    };
    client.arg(format!("https://{}/", tracer.tls_address())).run()
}

/// What the plugin has heard of its TLS peers so far.
#[track_caller]
fn verdicts(tracer: &Tracer) -> Vec<String> {
    let events = tracer.trace();
    events.into_iter().filter_map(|event| Some(event.strip_prefix("handshake ")?.split_once(' ')?.1.to_owned())).collect()
}

#[test]
fn required_lets_in_whom_the_authority_vouches_for() {
    let world = World::new();
    let tracer = world.tracer("required", &[]);
    for version in ["-tls1_2", "-tls1_3"] {
        assert!(openssl(&tracer, Some(&world.friend), &[version]).stdout.contains("welcome"), "{version}");
    }
    assert!(curl(&tracer, Some(&world.friend)).success().contains("welcome"));
    tracer.tell("off data");
    let config = world.friend.shown_to(&tracer.certificates().certificate);
    let subject = tracer.subject(Client::tls(tracer.tls_address(), Arc::new(config)));
    assert!(tracer.value(&format!("session {}", subject.id)).contains(" true "), "verified");
    assert_eq!(tracer.value(&format!("certificates {}", subject.id)), "1");
    assert_eq!(verdicts(&tracer), ["verified"; 4]);
    assert_eq!(tracer.count("handshakes_failed"), 0);
}

#[test]
fn required_turns_everybody_else_away() {
    let world = World::new();
    let tracer = world.tracer("required", &[]);
    let before = tracer.trace().len();
    let mut failed = 0;
    for shown in [None, Some(&world.stranger)] {
        for version in ["-tls1_2", "-tls1_3"] {
            let output = openssl(&tracer, shown, &[version]);
            assert!(!output.stdout.contains("welcome"), "{output:?}");
            failed += 1;
            tracer.wait_count("handshakes_failed", failed);
        }
        let output = curl(&tracer, shown);
        assert!(!output.status.success() && !output.stdout.contains("welcome"), "{output:?}");
        failed += 1;
        tracer.wait_count("handshakes_failed", failed);
    }
    tracer.wait_log(&["TLS handshake failed", "showed no certificate"]);
    tracer.wait_log(&["TLS handshake failed", "UnknownIssuer"]);
    assert_eq!(tracer.trace().len(), before, "the plugin has heard something");
}

/// The client has finished its part of a TLS 1.3 handshake before the server has seen its certificate, and sends data with it.
#[test]
fn data_that_comes_with_a_bad_certificate_is_thrown_away() {
    let world = World::new();
    let tracer = world.tracer("required", &[]);
    let before = tracer.trace().len();
    let mut failed = 0;
    let trusted = tracer.certificates().certificate.clone();
    for config in [trusting(&trusted), world.stranger.shown_to(&trusted)] {
        for version in [&TLS13, &TLS12] {
            let mut stream = TcpStream::connect(tracer.tls_address()).unwrap();
            stream.set_read_timeout(Some(DEADLINE)).unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            let mut client = ClientConnection::new(Arc::new(only(&config, version)), name).unwrap();
            // What is written before the end goes as soon as there are keys for it.
            client.writer().write_all(b"SECRET").unwrap();
            let mut ended = false;
            while client.is_handshaking() && !ended {
                client.write_tls(&mut stream).unwrap();
                ended = client.read_tls(&mut stream).map_or(true, |n| n == 0) || client.process_new_packets().is_err();
            }
            while client.wants_write() && client.write_tls(&mut stream).is_ok() {}
            let mut heard = Vec::new();
            while client.read_tls(&mut stream).is_ok_and(|n| n > 0) && client.process_new_packets().is_ok() {}
            client.reader().read_to_end(&mut heard).ok();
            assert_eq!(heard, b"");
            failed += 1;
            tracer.wait_count("handshakes_failed", failed);
        }
    }
    assert_eq!(tracer.trace().len(), before, "the plugin has heard something");
}

fn only(config: &ClientConfig, version: &'static rustls::SupportedProtocolVersion) -> ClientConfig {
    let provider = config.crypto_provider().clone();
    let mut only = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_client_cert_resolver(config.client_auth_cert_resolver.clone());
    only.dangerous().set_certificate_verifier(Arc::new(sockdock_tests::Anybody));
    only
}

#[test]
fn optional_lets_everybody_in_and_says_who_it_is() {
    let world = World::new();
    let tracer = world.tracer("optional", &[]);
    let mut expected = Vec::new();
    for (shown, verdict) in [
        (Some(&world.friend), "verified"),
        (None, "unverified: the client showed no certificate"),
        (Some(&world.stranger), "unverified: invalid peer certificate: UnknownIssuer"),
    ] {
        for version in ["-tls1_2", "-tls1_3"] {
            let output = openssl(&tracer, shown, &[version]);
            assert!(output.stdout.contains("welcome"), "{output:?}");
            expected.push(verdict);
        }
    }
    assert_eq!(verdicts(&tracer), expected);
    tracer.tell("off data");
    let config = world.stranger.shown_to(&tracer.certificates().certificate);
    let stranger = tracer.subject(Client::tls(tracer.tls_address(), Arc::new(config)));
    assert!(tracer.value(&format!("session {}", stranger.id)).contains(" false "), "not verified");
    assert_eq!(tracer.value(&format!("certificates {}", stranger.id)), "1", "but known");
}

#[test]
fn none_asks_nobody() {
    let tracer = Tracer::start(guests::TRACER, Serve::tls);
    tracer.tell("on data write $ welcome; end $");
    let world = World::new();
    let output = openssl(&tracer, Some(&world.friend), &[]);
    assert!(output.stdout.contains("welcome") && output.stdout.contains("No client certificate CA names sent"), "{output:?}");
    assert_eq!(verdicts(&tracer), ["verified"], "nothing is wrong with it");
}

#[test]
fn the_revoked_stay_outside() {
    let world = World::new();
    let other = world.authority.issue("other", &["other.test"], 8, Key::Ecdsa);
    let list = world.authority.revoke("revoked", &[7], 2100);
    let flag = Path::new("--tls-client-crl");
    let tracer = world.tracer("required", &[flag, &list]);
    assert!(!openssl(&tracer, Some(&world.friend), &[]).stdout.contains("welcome"));
    tracer.wait_log(&["TLS handshake failed", "Revoked"]);
    assert!(openssl(&tracer, Some(&other), &[]).stdout.contains("welcome"));
    // A list that should have been replaced says nothing.
    let stale = world.authority.revoke("stale", &[], 2021);
    let tracer = world.tracer("optional", &[flag, &stale]);
    assert!(openssl(&tracer, Some(&other), &[]).stdout.contains("welcome"));
    assert!(verdicts(&tracer)[0].contains("revocation list expired"), "{:?}", verdicts(&tracer));
    // DER is as good as PEM.
    let der = world.folder.path().join("revoked.der");
    let convert = Program::new("openssl").args(["crl", "-outform", "DER", "-in"]).arg(&list).arg("-out").arg(&der);
    convert.run().success();
    let tracer = world.tracer("required", &[flag, &der]);
    assert!(!openssl(&tracer, Some(&world.friend), &[]).stdout.contains("welcome"));
}

#[test]
fn python_shows_its_certificate() {
    const SCRIPT: &str = "
import socket, ssl, sys
address, ca, cert, key = sys.argv[1:]
host, port = address.rsplit(':', 1)
context = ssl.create_default_context(cafile=ca)
context.load_cert_chain(cert, key)
with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname='localhost') as s:
    s.sendall(b'hello')
    print(s.recv(100))
";
    let world = World::new();
    let tracer = world.tracer("required", &[]);
    let python = |shown: &Certificates| {
        let python = Program::new("python3").args(["-c", SCRIPT, &tracer.tls_address().to_string()]);
        python.arg(&tracer.certificates().certificate).arg(&shown.certificate).arg(&shown.key).run()
    };
    assert_eq!(python(&world.friend).success(), "b'welcome'\n");
    assert!(!python(&world.stranger).status.success());
}

#[test]
fn what_cannot_be_meant_is_refused_at_the_start() {
    let world = World::new();
    let ca = world.authority.certificate.to_str().unwrap();
    let nothing = world.folder.path().join("nothing.pem");
    std::fs::write(&nothing, "nothing").unwrap();
    let nothing = nothing.to_str().unwrap();
    for (flags, words) in [
        (&["--tls-client-auth", "required"][..], "--tls-client-ca FILE"),
        (&["--tls-client-ca", ca], "--tls-client-auth optional or required"),
        (&["--tls-client-auth", "sometimes", "--tls-client-ca", ca], "none, optional or required"),
        (&["--tls-client-auth", "required", "--tls-client-ca", nothing], "no certificate in it"),
        (&["--tls-client-auth", "required", "--tls-client-ca", "/nowhere.pem"], "/nowhere.pem"),
        (&["--tls-client-auth", "required", "--tls-client-ca", ca, "--tls-client-crl", ca], "no revocation list in it"),
        (&["--tls-min-version", "1.1"], "1.2 or 1.3"),
    ] {
        let output = Serve::guest(guests::TRACER).tls().args(flags).run();
        assert!(!output.status.success() && output.stderr.contains(words), "{flags:?}: {}", output.stderr);
    }
}

/// Leaving the name out, or asking for one that nobody has, is no way round a rule.
#[test]
fn without_a_known_name_the_strictest_rule_holds() {
    let world = World::new();
    let folder = world.folder.path();
    let open = Certificates::write_for(folder, "open", &["open.test"]);
    let closed = Certificates::write_for(folder, "closed", &["closed.test"]);
    let rule = sockdock::ClientRule {
        auth: sockdock::ClientAuth::Required,
        authorities: vec![world.authority.certificate.clone().into()],
        revocation_lists: Vec::new(),
    };
    let certificate = |pair: &Certificates| sockdock::TlsCertificate::new(pair.certificate.clone(), pair.key.clone());
    let settings = sockdock::TlsSettings::new(certificate(&open)).certificate(certificate(&closed).clients(rule));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = sockdock::Host::new(sockdock::HostConfig::default()).unwrap();
    let listen = sockdock::Listen::tcp("127.0.0.1:0").tls(settings.build().unwrap());
    let plugin = sockdock::Plugin::from_file(guests::ECHO_V1.path()).unwrap();
    let server = runtime.block_on(host.listen(listen, plugin)).unwrap();
    let address = server.local_addr().unwrap();

    let echoes = |name: &str, sni: bool, config: ClientConfig| {
        let mut config = config;
        config.enable_sni = sni;
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut client = Secure::handshake_with(name, stream, Arc::new(config))?;
        client.write_all(b"hello")?;
        let mut back = [0; 5];
        client.read_exact(&mut back).map(|()| assert_eq!(&back, b"hello"))
    };
    let anonymous = |certificate: &Certificates| trusting(&certificate.certificate);
    let friend = |certificate: &Certificates| world.friend.shown_to(&certificate.certificate);
    echoes("open.test", true, anonymous(&open)).unwrap();
    echoes("closed.test", true, friend(&closed)).unwrap();
    echoes("closed.test", true, anonymous(&closed)).unwrap_err();
    // The first certificate is for those without a name, but not its rule.
    echoes("open.test", false, anonymous(&open)).unwrap_err();
    echoes("open.test", false, friend(&open)).unwrap();
    let mut unknown = anonymous(&open);
    unknown.dangerous().set_certificate_verifier(Arc::new(sockdock_tests::Anybody));
    echoes("unknown.test", true, unknown).unwrap_err();
    runtime.block_on(server.stop(sockdock::Stop::Force)).unwrap();
}
