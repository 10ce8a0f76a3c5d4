//! TLS as a client: OpenSSL's server as the peer, good and bad certificates, and no byte before a good one.

use crate::guests;
use sockdock_tests::{Certificates, DEADLINE, Serve, Tracer};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

/// `openssl s_server`, which sends each line back reversed.
struct Server {
    child: Child,
    port: String,
    certificates: Certificates,
    _folder: tempfile::TempDir,
}

impl Server {
    #[track_caller]
    fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificates = Certificates::write(folder.path(), "upstream");
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-rev", "-cert"])
            .arg(&certificates.certificate)
            .arg("-key")
            .arg(&certificates.key)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start openssl s_server");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let said = lines.find(|line| line.starts_with("ACCEPT ")).expect("openssl says where it listens");
        let port = said.rsplit(':').next().unwrap().to_owned();
        Self { child, port, certificates, _folder: folder }
    }

    /// One that may connect here, and trusts this certificate.
    fn tracer(&self) -> Tracer {
        let ca = self.certificates.certificate.clone();
        tracer(&self.port, |serve| serve.arg("--connect-ca").arg(ca))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tracer(port: &str, options: impl FnOnce(Serve) -> Serve) -> Tracer {
    Tracer::start(guests::TRACER, |serve| {
        options(serve.args(["--allow-connect", &format!("localhost:{port}"), "--allow-connect", &format!("127.0.0.1:{port}")]))
    })
}

/// Ends it: OpenSSL's server has time for one at once.
#[track_caller]
fn end(tracer: &Tracer, id: u64) {
    tracer.tell(&format!("end {id}"));
    tracer.closed(id);
}

/// Connects, and gives the only event that comes of it.
#[track_caller]
fn fails(tracer: &Tracer, connect: &str) -> String {
    let id: u64 = tracer.value(connect).parse().unwrap();
    tracer.wait(&format!("connect-error {id}"));
    let mut events = tracer.events(id);
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

#[test]
fn a_good_server() {
    let server = Server::start(&["-alpn", "h2,http/1.1"]);
    let tracer = server.tracer();
    for (to, name) in [("localhost", "localhost"), ("127.0.0.1", "127.0.0.1")] {
        let id: u64 = tracer.value(&format!("connect {to}:{} alpn=h2 alpn=http/1.1", server.port)).parse().unwrap();
        tracer.wait(&format!("open {id}"));
        let session = tracer.value(&format!("session {id}"));
        assert!(session.starts_with("TLSv1.3 TLS_"), "{session}");
        assert!(session.ends_with(&format!("Some(\"{name}\") true Some(\"h2\")")), "{session}");
        assert_eq!(tracer.value(&format!("certificates {id}")), "1");
        let events = tracer.events(id);
        assert_eq!(events[0], "handshake verified");
        assert!(events[1].starts_with("open from 127.0.0.1:"), "{events:?}");
        tracer.tell(&format!("end {id}"));
        tracer.closed(id);
    }
}

#[test]
fn bytes_both_ways_and_through_a_reload() {
    let server = Server::start(&["-tls1_2"]);
    let tracer = server.tracer();
    let id: u64 = tracer.value(&format!("connect localhost:{} tls", server.port)).parse().unwrap();
    tracer.wait(&format!("open {id}"));
    assert!(tracer.value(&format!("session {id}")).starts_with("TLSv1.2 TLS_ECDHE"));
    for n in 1..4 {
        // The server answers whole lines; the last byte of this one is a line's end.
        tracer.tell(&format!("line {id} hello {n}"));
        tracer.wait_where(|event| event == format!("data {id} 8 {n} olleh\\n"));
        tracer.reload(guests::TRACER);
    }
    tracer.tell(&format!("end {id}"));
    tracer.closed(id);
}

#[test]
fn a_server_that_nobody_vouches_for() {
    let server = Server::start(&[]);
    let tracer = tracer(&server.port, |serve| serve);
    let why = fails(&tracer, &format!("connect localhost:{} tls", server.port));
    assert!(why.starts_with("connect-error tls ") && why.contains("certificate"), "{why}");
}

#[test]
fn a_server_of_another_name() {
    let server = Server::start(&[]);
    let tracer = server.tracer();
    let why = fails(&tracer, &format!("connect localhost:{} name=other.example", server.port));
    assert!(why.starts_with("connect-error tls ") && why.contains("other.example"), "{why}");
}

#[test]
fn what_cannot_be_asked_for() {
    let server = Server::start(&[]);
    let tracer = server.tracer();
    let long = "p".repeat(256);
    for options in ["name=", "name=a..b", "alpn=", &format!("alpn={long}"), "credentials=mine", "tls timeout=0"] {
        assert_eq!(tracer.ask(&format!("connect localhost:{} {options}", server.port)), "err invalid-argument", "{options}");
    }
}

#[test]
fn no_byte_leaves_before_a_good_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let tracer = tracer(&port, |serve| serve.args(["--connect-timeout", "2s"]));
    let answers = tracer.ask(&format!("connect localhost:{port} tls; write @ SECRET"));
    assert!(answers.ends_with("ok 6"), "{answers}");
    let id = answers.split("; ").next().unwrap().strip_prefix("ok ").unwrap().to_owned();
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut heard = vec![0; 4096];
    let n = peer.read(&mut heard).unwrap();
    assert_eq!(heard[0], 22, "a handshake record");
    peer.write_all(b"this is no TLS\r\n").unwrap();
    heard.truncate(n);
    peer.read_to_end(&mut heard).unwrap();
    assert!(!heard.windows(6).any(|window| window == b"SECRET"));
    assert!(tracer.wait(&format!("connect-error {id}")).contains(" tls "));
    // One that says nothing at all.
    let silent: u64 = tracer.value(&format!("connect localhost:{port} tls")).parse().unwrap();
    let _peer = listener.accept().unwrap();
    assert!(tracer.wait(&format!("connect-error {silent}")).contains(" timed-out "));
}

#[test]
fn one_that_is_given_up_within_the_handshake_is_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let tracer = tracer(&port, |serve| serve);
    let id: u64 = tracer.value(&format!("connect localhost:{port} tls")).parse().unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    // All of its ClientHello: what is unread would make a reset by itself.
    let mut header = [0; 5];
    peer.read_exact(&mut header).unwrap();
    peer.read_exact(&mut vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))]).unwrap();
    tracer.tell(&format!("terminate {id}"));
    assert_eq!(peer.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(tracer.wait(&format!("connect-error {id}")).contains(" closed "));
}

