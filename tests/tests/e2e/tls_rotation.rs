//! New certificates, keys, authorities and revocation lists under a running host.

use crate::guests;
use rustix::process::Signal;
use serde_json::json;
use sockdock_tests::{Authority, Certificates, Client, Key, Program, Secure, Serve, Tracer, trusting};
use std::{
    fs,
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Arc,
};

/// Puts one file in the place of another, as a tool that renews certificates does.
fn replace(old: &Path, new: &Path) {
    let next = old.with_extension("next");
    fs::copy(new, &next).unwrap();
    fs::rename(next, old).unwrap();
}

fn replace_pair(old: &Certificates, new: &Certificates) {
    replace(&old.certificate, &new.certificate);
    replace(&old.key, &new.key);
}

/// Whether a new client that trusts this certificate alone gets through.
fn shows(address: SocketAddr, certificate: &Path) -> bool {
    Secure::handshake(TcpStream::connect(address).unwrap(), Arc::new(trusting(certificate))).is_ok()
}

#[test]
fn a_new_certificate_is_shown_to_new_clients_and_the_old_ones_stay() {
    let host = Serve::guest(guests::ECHO_V1).tls().args(["--instances", "per-core"]).start();
    let address = host.tls_address();
    let old = host.path("old.pem");
    fs::copy(&host.certificates().certificate, &old).unwrap();
    let mut client = host.tls();
    client.echo("before");
    let renewed = Certificates::write(&host.path("."), "renewed");
    replace_pair(host.certificates(), &renewed);
    assert!(shows(address, &old), "nothing happens before it is asked for");

    let report = host.cli(["reload", "--tls"]).success();
    assert!(report.contains("new handshakes use what was read") && report.contains("server.pem"), "{report}");
    assert!(report.contains("  new  "), "{report}");
    assert!(shows(address, &renewed.certificate) && !shows(address, &old));
    client.echo("after");
    assert_eq!(host.count("generation"), 1, "the plugin stays");
    let report = host.cli(["reload", "--tls"]).success();
    assert!(report.contains("as before"), "{report}");
    host.wait_log(&["INFO", "TLS reloaded"]);
}

#[test]
fn a_broken_file_leaves_the_old_one_in_use() {
    let host = Serve::guest(guests::ECHO_V1).tls().start();
    let (address, old) = (host.tls_address(), host.path("old.pem"));
    let certificates = host.certificates();
    fs::copy(&certificates.certificate, &old).unwrap();
    let good_key = fs::read(&certificates.key).unwrap();
    let stranger = Certificates::write(&host.path("."), "stranger");
    for (key, words) in [
        (fs::read(&stranger.key).unwrap(), "server.key isn't the key of the certificate in"),
        (b"nothing".to_vec(), "server.key: no private key in it"),
        (Vec::new(), "server.key: no private key in it"),
    ] {
        fs::write(&certificates.key, key).unwrap();
        let output = host.cli(["reload", "--tls"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains(words) && output.stderr.contains("the old certificates stay in use"), "{}", output.stderr);
        assert!(shows(address, &old));
    }
    fs::remove_file(&certificates.key).unwrap();
    let (code, answer) = host.request("POST", "/reload", Some(&json!({ "tls": true })));
    assert_eq!((code, &answer["failures"][0]["phase"]), (409, &json!("tls")), "{answer}");
    assert!(shows(address, &old));
    host.wait_log(&["ERROR", "the old certificates stay in use", "server.key"]);
    assert_eq!(host.count("reloads_failed"), 4);
    // It is mended, and works.
    fs::write(&certificates.key, good_key).unwrap();
    host.cli(["reload", "--tls"]).success();
}

#[test]
fn a_dry_run_reads_and_changes_nothing() {
    let host = Serve::guest(guests::ECHO_V1).tls().start();
    let old = host.path("old.pem");
    fs::copy(&host.certificates().certificate, &old).unwrap();
    let renewed = Certificates::write(&host.path("."), "renewed");
    replace_pair(host.certificates(), &renewed);
    assert!(host.cli(["reload", "--tls", "--dry-run"]).success().contains("nothing was changed"));
    assert!(shows(host.tls_address(), &old));
    fs::write(&host.certificates().key, "nothing").unwrap();
    assert_eq!(host.cli(["reload", "--tls", "--dry-run"]).status.code(), Some(1));
    let (code, answer) = host.request("POST", "/reload", Some(&json!({ "tls": true, "discard_state": true })));
    assert_eq!(code, 400, "{answer}");
    assert_eq!(host.cli(["reload", "x.wasm", "--tls"]).status.code(), Some(2));
}

#[test]
fn sighup_reads_everything_again() {
    let host = Serve::guest(guests::ECHO_V1).tls().start();
    let renewed = Certificates::write(&host.path("."), "renewed");
    replace_pair(host.certificates(), &renewed);
    host.signal(Signal::HUP);
    host.wait_count("generation", 2);
    assert!(shows(host.tls_address(), &renewed.certificate), "certificates come first");
}

/// What was begun under authorities that aren't trusted any more isn't taken up again, and what was revoked is.
#[test]
fn other_authorities_and_revocations_hold_for_sessions_too() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::make(folder.path(), "clients");
    let friend = authority.issue("friend", &["friend.test"], 7, Key::Ecdsa);
    let others = Authority::make(folder.path(), "others");
    let stranger = others.issue("stranger", &["stranger.test"], 7, Key::Ecdsa);
    let list = authority.revoke("revoked", &[], 2100);
    let tracer = Tracer::start(guests::TRACER, |serve| {
        let serve = serve.tls().args(["--tls-client-auth", "required", "--tls-client-ca"]).arg(&authority.certificate);
        serve.arg("--tls-client-crl").arg(&list)
    });
    tracer.tell("on data write $ welcome; end $");
    let address = tracer.tls_address().to_string();
    let openssl = |who: &Certificates, more: &[&str]| {
        let client = Program::new("openssl").args(["s_client", "-ign_eof", "-connect", &address]).args(more);
        client.arg("-cert").arg(&who.certificate).arg("-key").arg(&who.key).input("hello\n").run().stdout
    };
    let session = |version: &str| folder.path().join(version).to_str().unwrap().to_owned();
    let versions = ["-tls1_2", "-tls1_3"];
    for version in versions {
        assert!(openssl(&friend, &[version, "-sess_out", &session(version)]).contains("welcome"));
        assert!(openssl(&friend, &[version, "-sess_in", &session(version)]).contains("Reused"));
    }
    // Revoked.
    authority.revoke("revoked", &[7], 2100);
    tracer.cli(["reload", "--tls"]).success();
    for version in versions {
        assert!(!openssl(&friend, &[version, "-sess_in", &session(version)]).contains("welcome"));
    }
    // Not revoked any more, but a session isn't taken up across a reload.
    authority.revoke("revoked", &[], 2100);
    tracer.cli(["reload", "--tls"]).success();
    for version in versions {
        let told = openssl(&friend, &[version, "-sess_in", &session(version)]);
        assert!(told.contains("welcome") && told.contains("New, "), "{told}");
    }
    // Another authority altogether.
    replace(&authority.certificate, &others.certificate);
    replace(&list, &others.revoke("others", &[], 2100));
    tracer.cli(["reload", "--tls"]).success();
    for version in versions {
        assert!(!openssl(&friend, &[version, "-sess_in", &session(version)]).contains("welcome"));
        assert!(openssl(&stranger, &[version]).contains("welcome"));
    }
}

