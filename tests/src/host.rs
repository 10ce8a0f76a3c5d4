//! A running host, seen as peers and operators see it.

use crate::{Client, Guest, Output, Program, Serve, admin, lines::Lines, wait::eventually};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    ffi::OsStr,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ExitStatus},
};

/// Where a host listens, as its ready lines say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `tcp://`
    Tcp(SocketAddr),
    /// `tls://`
    Tls(SocketAddr),
    /// `unix:`
    Unix(PathBuf),
    /// `tls+unix:`
    TlsUnix(PathBuf),
}

impl Address {
    fn parse(text: &str) -> Self {
        let socket = |text: &str| text.parse().unwrap_or_else(|error| panic!("{error}: {text:?}"));
        if let Some(rest) = text.strip_prefix("tcp://") {
            Self::Tcp(socket(rest))
        } else if let Some(rest) = text.strip_prefix("tls://") {
            Self::Tls(socket(rest))
        } else if let Some(rest) = text.strip_prefix("tls+unix:") {
            Self::TlsUnix(rest.into())
        } else if let Some(rest) = text.strip_prefix("unix:") {
            Self::Unix(rest.into())
        } else {
            panic!("an address of no known kind: {text:?}")
        }
    }
}

/// A running `sockdock serve`; killed when dropped, its log shown if the test fails.
#[derive(Debug)]
pub struct Host {
    child: Child,
    serve: Serve,
    admin: PathBuf,
    addresses: Vec<Address>,
    stdout: Lines,
    log: Lines,
}

impl Host {
    #[track_caller]
    pub(crate) fn of(serve: Serve, mut child: Child) -> Self {
        let stdout = Lines::of(child.stdout.take().unwrap());
        let log = Lines::of(child.stderr.take().unwrap());
        Self { child, admin: serve.admin(), serve, addresses: Vec::new(), stdout, log }
    }

    #[track_caller]
    pub(crate) fn started((serve, child): (Serve, Child)) -> Self {
        let mut host = Self::of(serve, child);
        let ready = host.stdout.wait_for(host.serve.patience, |line| line == "ready");
        assert!(ready.is_some(), "the host didn't say that it is ready");
        for line in host.stdout.all() {
            if let Some(rest) = line.strip_prefix("listening on ") {
                let address = rest.split_once(" (").map_or(rest, |(address, _name)| address);
                host.addresses.push(Address::parse(address));
            } else if let Some(path) = line.strip_prefix("admin on unix:") {
                host.admin = path.into();
            }
        }
        host
    }

    /// Where it listens, in the order of its ready lines.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The first plain TCP address.
    #[track_caller]
    pub fn tcp_address(&self) -> SocketAddr {
        self.addresses.iter().find_map(|found| if let Address::Tcp(a) = found { Some(*a) } else { None }).expect("a TCP address")
    }

    /// The first TLS address.
    #[track_caller]
    pub fn tls_address(&self) -> SocketAddr {
        self.addresses.iter().find_map(|found| if let Address::Tls(a) = found { Some(*a) } else { None }).expect("a TLS address")
    }

    /// Connects by TCP.
    #[track_caller]
    pub fn tcp(&self) -> Client {
        Client::tcp(self.tcp_address())
    }

    /// Connects by TLS.
    #[track_caller]
    pub fn tls(&self) -> Client {
        Client::tls(self.tls_address(), self.certificates().client())
    }

    /// Connects to the unix socket of this name.
    #[track_caller]
    pub fn unix(&self, name: &str) -> Client {
        Client::unix(&self.path(name))
    }

    /// Connects to the unix socket of this name by TLS.
    #[track_caller]
    pub fn tls_unix(&self, name: &str) -> Client {
        Client::tls_unix(&self.path(name), self.certificates().client())
    }

    /// The certificate that it shows.
    #[track_caller]
    pub fn certificates(&self) -> &crate::Certificates {
        self.serve.certificates.as_ref().expect("a host with TLS")
    }

