//! sockdock under test: started, reloaded by its admin socket, asked how it is.

use crate::{credentials::Credentials, servers::address_of};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::SocketAddr,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

/// A running `sockdock serve`; dropped, it is killed.
#[derive(Debug)]
pub struct Host {
    /// Its plain address.
    pub tcp: SocketAddr,
    /// Its address for TLS.
    pub tls: SocketAddr,
    admin: PathBuf,
    child: Child,
    _output: BufReader<ChildStdout>,
}

/// What a reload said of itself, in microseconds; one of each per worker.
#[derive(Debug, Clone, Default)]
pub struct Reloaded {
    /// From the last event of the old generation to the first possible one of the new.
    pub pause: Vec<u64>,
    /// Of these, `snapshot`.
    pub snapshot: Vec<u64>,
    /// Of these, `restore`.
    pub restore: Vec<u64>,
    /// Bytes of snapshot, all workers together.
    pub snapshot_bytes: u64,
    /// To compile it, or to read it from the cache, in microseconds.
    pub compile: u64,
    /// To make each instance, its `start` included, in microseconds.
    pub start: Vec<u64>,
}

impl Host {
    /// Serves `plugin` on a plain and a TLS address of 127.0.0.1; `scratch` gets its sockets and its cache.
    pub fn start<S: AsRef<OsStr>>(
        sockdock: &Path,
        plugin: &Path,
        credentials: &Credentials,
        scratch: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Self> {
        let admin = scratch.join("admin.sock");
        let mut command = Command::new(sockdock);
        command.arg("serve").arg(plugin).args(["--name", "bench", "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"]);
        command.arg("--tls-cert").arg(&credentials.certificate).arg("--tls-key").arg(&credentials.key);
        command.arg("--admin").arg(&admin).arg("--cache-dir").arg(scratch.join("cache")).args(["--log-level", "off"]).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let (mut tcp, mut tls, mut line) = (None, None, String::new());
        while line.trim_end() != "ready" {
            line.clear();
            ensure!(output.read_line(&mut line)? > 0, "it ended: {command:?}");
            if let Some(address) = address_of(&line, "tcp://") {
                tcp = Some(address?);
            } else if let Some(address) = address_of(&line, "tls://") {
                tls = Some(address?);
            }
        }
        let (tcp, tls) = tcp.zip(tls).context("it doesn't say where it listens")?;
        Ok(Self { tcp, tls, admin, child, _output: output })
    }

    /// Puts another component behind it.
    pub fn reload(&self, plugin: &Path) -> Result<Reloaded> {
        let (code, answer) = self.request("POST", "/reload", &json!({ "plugin": plugin }))?;
        ensure!(code == 200, "a reload failed: {answer}");
        let report = &answer["reports"][0];
        let all = |name: &str| -> Result<Vec<u64>> {
            let figures = report[name].as_array().with_context(|| format!("no {name} in {report}"))?;
            Ok(figures.iter().filter_map(Value::as_u64).collect())
        };
        Ok(Reloaded {
            pause: all("pause_us")?,
            snapshot: all("snapshot_us")?,
            restore: all("restore_us")?,
            snapshot_bytes: report["snapshot_bytes"].as_u64().context("no snapshot_bytes")?,
            compile: report["compile_us"].as_u64().context("no compile_us")?,
            start: all("start_us")?,
        })
    }

    /// A figure of its listener's status.
    pub fn status(&self, name: &str) -> Result<u64> {
        let (_, answer) = self.request("GET", "/status", &json!({}))?;
        answer["listeners"][0][name].as_u64().with_context(|| format!("no {name} in {answer}"))
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        request(&self.admin, method, path, body)
    }
}

/// Asks the host whose control socket is `admin`.
pub(crate) fn request(admin: &Path, method: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
    let mut stream = UnixStream::connect(admin).context("the admin socket")?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let body = body.to_string();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Length: {}", body.len());
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("not HTTP")?;
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("no status code")?;
    Ok((code, serde_json::from_str(body)?))
}

impl Drop for Host {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
