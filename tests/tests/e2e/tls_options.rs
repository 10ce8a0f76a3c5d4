//! How a listener speaks TLS: protocols, versions, kinds of keys, encrypted keys, resumption, the key log.

use crate::guests;
use sockdock_tests::{Authority, Certificates, DEADLINE, Key, Output, Program, Secure, Serve, Tracer, trusting};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// One that greets whoever says something, and hangs up.
fn tracer(options: impl FnOnce(Serve) -> Serve) -> Tracer {
    let tracer = Tracer::start(guests::TRACER, options);
    tracer.tell("on data write $ welcome; end $");
    tracer
}

/// `openssl s_client` says hello and waits for the end.
fn openssl(tracer: &Tracer, more: &[&str]) -> Output {
    let client = Program::new("openssl").args(["s_client", "-ign_eof", "-connect", &tracer.tls_address().to_string()]);
    client.args(more).input("hello\n").run()
}

#[test]
fn protocols_are_agreed_on_or_the_client_is_turned_away() {
    let tracer = tracer(|serve| serve.tls().args(["--tls-alpn", "h2", "--tls-alpn", "http/1.1"]));
    for (offered, agreed) in [("http/1.1,h2", "ALPN protocol: h2"), ("smtp,http/1.1", "ALPN protocol: http/1.1")] {
        let output = openssl(&tracer, &["-alpn", offered]);
        assert!(output.stdout.contains(agreed) && output.stdout.contains("welcome"), "{output:?}");
    }
    assert!(openssl(&tracer, &[]).stdout.contains("welcome"), "one that offers none");
    let output = openssl(&tracer, &["-alpn", "smtp"]);
    assert!(!output.stdout.contains("welcome") && output.stderr.contains("no application protocol"), "{output:?}");
    tracer.wait_log(&["TLS handshake failed", "none of the protocols", "h2, http/1.1"]);
    assert_eq!(tracer.count("handshakes_failed"), 1);
    let output = Serve::guest(guests::TRACER).tls().args(["--tls-alpn", ""]).run();
    assert!(output.stderr.contains("1 to 255 bytes"), "{}", output.stderr);
}

