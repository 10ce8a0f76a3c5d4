//! `sockdock connect` and `Host::connect`: a plugin on a connection to a server.

use crate::guests;
use sockdock::{Connect, HostConfig, Plugin, Stop};
use sockdock_tests::{Certificates, DEADLINE, Host, Serve};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
};

fn upstream() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

#[track_caller]
fn accept(listener: &TcpListener) -> TcpStream {
    let (peer, _) = listener.accept().unwrap();
    peer.set_read_timeout(Some(DEADLINE)).unwrap();
    peer
}

/// Sends bytes that the plugin at the other end sends back.
#[track_caller]
fn echoed(peer: &mut TcpStream, bytes: &str) {
    peer.write_all(bytes.as_bytes()).unwrap();
    let mut back = vec![0; bytes.len()];
    peer.read_exact(&mut back).unwrap();
    assert_eq!(back, bytes.as_bytes());
}

#[test]
fn a_client_is_reloaded_and_ends_with_its_connection() {
    let (listener, address) = upstream();
    let port = address.rsplit(':').next().unwrap();
    // The name needs no rule: it is the operator who asks. Both families are tried.
    let mut client: Host = Serve::connect(guests::ECHO_V1, format!("localhost:{port}")).start();
    assert_eq!(client.said()[0], format!("connected to tcp://localhost:{port} (echo_v1)"));
    let mut peer = accept(&listener);
    echoed(&mut peer, "before");
    client.reload(guests::ECHO_V2);
    echoed(&mut peer, "after");
    let status = client.status();
    assert_eq!(status["state"], "connected");
    assert_eq!(status["connections"], 1);
    drop(peer);
    assert!(client.ended().success());
}

#[test]
fn nobody_there() {
    let (listener, address) = upstream();
    drop(listener);
    let output = Serve::connect(guests::ECHO_V1, address.as_str()).run();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        output.stderr.contains(&format!("can't connect to tcp://{address}")) && output.stderr.contains("refused"),
        "{output:?}"
    );
    assert!(!output.stdout.contains("ready"));
    let output = Serve::connect(guests::ECHO_V1, "127.0.0.1:0").run();
    assert!(output.stderr.contains("port 0"), "{output:?}");
}

#[test]
fn by_tls() {
    let folder = tempfile::tempdir().unwrap();
    let certificates = Certificates::write(folder.path(), "upstream");
    let mut server = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert"])
        .arg(&certificates.certificate)
        .arg("-key")
        .arg(&certificates.key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.find(|line| line.starts_with("ACCEPT ")).expect("openssl says where it listens");
    let port = said.rsplit(':').next().unwrap();
    let mut client = Serve::connect(guests::ECHO_V1, format!("localhost:{port}"))
        .args(["--tls", "--connect-ca"])
        .arg(&certificates.certificate)
        .start();
    assert_eq!(client.said()[0], format!("connected to tls://localhost:{port} (echo_v1)"));
    // Left open: OpenSSL ends at its input's end.
    let mut input = server.stdin.take().unwrap();
    input.write_all(b"round and round\n").unwrap();
    // What the plugin sent back, among what OpenSSL says of the session.
    assert!(lines.any(|line| line == "round and round"), "no echo");
    drop(lines);
    let _ = server.kill();
    server.wait().unwrap();
    assert!(client.ended().success());
}

#[test]
fn an_embedders_client() {
    let (listener, address) = upstream();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let host = sockdock::Host::new(HostConfig::default()).unwrap();
        let plugin = |guest: sockdock_tests::Guest| Plugin::from_file(guest.path()).unwrap();
        let client = host.connect(Connect::tcp(&address), plugin(guests::ECHO_V1)).await.unwrap();
        let mut peer = accept(&listener);
        echoed(&mut peer, "hello");
        let report = client.reload(plugin(guests::ECHO_V2)).await.unwrap();
        assert_eq!((report.generation, report.connections), (2, 1));
        echoed(&mut peer, "still here");
        drop(peer);
        client.closed().await;
        client.stop(Stop::Graceful).await.unwrap();
        host.run().await;
        drop(listener);
        let error = host.connect(Connect::tcp(&address), plugin(guests::ECHO_V1)).await.err().unwrap();
        assert!(error.to_string().contains(&address) && error.to_string().contains("refused"), "{error}");
        assert!(host.servers().is_empty(), "what couldn't connect is gone");
        for (connect, words) in [
            (Connect::tcp("nonsense"), "port is missing"),
            (Connect::tcp(&address).server_name("a..b"), "can't be asked for"),
            (Connect::tcp(&address).context(vec![0; 1 << 20]), "context-limit"),
        ] {
            let error = host.connect(connect, plugin(guests::ECHO_V1)).await.err().unwrap().to_string();
            assert!(error.contains(words), "{error}");
        }
    });
}
