//! `sockdock serve` or `sockdock connect`, as a test asks for it.

use crate::{
    Certificates, DEADLINE, Guest, Host, Output, Program,
    paths::{cache, sockdock},
};
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// The arguments of `sockdock serve`, or `connect`, with a folder of its own for sockets and certificates.
#[derive(Debug)]
pub struct Serve {
    plugin: PathBuf,
    /// The plugin is a configuration file.
    configured: bool,
    /// Some: connects there instead.
    target: Option<String>,
    /// The plugin is a source folder that is worked on.
    dev: bool,
    /// What starts it.
    launcher: Vec<OsString>,
    args: Vec<OsString>,
    pub(crate) patience: Duration,
    pub(crate) folder: TempDir,
    pub(crate) certificates: Option<Certificates>,
}

impl Serve {
    /// Serves a guest program.
    pub fn guest(guest: Guest) -> Self {
        Self::plugin(guest.path())
    }

    /// Connects a guest program to a server.
    pub fn connect(guest: Guest, target: impl Into<String>) -> Self {
        Self::connect_plugin(guest.path(), target)
    }

    /// Connects a component or a folder to a server.
    pub fn connect_plugin(path: impl Into<PathBuf>, target: impl Into<String>) -> Self {
        Self { target: Some(target.into()), ..Self::plugin(path) }
    }

    /// Serves a component or a folder.
    pub fn plugin(path: impl Into<PathBuf>) -> Self {
        let folder = tempfile::Builder::new().prefix("sockdock-").tempdir().expect("a temporary folder");
        Self {
            plugin: path.into(),
            configured: false,
            target: None,
            dev: false,
            launcher: Vec::new(),
            args: Vec::new(),
            patience: DEADLINE,
            folder,
            certificates: None,
        }
    }

    /// Serves what a configuration file describes.
    pub fn configured(file: impl Into<PathBuf>) -> Self {
        Self { configured: true, ..Self::plugin(file) }
    }

    /// Serves a source folder, and swaps in what changes there.
    pub fn dev(folder: impl Into<PathBuf>) -> Self {
        Self { dev: true, ..Self::plugin(folder) }
    }

    /// Listens on a free TCP port.
    pub fn tcp(self) -> Self {
        self.args(["--listen", "127.0.0.1:0"])
    }

    /// Listens on a unix socket of this name in the host's folder.
    pub fn unix(self, name: &str) -> Self {
        let path = self.path(name);
        self.arg("--listen").arg(format!("unix:{}", path.display()))
    }

    /// Listens on a free TCP port for TLS.
    pub fn tls(self) -> Self {
        self.certified().args(["--listen-tls", "127.0.0.1:0"])
    }

    /// Listens on a unix socket for TLS.
    pub fn tls_unix(self, name: &str) -> Self {
        let path = self.path(name);
        self.certified().arg("--listen-tls").arg(format!("unix:{}", path.display()))
    }

    /// Makes a certificate and names it to the host.
    pub fn certified(mut self) -> Self {
        if self.certificates.is_some() {
            return self;
        }
        let made = Certificates::write(self.folder.path(), "server");
        self = self.arg("--tls-cert").arg(&made.certificate).arg("--tls-key").arg(&made.key);
        self.certificates = Some(made);
        self
    }

    /// A setting that the plugin's `start` gets.
    pub fn set(self, key: &str, value: impl AsRef<str>) -> Self {
        let value = value.as_ref();
        self.arg("--set").arg(format!("{key}={value}"))
    }

    /// One argument more.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Arguments more.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// How long the start may take, for a plugin that takes long to compile.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Has this program start it, with the command line as its last arguments.
    pub fn launched_by<S: AsRef<OsStr>>(mut self, launcher: impl IntoIterator<Item = S>) -> Self {
        self.launcher = launcher.into_iter().map(|word| word.as_ref().to_owned()).collect();
        self
    }

    /// A path in the host's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts it and waits until it says that it is ready.
    #[track_caller]
    pub fn start(self) -> Host {
        Host::started(self.spawned())
    }

    /// Starts it without waiting for anything.
    #[track_caller]
    pub fn spawn(self) -> Host {
        let (serve, child) = self.spawned();
        Host::of(serve, child)
    }

    #[track_caller]
    fn spawned(self) -> (Self, Child) {
        let mut words = self.launcher.iter().cloned().chain([sockdock().into()]);
        let mut command = Command::new(words.next().expect("a command"));
        command.args(words).args(self.arguments()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("start sockdock");
        (self, child)
    }

    /// Runs it to its end, for a start that must fail.
    #[track_caller]
    pub fn run(self) -> Output {
        Program::sockdock(self.arguments()).run()
    }

    pub(crate) fn admin(&self) -> PathBuf {
        self.path("admin").join("admin.sock")
    }

    fn arguments(&self) -> Vec<OsString> {
        let command = match &self.target {
            Some(_) => "connect",
            None if self.dev => "dev",
            None => "serve",
        };
        let mut all: Vec<OsString> = vec![command.into()];
        all.extend(self.configured.then(|| "-c".into()));
        all.push(self.plugin.clone().into());
        all.extend(self.target.iter().map(Into::into));
        all.extend(self.args.iter().cloned());
        let named = |flag: &str| self.args.iter().any(|arg| arg == flag);
        if !named("--admin") {
            all.extend(["--admin".into(), self.admin().into()]);
        }
        if !named("--cache-dir") && !named("--no-cache") {
            all.extend(["--cache-dir".into(), cache().into()]);
        }
        all
    }

    /// The folder that the host's sockets and certificates lie in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
