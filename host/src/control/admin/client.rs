//! The other end of the admin socket: what the CLI speaks, and what a program may.

use super::{ErrorReply, PromoteRequest, ReloadReply, ReloadRequest, RollbackRequest, StopReply, StopRequest, path::our_uid};
use crate::{Error, HostStatus, Result};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{CONTENT_TYPE, HOST, SERVER},
};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io,
    os::unix::fs::FileTypeExt as _,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{net::UnixStream, time::timeout};

/// The largest answer that is read. A status of thousands of listeners is far below it.
const ANSWER_LIMIT: usize = 16 << 20;

/// How long a host may take for what it has at hand. Reloads (they may build) and stops (they drain) have no bound.
const PROMPT: Duration = Duration::from_secs(10);

/// A client of one host's admin socket. Each call makes its own connection. Errors say what to do.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
}

impl Client {
    /// For the host whose admin socket is at `path`; nothing is sent yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the socket is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The host at this moment; within 10 s, or an error.
    pub async fn status(&self) -> Result<HostStatus> {
        let asking = self.ask(Method::GET, "/status", Bytes::new());
        let (_, body) = timeout(PROMPT, asking).await.map_err(|_| {
            Error::host(format!("sockdock at {} doesn't answer within {} s", self.path.display(), PROMPT.as_secs()))
                .hint("it is stuck or stopped: look at its log and its process")
        })??;
        self.parse(&body)
    }

    /// Reloads a plugin; returns when it is done, either way. Err: it wasn't tried.
    pub async fn reload(&self, request: &ReloadRequest) -> Result<ReloadReply> {
        let (_, body) = self.ask(Method::POST, "/reload", encode(request)?).await?;
        self.parse(&body)
    }

    /// Goes back to what served before; returns when it is done, either way. Err: it wasn't tried.
    pub async fn rollback(&self, request: &RollbackRequest) -> Result<ReloadReply> {
        let (_, body) = self.ask(Method::POST, "/rollback", encode(request)?).await?;
        self.parse(&body)
    }

    /// Ends a canary: it serves from now on. Returns when it is done, either way. Err: it wasn't tried.
    pub async fn promote(&self, request: &PromoteRequest) -> Result<ReloadReply> {
        let (_, body) = self.ask(Method::POST, "/promote", encode(request)?).await?;
        self.parse(&body)
    }

    /// Stops the host or one listener; returns when it has stopped.
    pub async fn stop(&self, request: &StopRequest) -> Result<StopReply> {
        let (_, body) = self.ask(Method::POST, "/stop", encode(request)?).await?;
        self.parse(&body)
    }

    /// The host's process id, as the kernel tells it; none if it is out of our sight (another PID namespace).
    pub(crate) async fn process(&self) -> Result<Option<i32>> {
        Ok(self.connect().await?.peer_cred().ok().and_then(|peer| peer.pid()).filter(|pid| *pid > 0))
    }

    async fn connect(&self) -> Result<UnixStream> {
        let stream = UnixStream::connect(&self.path).await.map_err(|error| self.unreachable(&error))?;
        let server = stream.peer_cred().map_err(|error| self.failed(&error))?.uid();
        let ours = our_uid();
        // In a shared folder anybody can put up a socket: what is meant for our host isn't told to a stranger's.
        if server != ours && server != 0 && ours != 0 {
            return Err(Error::configuration(format!(
                "the admin socket {} is served by another user (uid {server})",
                self.path.display()
            ))
            .hint("run this as that user, or name your own host's socket with --admin PATH"));
        }
        Ok(stream)
    }

