//! TLS: good, untrusted, of another name, without a client certificate.

use super::{Differs, OPEN_AFTER, OPEN_BEFORE, Scenario, Side, Tls, plain};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use serde_json::json;
use sockdock_tests::{Authority, Certificates, Key};
use std::{io::Read as _, sync::Arc};

/// What a client is told, and whether the server asks it for a certificate.
struct Client {
    trusts: bool,
    name: &'static str,
    asked: bool,
}

/// TLS with a peer that is a server.
fn client(wanted: &Client) -> Tls {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "peer");
    let mut bun = json!({ "serverName": wanted.name });
    let mut flags = Vec::new();
    if wanted.trusts {
        bun["ca"] = json!(certificates.certificate);
        flags = vec!["--connect-ca".to_owned(), certificates.certificate.display().to_string()];
    }
    let chain: Vec<_> = CertificateDer::pem_file_iter(&certificates.certificate).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(&certificates.key).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = if wanted.asked {
        let mut roots = RootCertStore::empty();
        roots.add(chain[0].clone()).unwrap();
        builder.with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let server = Some(Arc::new(builder.with_single_cert(chain, key).unwrap()));
    Tls { bun, name: wanted.name, flags, client: None, server, _folder: folder }
}

/// TLS with a peer that is a client, and trusts what it is shown or doesn't.
fn server(trusted: bool) -> Tls {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "server");
    let bun = json!({ "cert": certificates.certificate, "key": certificates.key });
    let flags =
        ["--tls-cert", &certificates.certificate.display().to_string(), "--tls-key", &certificates.key.display().to_string()];
    let flags = flags.map(str::to_owned).to_vec();
    let client = if trusted { certificates.client() } else { Certificates::write(folder.path(), "other").client() };
    Tls { bun, name: "", flags, client: Some(client), server: None, _folder: folder }
}

/// Whose certificate a client shows that is asked for one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Good,
    Strangers,
    None,
}

/// TLS with a peer that is a client, trusts what it is shown, and has to show a certificate itself.
fn asking(shown: Shown) -> Tls {
    let Tls { mut bun, mut flags, client, _folder: folder, .. } = server(true);
    let authority = Authority::make(folder.path(), "clients");
    let ca = authority.certificate.clone();
    bun["ca"] = json!(ca);
    bun["requestCert"] = json!(true);
    bun["rejectUnauthorized"] = json!(true);
    flags.extend(["--tls-client-auth", "required", "--tls-client-ca", ca.to_str().unwrap()].map(str::to_owned));
    let issuer = if shown == Shown::Good { authority } else { Authority::make(folder.path(), "others") };
    let own = issuer.issue("own", &["own.test"], 1, Key::Ecdsa);
    let client = if shown == Shown::None { client } else { Some(Arc::new(own.shown_to(&folder.path().join("server.pem")))) };
    Tls { bun, flags, client, _folder: folder, name: "", server: None }
}

/// A peer that wasn't asked for a certificate is no failure, and `open` comes behind the handshake.
const NOT_ASKED: [Differs<'_>; 2] = [
    Differs { row: "SocketHandler.handshake", bun: &[], ours: &["a handshake verified"] },
    Differs { row: "SocketHandler.handshake", bun: &["a handshake unverified"], ours: &[] },
];

const GOOD: Client = Client { trusts: true, name: "localhost", asked: false };

#[test]
fn a_good_server() {
    let scenario = Scenario { tls: Some(client(&GOOD)), ..plain(&[("data", "echo")]) };
    scenario.connecting(
        |stage| {
            let mut peer = stage.peer();
            peer.send("hello");
            peer.expect("hello");
            peer.finish();
            stage.note(peer.ending());
            stage.wait("a close");
        },
        &[OPEN_BEFORE, OPEN_AFTER],
    );
}

#[test]
fn a_good_client() {
    let scenario = Scenario { tls: Some(server(true)), ..plain(&[("data", "echo")]) };
    scenario.listening(
        |stage| {
            let mut peer = stage.peer();
            peer.send("hello");
            peer.expect("hello");
            peer.finish();
            stage.note(peer.ending());
            stage.wait("a close");
        },
        &NOT_ASKED,
    );
}

#[test]
fn a_client_with_a_certificate() {
    let scenario = Scenario { tls: Some(asking(Shown::Good)), ..plain(&[("data", "echo")]) };
    scenario.listening(
        |stage| {
            let mut peer = stage.peer();
            peer.send("hello");
            peer.expect("hello");
            peer.finish();
            stage.note(peer.ending());
            stage.wait("a close");
        },
        &[OPEN_BEFORE, OPEN_AFTER],
    );
}