#[test]
fn what_the_plugin_uses_is_renewed_too() {
    let folder = tempfile::tempdir().unwrap();
    let mine = Certificates::write(folder.path(), "mine");
    let ca = folder.path().join("ca.pem");
    let server = Certificates::write(folder.path(), "server");
    fs::copy(&mine.certificate, &ca).unwrap();
    let (old, renewed) = (folder.path().join("old.pem"), Certificates::write(folder.path(), "renewed"));
    fs::copy(&mine.certificate, &old).unwrap();
    // It connects to its own TLS address.
    let pair = format!("mine={},{}", mine.certificate.display(), mine.key.display());
    let tracer = Tracer::start(guests::TRACER, |serve| {
        let serve = serve.args(["--listen-tls", "127.0.0.1:0", "--allow-connect", "127.0.0.1:*", "--credentials", &pair]);
        let serve = serve.arg("--tls-cert").arg(&server.certificate).arg("--tls-key").arg(&server.key);
        serve.arg("--connect-ca").arg(&ca)
    });
    let connect = format!("connect {} tls", tracer.tls_address());
    let upgraded = |certificate: &Path| {
        let subject = tracer.connect();
        tracer.tell(&format!("upgrade-server {} mine", subject.id));
        let Client::Tcp(stream) = subject.peer else { unreachable!() };
        Secure::handshake(stream, Arc::new(trusting(certificate))).is_ok()
    };
    let first: u64 = tracer.value(&connect).parse().unwrap();
    assert!(tracer.wait(&format!("connect-error {first}")).contains(" tls "));
    assert!(upgraded(&old));

    fs::copy(&server.certificate, &ca).unwrap();
    replace_pair(&mine, &renewed);
    let report = tracer.cli(["reload", "--tls"]).success();
    assert!(report.contains("mine.pem (credentials mine)"), "{report}");
    let second: u64 = tracer.value(&connect).parse().unwrap();
    tracer.wait(&format!("open {second}"));
    assert!(upgraded(&renewed.certificate) && !upgraded(&old));

    fs::write(&ca, "nothing").unwrap();
    let output = tracer.cli(["reload", "--tls"]);
    assert!(output.status.code() == Some(1) && output.stderr.contains("ca.pem"), "{output:?}");
    let third: u64 = tracer.value(&connect).parse().unwrap();
    tracer.wait(&format!("open {third}"));
}

#[test]
fn a_program_puts_others_in_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (Certificates::write(folder.path(), "old"), Certificates::write(folder.path(), "new"));
    let tls = |pair: &Certificates| sockdock::Tls::from_pem_files(&pair.certificate, &pair.key).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = sockdock::Host::new(sockdock::HostConfig::default()).unwrap();
    let listen = sockdock::Listen::tcp("127.0.0.1:0").tls(tls(&old));
    let plugin = sockdock::Plugin::from_file(guests::ECHO_V1.path()).unwrap();
    let server = runtime.block_on(host.listen(listen, plugin)).unwrap();
    let address = server.local_addr().unwrap();
    assert!(shows(address, &old.certificate));
    let change = sockdock::TlsReload::default().tls(tls(&new));
    let report = runtime.block_on(server.reload_tls_with(change)).unwrap();
    assert!(report.certificates.len() == 1 && report.certificates[0].changed, "{report:?}");
    assert!(shows(address, &new.certificate));
    // From then on it is their files that are read again.
    replace_pair(&new, &old);
    runtime.block_on(server.reload_tls()).unwrap();
    assert!(shows(address, &old.certificate));
}
