//! The servers that are measured: how each is started, and where it then listens.

use crate::{
    native::Behaviour,
    process::{CpuTime, resident},
};
use anyhow::{Context as _, Result, bail};
use std::{
    env,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

/// Who serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `sockdock serve`, with a plugin by the Rust SDK.
    Sockdock,
    /// tokio, a runtime per core, no plugin: the limit.
    Native,
    /// `Bun.listen`.
    Bun,
    /// `net.createServer`.
    Node,
}

impl Kind {
    /// All, as they stand in tables.
    pub const ALL: [Self; 4] = [Self::Sockdock, Self::Native, Self::Bun, Self::Node];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sockdock => "sockdock",
            Self::Native => "native tokio",
            Self::Bun => "Bun",
            Self::Node => "Node",
        }
    }
}

/// Where the programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The repository.
    pub root: PathBuf,
    /// sockdock's release build.
    pub sockdock: PathBuf,
    /// Bun, by `scripts/setup-bench`.
    pub bun: PathBuf,
    /// Node.
    pub node: PathBuf,
}

impl Programs {
    /// Those of the repository at `root`; `sockdock` unless another build is given.
    pub fn of(root: &Path, sockdock: Option<&Path>) -> Result<Self> {
        let programs = Self {
            root: root.to_owned(),
            sockdock: sockdock.map_or_else(|| root.join("target/release/sockdock"), Path::to_owned),
            bun: root.join("target/bench/node_modules/.bin/bun"),
            node: PathBuf::from("node"),
        };
        for program in [&programs.sockdock, &programs.bun] {
            if !program.exists() {
                bail!("there is no {}: `make bench` makes it", program.display());
            }
        }
        Ok(programs)
    }

    fn command(&self, kind: Kind, behaviour: Behaviour, scratch: &Path) -> Result<Command> {
        let servers = self.root.join("tests/bench/servers");
        let mut command = match kind {
            Kind::Sockdock => {
                let plugin = match behaviour {
                    Behaviour::Echo => self.root.join("examples/echo/echo.wasm"),
                    Behaviour::FiveWrites => self.root.join("tests/bench/five-writes/five-writes.wasm"),
                };
                let mut command = Command::new(&self.sockdock);
                command.arg("serve").arg(plugin).args(["--listen", "127.0.0.1:0", "--workers", "1", "--log-level", "warn"]);
                command.arg("--admin").arg(scratch.join("admin.sock"));
                return Ok(command);
            }
            Kind::Native => {
                let mut command = Command::new(env::current_exe()?);
                command.arg("native");
                command
            }
            Kind::Bun => {
                let mut command = Command::new(&self.bun);
                command.arg(servers.join("bun.js"));
                command
            }
            Kind::Node => {
                let mut command = Command::new(&self.node);
                command.arg(servers.join("node.js"));
                command
            }
        };
        command.arg(behaviour.name());
        Ok(command)
    }

    /// Version of each program, as it says it itself.
    pub fn versions(&self) -> Result<Vec<String>> {
        let ask = |name: &str, program: &Path| -> Result<String> {
            let answer = Command::new(program).arg("--version").output().with_context(|| program.display().to_string())?;
            let version = String::from_utf8_lossy(&answer.stdout).trim().trim_start_matches("sockdock ").to_owned();
            Ok(format!("{name} {version}"))
        };
        Ok(vec![ask("sockdock", &self.sockdock)?, ask("Bun", &self.bun)?, ask("Node", &self.node)?])
    }
}

/// A server that runs; dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    /// Who.
    pub kind: Kind,
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    /// Held open: a server that writes to a closed pipe would die of it.
    _stdout: BufReader<ChildStdout>,
    _scratch: tempfile::TempDir,
}

impl Server {
    /// Starts one on the core that the calling thread is pinned to; answers when it listens.
    pub fn start(programs: &Programs, kind: Kind, behaviour: Behaviour) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let mut command = programs.command(kind, behaviour, scratch.path())?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}: {command:?}", kind.name()))?;
        let stdout = child.stdout.take().context("no stdout")?;
        let mut stdout = BufReader::new(stdout);
        match listening(&mut stdout) {
            Ok(address) => Ok(Self { kind, address, child, _stdout: stdout, _scratch: scratch }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error.context(format!("{} didn't get ready: {command:?}", kind.name())))
            }
        }
    }

    /// CPU time so far.
    pub fn cpu(&self) -> Result<CpuTime> {
        CpuTime::of(self.child.id()).context(self.kind.name())
    }

    /// Resident memory now, in bytes.
    pub fn resident(&self) -> Result<u64> {
        resident(self.child.id()).context(self.kind.name())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All servers print the same lines: `listening on tcp://…`, then `ready`.
fn listening(stdout: &mut BufReader<ChildStdout>) -> Result<SocketAddr> {
    let (mut address, mut line) = (None, String::new());
    while stdout.read_line(&mut line)? > 0 {
        if let Some(rest) = line.strip_prefix("listening on tcp://") {
            let text = rest.split_whitespace().next().unwrap_or_default();
            address = Some(text.parse().with_context(|| format!("not an address: {text}"))?);
        } else if line.trim_end() == "ready" {
            return address.context("ready, but listens nowhere");
        }
        line.clear();
    }
    bail!("it ended")
}