#[test]
fn an_unusable_ca_file_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "nothing").unwrap();
    let output = Serve::guest(guests::TRACER).tcp().args(["--allow-connect", "*:443", "--connect-ca"]).arg(&file).run();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stderr.contains("ca.pem") && output.stderr.contains("no certificate"), "{}", output.stderr);
}

#[test]
fn a_server_with_none_of_the_protocols() {
    let server = Server::start(&["-alpn", "h2"]);
    let tracer = server.tracer();
    let id: u64 = tracer.value(&format!("connect localhost:{} alpn=smtp", server.port)).parse().unwrap();
    let told = tracer.wait(&format!("connect-error {id}"));
    assert!(told.contains(" tls ") && told.contains("none of the protocols that were asked for (smtp)"), "{told}");
}

#[test]
fn a_server_with_old_tls_alone() {
    let server = Server::start(&["-tls1_2"]);
    let ca = server.certificates.certificate.clone();
    let tracer = tracer(&server.port, |serve| serve.arg("--connect-ca").arg(ca).args(["--connect-min-version", "1.3"]));
    let why = fails(&tracer, &format!("connect localhost:{} tls", server.port));
    assert!(why.starts_with("connect-error tls ") && why.contains("no version of TLS that is allowed"), "{why}");
}

#[test]
fn insecure_lets_any_server_be_and_says_so() {
    let server = Server::start(&[]);
    let tracer = tracer(&server.port, |serve| serve.arg("--connect-insecure"));
    tracer.wait_log(&["WARN", "CERTIFICATES ARE NOT VERIFIED"]);
    for (asked, verdict) in [("tls", "UnknownIssuer"), ("name=other.example", "")] {
        let id: u64 = tracer.value(&format!("connect localhost:{} {asked}", server.port)).parse().unwrap();
        tracer.wait(&format!("open {id}"));
        let events = tracer.events(id);
        assert!(events[0].starts_with("handshake unverified: ") && events[0].contains(verdict), "{events:?}");
        assert!(tracer.value(&format!("session {id}")).contains(" false "));
        tracer.tell(&format!("line {id} hello"));
        tracer.wait_where(|event| event == format!("data {id} 6 olleh\\n"));
        end(&tracer, id);
    }
    tracer.wait_log(&["WARN", "isn't verified", "other.example"]);
}