#[test]
fn the_lowest_version_holds() {
    let strict = tracer(|serve| serve.tls().args(["--tls-min-version", "1.3"]));
    assert!(!openssl(&strict, &["-tls1_2"]).stdout.contains("welcome"));
    assert!(openssl(&strict, &["-tls1_3"]).stdout.contains("welcome"));
    let curl = Program::new("curl")
        .args(["--silent", "--tls-max", "1.2", "--insecure"])
        .arg(format!("https://{}", strict.tls_address()));
    assert!(!curl.run().status.success());
    let usual = tracer(Serve::tls);
    assert!(openssl(&usual, &["-tls1_2"]).stdout.contains("welcome"));
    // Older ones aren't spoken at all, whatever the client would do.
    let old = openssl(&usual, &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    assert!(!old.stdout.contains("welcome"), "{old:?}");
}

#[test]
fn the_kind_of_key_is_one_that_the_client_can_verify() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::make(folder.path(), "ca");
    let pairs = [
        authority.issue("ecdsa", &["localhost"], 1, Key::Ecdsa),
        authority.issue("rsa", &["localhost"], 2, Key::Rsa),
        authority.issue("other", &["other.test"], 3, Key::Ecdsa),
    ];
    let tracer = tracer(|serve| {
        pairs.iter().fold(serve.args(["--listen-tls", "127.0.0.1:0"]), |serve, pair| {
            serve.arg("--tls-cert").arg(&pair.certificate).arg("--tls-key").arg(&pair.key)
        })
    });
    let ca = authority.certificate.to_str().unwrap();
    for (flags, kind) in [
        (&["-servername", "localhost"][..], "Peer signature type: ECDSA"),
        (&["-servername", "localhost", "-sigalgs", "rsa_pss_rsae_sha256"], "Peer signature type: RSA-PSS"),
        (&["-servername", "localhost", "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], "Peer signature type: RSA"),
        (&["-servername", "other.test"], "subject=CN = other"),
        // Better a certificate of another name than none that can be verified.
        (&["-servername", "other.test", "-sigalgs", "rsa_pss_rsae_sha256"], "Peer signature type: RSA-PSS"),
        (&["-noservername"], "Peer signature type: ECDSA"),
    ] {
        let output = openssl(&tracer, &[flags, &["-CAfile", ca, "-verify_return_error"]].concat());
        assert!(output.stdout.contains(kind) && output.stdout.contains("welcome"), "{flags:?}: {output:?}");
    }
}

#[test]
fn sessions_are_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::make(folder.path(), "clients");
    let friend = authority.issue("friend", &["friend.test"], 1, Key::Ecdsa);
    let shown = ["-cert", friend.certificate.to_str().unwrap(), "-key", friend.key.to_str().unwrap()];
    let ca = &authority.certificate;
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for auth in ["none", "required"] {
        let tracer = tracer(|serve| match auth {
            "none" => serve.tls(),
            _ => serve.tls().args(["--tls-client-auth", auth, "--tls-client-ca"]).arg(ca),
        });
        // By ticket, by session id, by TLS 1.3's ticket.
        for (number, flags) in [&["-tls1_2"][..], &["-tls1_2", "-no_ticket"], &["-tls1_3"]].into_iter().enumerate() {
            let session = file(&format!("{auth}-{number}"));
            let first = openssl(&tracer, &[flags, &shown, &["-sess_out", &session]].concat());
            assert!(first.stdout.contains("welcome") && first.stdout.contains("New, TLSv1"), "{flags:?} {first:?}");
            let second = openssl(&tracer, &[flags, &shown, &["-sess_in", &session]].concat());
            assert!(second.stdout.contains("welcome") && second.stdout.contains("Reused, TLSv1"), "{flags:?} {second:?}");
        }
        // The plugin hears of a resumed one what it would hear of a new one.
        let trace = tracer.trace();
        assert_eq!(
            trace.iter().filter(|event| event.starts_with("handshake ") && event.ends_with(" verified")).count(),
            6,
            "{trace:?}"
        );
    }
}

#[test]
fn keys_are_logged_where_somebody_asks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let tracer = tracer(|serve| serve.tls().arg("--tls-key-log").arg(&ours));
    tracer.wait_log(&["WARN", "TLS KEYS ARE WRITTEN", "ours"]);
    for version in ["-tls1_2", "-tls1_3"] {
        assert!(openssl(&tracer, &[version, "-keylogfile", theirs.to_str().unwrap()]).stdout.contains("welcome"));
    }
    // What the host has written is what the client knows, too.
    let lines = |file: &Path| fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    let secrets =
        |file: &Path| lines(file).into_iter().filter(|line| line.starts_with("CLIENT_") && !line.starts_with("CLIENT_EARLY"));
    let (host, client) = (secrets(&ours).collect::<Vec<_>>(), secrets(&theirs).collect::<Vec<_>>());
    assert_eq!(host.len(), 3, "{host:?}");
    assert!(host.iter().all(|line| client.contains(line)), "{host:#?} {client:#?}");
    assert_eq!(fs::metadata(&ours).unwrap().permissions().mode() & 0o777, 0o600);
}

/// A certificate whose key openssl has encrypted.
struct Sealed {
    pair: Certificates,
    key: PathBuf,
}

fn sealed(folder: &Path, name: &str, how: &[&str]) -> Sealed {
    let pair = Certificates::write(folder, name);
    let key = folder.join(format!("{name}.sealed"));
    let openssl = Program::new("openssl").args(["pkcs8", "-topk8", "-passout", "pass:open sesame", "-in"]).arg(&pair.key);
    openssl.arg("-out").arg(&key).args(how).run().success();
    Sealed { pair, key }
}

