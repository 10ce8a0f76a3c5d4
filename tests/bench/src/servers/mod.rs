//! The servers that are measured: how each is started, and where it then listens.

mod envoy;
mod kind;
mod programs;
mod redis;

pub use self::{
    kind::{Kind, Service},
    programs::Programs,
};
use crate::{
    credentials::Credentials,
    process::{CpuTime, resident},
};
use anyhow::{Context as _, Result, bail};
use std::{
    env, fmt,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
};

/// A server that runs; dropped, it is killed.
pub struct Server {
    /// Who, for people.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    /// Held open: a server that writes to a closed pipe would die of it.
    _output: Box<dyn BufRead>,
    _scratch: tempfile::TempDir,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("name", &self.name).field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Starts one on the core that the calling thread is pinned to; answers when it listens.
    pub fn start(programs: &Programs, kind: Kind, service: Service, credentials: &Credentials) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let mut chosen = None;
        let mut command = match kind {
            Kind::Sockdock => sockdock(programs, service, credentials, scratch.path()),
            Kind::Native => script(&env::current_exe()?, Path::new("native"), service, credentials),
            Kind::Bun => script(&programs.bun, &programs.root.join("tests/bench/servers/bun.js"), service, credentials),
            Kind::Node => script(&programs.node, &programs.root.join("tests/bench/servers/node.js"), service, credentials),
            Kind::Envoy => envoy::command(programs, scratch.path())?,
            Kind::Redis => {
                let (command, address) = redis::command(programs, scratch.path())?;
                chosen = Some(address);
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        if kind == Kind::Envoy {
            command.stdout(Stdio::null()).stderr(Stdio::piped());
        }
        Self::launch(kind.name(), command, scratch, |output| match (kind, chosen) {
            (Kind::Envoy, _) => envoy::listening(output),
            (_, Some(address)) => redis::ready(output).map(|()| address),
            _ => listening(output),
        })
    }

    /// Starts one that prints `listening on tcp://…`, then `ready`.
    pub fn printing(name: &'static str, mut command: Command, scratch: tempfile::TempDir) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        Self::launch(name, command, scratch, listening)
    }

    fn launch(
        name: &'static str,
        mut command: Command,
        scratch: tempfile::TempDir,
        ready: impl FnOnce(&mut dyn BufRead) -> Result<SocketAddr>,
    ) -> Result<Self> {
        let mut child = command.spawn().with_context(|| format!("cannot start {name}: {command:?}"))?;
        let stdout = child.stdout.take().map(|pipe| Box::new(BufReader::new(pipe)) as Box<dyn BufRead>);
        let stderr = child.stderr.take().map(|pipe: ChildStderr| Box::new(BufReader::new(pipe)) as Box<dyn BufRead>);
        let mut output = stdout.or(stderr).context("no output")?;
        match ready(&mut *output) {
            Ok(address) => Ok(Self { name, address, child, _output: output, _scratch: scratch }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error.context(format!("{name} didn't get ready: {command:?}")))
            }
        }
    }

    /// CPU time so far.
    pub fn cpu(&self) -> Result<CpuTime> {
        CpuTime::of(self.child.id()).context(self.name)
    }

    /// Resident memory now, in bytes.
    pub fn resident(&self) -> Result<u64> {
        resident(self.child.id()).context(self.name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sockdock(programs: &Programs, service: Service, credentials: &Credentials, scratch: &Path) -> Command {
    let plugin: PathBuf = match service {
        Service::Echo | Service::TlsEcho => "examples/echo/echo.wasm".into(),
        Service::FiveWrites => "tests/bench/five-writes/five-writes.wasm".into(),
        Service::Kv => "examples/kv/kv.wasm".into(),
    };
    let mut command = Command::new(&programs.sockdock);
    command.arg("serve").arg(programs.root.join(plugin)).args(["--workers", "1", "--log-level", "warn"]);
    command.arg("--admin").arg(scratch.join("admin.sock"));
    if service == Service::TlsEcho {
        command.arg("--tls-cert").arg(&credentials.certificate).arg("--tls-key").arg(&credentials.key);
        command.args(["--listen-tls", "127.0.0.1:0"]);
    } else {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command
}

/// `PROGRAM SCRIPT SERVICE [CERTIFICATE KEY]`
fn script(program: &Path, script: &Path, service: Service, credentials: &Credentials) -> Command {
    let mut command = Command::new(program);
    command.arg(script).arg(service.name());
    if service == Service::TlsEcho {
        command.arg(&credentials.certificate).arg(&credentials.key);
    }
    command
}

/// These servers print the same lines: `listening on tcp://…` or `tls://…`, then `ready`.
fn listening(stdout: &mut dyn BufRead) -> Result<SocketAddr> {
    let (mut address, mut line) = (None, String::new());
    while stdout.read_line(&mut line)? > 0 {
        if let Some(found) = address_of(&line, "tcp://").or_else(|| address_of(&line, "tls://")) {
            address = Some(found?);
        } else if line.trim_end() == "ready" {
            return address.context("ready, but listens nowhere");
        }
        line.clear();
    }
    bail!("it ended")
}

/// Where a server says that it listens by this scheme, if that is what the line says.
pub(crate) fn address_of(line: &str, scheme: &str) -> Option<Result<SocketAddr>> {
    let text = line.strip_prefix("listening on ")?.strip_prefix(scheme)?.split_whitespace().next().unwrap_or_default();
    Some(text.parse().with_context(|| format!("not an address: {text}")))
}
