//! The API of a real host over its socket. (Reloads of real plugins are tested end to end, from outside.)
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Admin, Claim, Client, ReloadRequest, StopRequest, connections, serve};
use crate::{Host, HostConfig};
use axum::{Router, routing::get};
use std::{num::NonZeroUsize, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    sync::oneshot,
    time::timeout,
};

/// A host without listeners, and its admin API.
async fn host() -> (tempfile::TempDir, Host, Admin) {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::new(HostConfig::default().workers(NonZeroUsize::MIN).max_instances(1)).unwrap();
    let admin = serve(host.clone(), folder.path().join("a.sock")).await.unwrap();
    (folder, host, admin)
}

/// Sends a request as it is; gives all that comes back.
async fn raw(admin: &Admin, request: &str) -> String {
    let mut stream = UnixStream::connect(admin.path()).await.unwrap();
    // A refusal may come, and the connection end, before all is sent.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn post(resource: &str, body: &str) -> String {
    format!("POST {resource} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_client_gets_the_status() {
    let (_folder, _host, admin) = host().await;
    let status = Client::new(admin.path()).status().await.unwrap();
    assert_eq!(status.pid, std::process::id());
    assert_eq!(status.version, env!("CARGO_PKG_VERSION"));
    assert!(status.listeners.is_empty());
    let process = Client::new(admin.path()).process().await.unwrap();
    assert_eq!(process, i32::try_from(std::process::id()).ok());
}

#[tokio::test]
async fn without_a_listener_there_is_nothing_to_reload_but_a_host_to_stop() {
    let (_folder, _host, admin) = host().await;
    let client = Client::new(admin.path());
    let error = client.reload(&ReloadRequest::default()).await.unwrap_err();
    assert_eq!(error.message(), "no listener is running");
    let one = StopRequest { listener: Some("kv".into()), force: false };
    assert!(client.stop(&one).await.is_err());
    assert!(client.stop(&StopRequest::default()).await.unwrap().stopped.is_empty());
}

#[tokio::test]
async fn bad_requests_are_told_what_is_wrong() {
    let (_folder, _host, admin) = host().await;
    let long = format!("{{\"listener\":\"{}\"}}", "x".repeat(300 << 10));
    let cases = [
        ("GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), 404, "there is no /nothing"),
        ("GET /stop HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_owned(), 405, "/stop doesn't take GET"),
        (post("/reload", r#"{"dry-run":true}"#), 400, "unknown field `dry-run`"),
        (post("/reload", r#"{"dry_run":"yes"}"#), 400, "dry_run: invalid type"),
        (post("/reload", "{} {}"), 400, "the request's body doesn't fit: trailing"),
        (post("/reload", "[1"), 400, "the request's body doesn't fit"),
        (post("/reload", r#"{"plugin":"x.wasm"}"#), 400, "the plugin's path x.wasm is not absolute"),
        (post("/stop", &long), 413, "more than 262144 bytes"),
    ];
    for (request, code, word) in cases {
        let answer = raw(&admin, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {code} ")), "{request:.80}\n{answer}");
        assert!(answer.contains(word) && answer.contains("\"hint\":"), "{request:.80}\n{answer}");
        assert!(answer.contains("server: sockdock/"), "{answer}");
    }
}

/// Half a request and then silence costs the client its connection, and nobody else anything.
#[tokio::test]
async fn a_client_that_goes_silent_is_disconnected() {
    let folder = tempfile::tempdir().unwrap();
    let (listener, file) = Claim::take(&folder.path().join("a.sock")).await.unwrap().into_parts();
    let (closing, closed) = oneshot::channel();
    let router = Router::new().route("/", get(|| async { "answered\n" }));
    let patience = Duration::from_millis(50);
    let server = tokio::spawn(connections::serve(listener, router, patience, closed));
    let request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    for (sent, answers) in [("", 0), ("GET / HT", 0), (&request[..request.len() - 2], 0), (request, 1)] {
        let mut stream = UnixStream::connect(file.path()).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // Up to the end: our side stays open, so it is the server that ends it.
        let reading = stream.read_to_string(&mut answer);
        timeout(Duration::from_secs(20), reading).await.expect("it is not disconnected").unwrap();
        assert_eq!(answer.matches("answered").count(), answers, "{sent:?}: {answer}");
    }
    // It ends in order, though one more has just begun.
    let begun = UnixStream::connect(file.path()).await.unwrap();
    closing.send(()).unwrap();
    server.await.unwrap();
    drop(begun);
}

#[tokio::test]
async fn a_second_host_is_told_who_has_the_socket() {
    let (_folder, host, admin) = host().await;
    let error = serve(host, admin.path()).await.unwrap_err();
    let who = format!("another sockdock (pid {}, no listener yet) answers", std::process::id());
    assert!(error.message().starts_with(&who), "{error}");
    assert!(Client::new(admin.path()).status().await.is_ok());
}

#[tokio::test]
async fn after_the_end_the_socket_is_gone() {
    for close in [true, false] {
        let (_folder, _host, admin) = host().await;
        let path = admin.path().to_owned();
        if close {
            admin.close().await
        } else {
            drop(admin)
        }
        assert!(!path.exists());
        let error = Client::new(&path).status().await.unwrap_err();
        assert!(error.message().starts_with("there is no admin socket"), "{error}");
    }
}