/// By TLS 1.3 it learns that only after its own part of the handshake is done, and may have sent data.
#[track_caller]
fn is_turned_away(shown: Shown) {
    let scenario = Scenario { tls: Some(asking(shown)), ..plain(&[("data", "echo")]) };
    scenario.listening(
        |stage| {
            let mut heard = Vec::new();
            let ended = stage.try_peer().map_err(std::io::Error::other).and_then(|mut peer| peer.read_to_end(&mut heard));
            let how = if ended.is_ok() { "let in" } else { "turned away" };
            stage.note(format!("peer {how} after {} bytes", heard.len()));
            stage.refused();
        },
        &[Differs { row: "SocketHandler.handshake", bun: &["a open", "a handshake unverified", "a close none"], ours: &[] }],
    );
}

#[test]
fn a_client_without_a_certificate() {
    is_turned_away(Shown::None);
}

#[test]
fn a_client_with_a_strangers_certificate() {
    is_turned_away(Shown::Strangers);
}

#[test]
fn an_end_by_tls() {
    let scenario = Scenario { tls: Some(server(true)), ..plain(&[("data", "write bye; end")]) };
    scenario.listening(
        |stage| {
            let mut peer = stage.peer();
            peer.send("x");
            stage.note(peer.ending());
            drop(peer);
            stage.wait("a close");
        },
        &NOT_ASKED,
    );
}

#[test]
fn a_tls_peer_that_ends_without_saying_so() {
    let scenario = Scenario { tls: Some(client(&GOOD)), ..plain(&[]) };
    scenario.connecting(
        |stage| {
            let mut peer = stage.peer();
            peer.send("x");
            stage.wait("a data");
            peer.cut();
            stage.wait("a close");
        },
        &[
            OPEN_BEFORE,
            OPEN_AFTER,
            Differs { row: "SocketHandler.end", bun: &["a end", "a close none"], ours: &["a error tls", "a close tls"] },
        ],
    );
}

#[test]
fn a_server_that_nobody_vouches_for() {
    let scenario = Scenario { tls: Some(client(&Client { trusts: false, ..GOOD })), ..plain(&[("open", "write SECRET")]) };
    scenario.failing(
        |stage| {
            let seen = stage.try_peer().map_or_else(|_| "no handshake".to_owned(), |mut peer| peer.ending());
            stage.note(seen);
            stage.wait(if stage.side == Side::Bun { "a close" } else { "a connect-error" });
        },
        &[Differs {
            row: "SocketHandler.connectError",
            bun: &["a open", "a handshake unverified", "a close none"],
            ours: &["a connect-error tls"],
        }],
    );
}

#[test]
fn a_server_of_another_name() {
    let scenario =
        Scenario { tls: Some(client(&Client { name: "other.example", ..GOOD })), ..plain(&[("open", "write SECRET")]) };
    scenario.failing(
        |stage| {
            let seen = stage.try_peer().map_or_else(|_| "no handshake".to_owned(), |mut peer| peer.ending());
            stage.note(seen);
            stage.wait(if stage.side == Side::Bun { "a close" } else { "a connect-error" });
        },
        &[Differs {
            row: "SocketHandler.connectError",
            bun: &["a open", "a handshake unverified", "a close none"],
            ours: &["a connect-error tls"],
        }],
    );
}

#[test]
fn a_server_that_asks_for_a_certificate_and_gets_none() {
    let scenario = Scenario { tls: Some(client(&Client { asked: true, ..GOOD })), ..plain(&[]) };
    scenario.failing(
        |stage| {
            let seen = stage.try_peer().map_or_else(|_| "no handshake".to_owned(), |mut peer| peer.ending());
            stage.note(seen);
            stage.wait("a close");
        },
        &[OPEN_BEFORE, OPEN_AFTER, Differs { row: "SocketHandler.close", bun: &["a close none"], ours: &["a close tls"] }],
    );
}

#[test]
fn a_client_that_does_not_trust_us() {
    let scenario = Scenario { tls: Some(server(false)), ..plain(&[]) };
    scenario.listening(
        |stage| {
            let seen = stage.try_peer().map_or("no handshake", |_| "a handshake");
            stage.note(seen);
            stage.refused();
        },
        &[Differs { row: "SocketHandler.handshake", bun: &["a open", "a handshake unverified", "a close none"], ours: &[] }],
    );
}