#[test]
fn encrypted_keys_are_opened_by_their_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let passphrase = folder.path().join("passphrase");
    fs::write(&passphrase, "open sesame\n").unwrap();
    let from_file = format!("file:{}", passphrase.display());
    for (how, source) in [
        (&["-v2", "aes-256-cbc"][..], from_file.as_str()),
        (&["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"], "env:SESAME"),
        (&["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA1", "-outform", "DER"], "env:SESAME"),
    ] {
        let Sealed { pair, key } = sealed(folder.path(), "sealed", how);
        let credentials = format!("mine={},{},{source}", pair.certificate.display(), key.display());
        let tracer = tracer(|serve| {
            let serve = serve.launched_by(["env", "SESAME=open sesame"]).args(["--listen-tls", "127.0.0.1:0", "--tls-cert"]);
            serve.arg(&pair.certificate).arg("--tls-key").arg(&key).args([
                "--tls-key-passphrase",
                source,
                "--credentials",
                &credentials,
            ])
        });
        let output = openssl(&tracer, &["-CAfile", pair.certificate.to_str().unwrap(), "-verify_return_error"]);
        assert!(output.stdout.contains("welcome"), "{how:?} {output:?}");
    }
}

#[test]
fn encrypted_keys_stay_closed_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong");
    fs::write(&wrong, "open barley").unwrap();
    let wrong = format!("file:{}", wrong.display());
    let refused = |pair: &Certificates, key: &Path, source: Option<&str>| {
        let serve = Serve::guest(guests::TRACER).args(["--listen-tls", "127.0.0.1:0", "--tls-cert"]).arg(&pair.certificate);
        let serve = serve.arg("--tls-key").arg(key);
        let output = source.iter().fold(serve, |serve, source| serve.args(["--tls-key-passphrase", source])).run();
        assert!(!output.status.success(), "{output:?}");
        output.stderr
    };
    let Sealed { pair, key } = sealed(folder.path(), "sealed", &["-v2", "aes-256-cbc"]);
    assert!(refused(&pair, &key, None).contains("no passphrase is given"));
    let told = refused(&pair, &key, Some(&wrong));
    assert!(told.contains("sealed.sealed") && !told.contains("barley"), "{told}");
    assert!(refused(&pair, &key, Some("env:NOT_THERE")).contains("NOT_THERE"));
    assert!(refused(&pair, &key, Some("file:/nowhere")).contains("/nowhere"));
    let told = refused(&pair, &key, Some("open sesame"));
    assert!(told.contains("file:PATH"), "{told}");
    let other = sealed(folder.path(), "other", &["-scrypt"]);
    assert!(refused(&other.pair, &other.key, Some(&wrong)).contains("-v2 aes-256-cbc"), "another way of encrypting");
    let old = folder.path().join("old.key");
    fs::write(&old, "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n").unwrap();
    assert!(refused(&pair, &old, None).contains("openssl pkcs8 -topk8"));
}

#[test]
fn a_program_may_give_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Certificates::write(folder.path(), "pair");
    let der = |what: &str, from: &Path| {
        let to = folder.path().join("der");
        Program::new("openssl").args([what, "-outform", "DER", "-in"]).arg(from).arg("-out").arg(&to).run().success();
        fs::read(to).unwrap()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = sockdock::Host::new(sockdock::HostConfig::default()).unwrap();
    for (name, certificate, key) in [
        ("pem", fs::read(&pair.certificate).unwrap(), fs::read(&pair.key).unwrap()),
        ("der", der("x509", &pair.certificate), der("pkey", &pair.key)),
    ] {
        let settings = sockdock::TlsSettings::new(sockdock::TlsCertificate::new(certificate, key));
        assert!(!format!("{settings:?}").contains("PRIVATE"), "keys aren't shown");
        let listen = sockdock::Listen::tcp("127.0.0.1:0").name(name).tls(settings.build().unwrap());
        let plugin = sockdock::Plugin::from_file(guests::ECHO_V1.path()).unwrap();
        let server = runtime.block_on(host.listen(listen, plugin)).unwrap();
        let stream = TcpStream::connect(server.local_addr().unwrap()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut client = Secure::handshake(stream, Arc::new(trusting(&pair.certificate))).unwrap();
        client.write_all(b"hello").unwrap();
        let mut back = [0; 5];
        client.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"hello");
    }
}