    /// A path in the host's own folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.serve.path(name)
    }

    /// The admin socket's path.
    pub fn admin_socket(&self) -> &Path {
        &self.admin
    }

    /// A request to the admin API: the status code and the JSON that came back.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        admin::request(&self.admin, method, path, body)
    }

    /// The status of the first listener.
    #[track_caller]
    pub fn status(&self) -> Value {
        let (code, value) = self.request("GET", "/status", None);
        assert_eq!(code, 200, "{value}");
        value["listeners"][0].clone()
    }

    /// A counter of the first listener.
    #[track_caller]
    pub fn count(&self, counter: &str) -> u64 {
        let status = self.status();
        status[counter].as_u64().unwrap_or_else(|| panic!("no counter {counter} in {status}"))
    }

    /// Waits until a counter of the first listener is as wanted.
    #[track_caller]
    pub fn wait_count(&self, counter: &str, wanted: u64) {
        let mut last = 0;
        eventually(&format!("{counter} = {wanted}"), || {
            last = self.count(counter);
            (last == wanted).then_some(())
        });
    }

    /// Asks for a reload with these fields.
    #[track_caller]
    pub fn try_reload(&self, fields: Value) -> Result<Value, Value> {
        let (code, answer) = self.request("POST", "/reload", Some(&fields));
        match code {
            200 => Ok(answer["reports"][0].clone()),
            409 => Err(answer["failures"][0].clone()),
            _ => panic!("{code} {answer}"),
        }
    }

    /// Reloads to another guest; gives the report.
    #[track_caller]
    pub fn reload(&self, guest: Guest) -> Value {
        self.try_reload(json!({ "plugin": guest.path() })).unwrap_or_else(|failure| panic!("the reload failed: {failure}"))
    }

    /// Reloads to another guest, which must fail in this phase; gives the reason.
    #[track_caller]
    pub fn reload_fails(&self, fields: Value, phase: &str) -> String {
        let before = self.status();
        let failure = self.try_reload(fields).expect_err("the reload should have failed");
        assert_eq!(failure["phase"], phase, "{failure}");
        assert_eq!(failure["generation"], before["generation"], "{failure}");
        let after = self.status();
        assert_eq!(after["generation"], before["generation"]);
        assert_eq!(after["digest"], before["digest"]);
        assert_eq!(after["reloads_failed"].as_u64(), before["reloads_failed"].as_u64().map(|n| n + 1));
        failure["reason"].as_str().unwrap_or_else(|| panic!("no reason: {failure}")).to_owned()
    }

    /// Runs a command of the CLI against this host.
    #[track_caller]
    pub fn cli<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        Program::sockdock(args).arg("--admin").arg(&self.admin).run()
    }

    /// Waits for a line of the log that has all these words.
    #[track_caller]
    pub fn wait_log(&self, words: &[&str]) -> String {
        self.log
            .wait(|line| words.iter().all(|word| line.contains(word)))
            .unwrap_or_else(|| panic!("no line with {words:?} in the log"))
    }

    /// The log so far.
    pub fn log(&self) -> Vec<String> {
        self.log.all()
    }

    /// The log of a host that has ended, or is about to.
    #[track_caller]
    pub fn whole_log(&self) -> Vec<String> {
        self.log.until_the_end();
        self.log.all()
    }

    /// What it printed to standard output.
    pub fn said(&self) -> Vec<String> {
        self.stdout.all()
    }

    /// Waits for a line on standard output that has all these words.
    #[track_caller]
    pub fn wait_said(&self, words: &[&str]) -> String {
        self.wait_said_again(1, words)
    }

    /// Waits for the `number`th of such lines.
    #[track_caller]
    pub fn wait_said_again(&self, number: usize, words: &[&str]) -> String {
        let seen = Cell::new(0);
        let fits = |line: &str| {
            seen.set(seen.get() + usize::from(words.iter().all(|word| line.contains(word))));
            seen.get() == number
        };
        self.stdout
            .wait_for(self.serve.patience, fits)
            .unwrap_or_else(|| panic!("{} lines with {words:?} on stdout, not {number}", seen.get()))
    }

    /// Its memory that no file backs, in bytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the process's status");
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("RssAnon");
        line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).expect("kB") * 1024
    }

    /// How many descriptors it has open.
    pub fn open_descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("the process's descriptors").count()
    }

    /// The number after that of its highest open descriptor.
    pub fn descriptors(&self) -> u64 {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("the process's descriptors");
        open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok()).max().unwrap_or(0) + 1
    }

    /// Lets it open no more than this many descriptors (or lifts that again).
    pub fn limit_descriptors(&self, limit: u64) {
        // Its hard limit is ours, which it inherited.
        let limit = Rlimit { current: Some(limit), maximum: getrlimit(Resource::Nofile).maximum };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Nofile, limit).expect("prlimit");
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("kill");
    }

    /// Waits until it has ended.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        eventually("the host's end", || self.child.try_wait().expect("wait"))
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("wait").is_none()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            let (said, log) = (self.stdout.all(), self.log.all());
            let recent = log.len().saturating_sub(80);
            eprintln!("--- the host said\n{}\n--- its log (last lines)\n{}\n---", said.join("\n"), log[recent..].join("\n"));
        }
    }
}