    /// One request on a connection of its own. Err: refused, or no answer.
    async fn ask(&self, method: Method, target: &str, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let stream = self.connect().await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.failed(&error))?;
        let connection = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, "sockdock")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| self.failed(&error))?;
        let answer = sender.send_request(request).await.map_err(|error| self.no_answer(&error))?;
        let status = answer.status();
        let ours = answer.headers().get(SERVER).is_some_and(|server| server.as_bytes().starts_with(b"sockdock/"));
        if !ours {
            return Err(self.not_sockdock());
        }
        let body =
            Limited::new(answer.into_body(), ANSWER_LIMIT).collect().await.map_err(|error| self.failed(&error))?.to_bytes();
        drop(sender);
        connection.abort();
        match serde_json::from_slice::<ErrorReply>(&body) {
            Ok(ErrorReply { error, hint }) if !status.is_success() => {
                let error = Error::configuration(error);
                Err(match hint {
                    Some(hint) => error.hint(hint),
                    None => error,
                })
            }
            _ => Ok((status, body)),
        }
    }

    fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T> {
        serde_json::from_slice(body).map_err(|error| {
            Error::host(format!("cannot understand the answer of sockdock at {}: {error}", self.path.display()))
                .hint("is it of another version? `sockdock --version` tells this one's")
        })
    }

    /// Why nobody could be reached.
    fn unreachable(&self, error: &io::Error) -> Error {
        let path = self.path.display();
        match error.kind() {
            io::ErrorKind::NotFound => Error::configuration(format!("there is no admin socket at {path}"))
                .hint("is `sockdock serve` running? It prints `admin on unix:PATH` when it starts; if that is another path, give it with --admin PATH"),
            io::ErrorKind::PermissionDenied => Error::configuration(format!("no permission to use the admin socket {path}"))
                .hint("only the user who runs `sockdock serve`, and root, may: run this as that user"),
            io::ErrorKind::ConnectionRefused if self.is_socket() => {
                Error::configuration(format!("nobody answers on the admin socket {path}: the sockdock that made it is gone"))
                    .hint("start `sockdock serve` again; it replaces the socket")
            }
            io::ErrorKind::ConnectionRefused => Error::configuration(format!("{path} is not a socket"))
                .hint("name the path that `sockdock serve` prints as `admin on unix:PATH` when it starts"),
            _ => self.failed(error),
        }
    }

    fn is_socket(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|found| found.file_type().is_socket())
    }

    fn no_answer(&self, error: &hyper::Error) -> Error {
        if error.is_parse() {
            return self.not_sockdock();
        }
        Error::host(format!("sockdock at {} closed the connection without an answer: {error}", self.path.display()))
            .hint("did it stop meanwhile? Its log says more")
    }

    fn not_sockdock(&self) -> Error {
        Error::configuration(format!("what answers on {} is not sockdock", self.path.display()))
            .hint("name the path that `sockdock serve` prints as `admin on unix:PATH` when it starts")
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> Error {
        Error::host(format!("cannot talk to sockdock at {}: {error}", self.path.display()))
    }
}

fn encode(request: &impl Serialize) -> Result<Bytes> {
    serde_json::to_vec(request)
        .map(Bytes::from)
        .map_err(|error| Error::host(format!("cannot write the request as JSON: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::UnixListener,
    };

    /// Asks for the status of a server that answers each connection with `answer`.
    async fn status_from(answer: impl Into<String>) -> Result<HostStatus> {
        let answer = answer.into();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let server = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let status = Client::new(&path).status().await;
        server.abort();
        status
    }

    #[tokio::test]
    async fn no_socket_asks_whether_serve_is_running() {
        let folder = tempfile::tempdir().unwrap();
        let error = Client::new(folder.path().join("a.sock")).status().await.unwrap_err();
        assert!(error.message().starts_with("there is no admin socket at"), "{error}");
        assert!(error.advice().unwrap().starts_with("is `sockdock serve` running?"), "{error}");
    }

    #[tokio::test]
    async fn a_dead_socket_and_a_file_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let dead = folder.path().join("a.sock");
        drop(UnixListener::bind(&dead).unwrap());
        let error = Client::new(&dead).status().await.unwrap_err();
        assert!(error.message().ends_with("the sockdock that made it is gone"), "{error}");
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = Client::new(&file).status().await.unwrap_err();
        assert!(error.message().ends_with("is not a socket"), "{error}");
    }

    #[tokio::test]
    async fn other_servers_are_not_taken_for_sockdock() {
        for answer in ["SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 200 OK\r\nserver: nginx\r\ncontent-length: 2\r\n\r\n{}"] {
            let error = status_from(answer).await.unwrap_err();
            assert!(error.message().ends_with("is not sockdock"), "{answer}: {error}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_just_ends_is_an_error() {
        let error = status_from("").await.unwrap_err();
        assert!(error.message().contains("without an answer"), "{error}");
    }

    #[tokio::test]
    async fn a_refusal_is_passed_on_with_its_hint() {
        let body = r#"{"error":"no x","hint":"try y"}"#;
        let answer = format!("HTTP/1.1 404 Not Found\r\nserver: sockdock/9\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let error = status_from(answer).await.unwrap_err();
        assert_eq!((error.message(), error.advice()), ("no x", Some("try y")));
    }

    #[tokio::test]
    async fn an_answer_of_another_shape_asks_for_the_version() {
        let error =
            status_from("HTTP/1.1 200 OK\r\nserver: sockdock/9\r\ncontent-length: 12\r\n\r\n{\"version\":9").await.unwrap_err();
        assert!(error.message().starts_with("cannot understand the answer"), "{error}");
    }
}