#[test]
fn insecure_still_says_who_is_good() {
    let server = Server::start(&[]);
    let ca = server.certificates.certificate.clone();
    let tracer = tracer(&server.port, |serve| serve.arg("--connect-insecure").arg("--connect-ca").arg(ca));
    let id: u64 = tracer.value(&format!("connect localhost:{} tls", server.port)).parse().unwrap();
    tracer.wait(&format!("open {id}"));
    assert_eq!(tracer.events(id)[0], "handshake verified");
    assert!(tracer.value(&format!("session {id}")).contains(" true "));
}

/// What the system trusts is read when it is first needed, and again when a reload asks for it.
#[test]
fn what_the_system_trusts() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let system = folder.path().join("system.pem");
    std::fs::copy(&server.certificates.certificate, &system).unwrap();
    let variable = format!("SSL_CERT_FILE={}", system.display());
    let tracer = tracer(&server.port, |serve| serve.launched_by(["env", &variable]));
    let connect = format!("connect localhost:{} tls", server.port);
    let id: u64 = tracer.value(&connect).parse().unwrap();
    tracer.wait(&format!("open {id}"));
    assert_eq!(tracer.events(id)[0], "handshake verified");
    end(&tracer, id);

    let other = Certificates::write(folder.path(), "other");
    std::fs::copy(&other.certificate, &system).unwrap();
    tracer.cli(["reload", "--tls"]).success();
    let why = fails(&tracer, &connect);
    assert!(why.starts_with("connect-error tls ") && why.contains("invalid peer certificate"), "{why}");
}

/// A second connection takes the short way.
#[test]
fn sessions_are_resumed() {
    let server = Server::start(&["-tls1_2"]);
    let tracer = server.tracer();
    let is_resumed = || {
        let id = tracer.value(&format!("connect localhost:{} tls", server.port)).parse().unwrap();
        tracer.wait(&format!("open {id}"));
        let resumed = tracer.value(&format!("resumed {id}"));
        assert_eq!(tracer.events(id)[0], "handshake verified");
        end(&tracer, id);
        resumed
    };
    assert_eq!(is_resumed(), "false");
    assert_eq!(is_resumed(), "true");
    tracer.cli(["reload", "--tls"]).success();
    assert_eq!(is_resumed(), "false", "trusted anew");
}

#[test]
fn a_client_of_the_operators_shows_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "mine");
    let file = certificates.certificate.to_str().unwrap();
    let asking = Server::start(&["-tls1_2", "-Verify", "1", "-verify_return_error", "-CAfile", file]);
    let ca = asking.certificates.certificate.clone();
    let connect = |more: &[&str]| {
        let serve =
            Serve::connect(guests::ECHO_V1, format!("localhost:{}", asking.port)).args(["--tls", "--connect-ca"]).arg(&ca);
        serve.args(["--credentials", &format!("mine={file},{}", certificates.key.display())]).args(more)
    };
    let output = connect(&[]).run();
    assert!(output.status.code() == Some(1) && output.stderr.contains("TLS handshake"), "{output:?}");
    let shown = connect(&["--show-credentials", "mine"]).start();
    assert!(shown.said()[0].starts_with("connected to tls://localhost:"), "{:?}", shown.said());
    let output = connect(&["--show-credentials", "yours"]).run();
    assert!(output.status.code() == Some(1), "{output:?}");
}
