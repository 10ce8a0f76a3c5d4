//! The `tracer` guest: a plugin that records every event and does what it is told.
//!
//! Connections to its control socket (a unix socket) send it commands, a line each; all others
//! are its subjects, whose events it records. `tests/guests/tracer` lists the commands.

use crate::{Client, Guest, Host, Serve, wait::eventually};
use std::{
    cell::RefCell,
    io::{BufRead as _, BufReader, Write as _},
    ops::Deref,
    path::PathBuf,
};

const CONTROL: &str = "control.sock";

/// A host that serves the tracer, and a connection to its control socket.
#[derive(Debug)]
pub struct Tracer {
    control: RefCell<BufReader<Client>>,
    host: Host,
    greeting: &'static str,
}

/// A subject: a peer's connection and the id by which the plugin knows it.
#[derive(Debug)]
pub struct Subject {
    /// The peer's side.
    pub peer: Client,
    /// The plugin's side.
    pub id: u64,
}

impl Tracer {
    /// Serves `guest` (the tracer) on TCP and on what else `options` adds.
    #[track_caller]
    pub fn start(guest: Guest, options: impl FnOnce(Serve) -> Serve) -> Self {
        Self::greeted("", guest, options)
    }

    /// As [`Self::start`]; what its control connection begins with.
    #[track_caller]
    pub fn greeted(greeting: &'static str, guest: Guest, options: impl FnOnce(Serve) -> Serve) -> Self {
        Self::serving(greeting, options(Serve::guest(guest).tcp().unix(CONTROL)))
    }

    /// Serves another plugin that speaks the tracer's language: that of a kit's (`tests/conformance`).
    #[track_caller]
    pub fn of(plugin: impl Into<PathBuf>, options: impl FnOnce(Serve) -> Serve) -> Self {
        Self::serving("", options(Serve::plugin(plugin).tcp().unix(CONTROL)))
    }

    #[track_caller]
    fn serving(greeting: &'static str, serve: Serve) -> Self {
        let path = serve.path(CONTROL);
        let host = serve.set("control", path.display().to_string()).start();
        let control = RefCell::new(BufReader::new(host.unix(CONTROL)));
        control.borrow_mut().get_mut().send(greeting);
        Self { control, host, greeting }
    }

    /// Opens the control connection again, after the instance that served it died with it.
    #[track_caller]
    pub fn reconnect(&self) {
        *self.control.borrow_mut() = BufReader::new(self.host.unix(CONTROL));
        self.control.borrow_mut().get_mut().send(self.greeting);
    }

    /// Sends commands, separated by `; ` and carried out within one handler call; gives their answers.
    #[track_caller]
    pub fn ask(&self, commands: &str) -> String {
        let mut control = self.control.borrow_mut();
        writeln!(control.get_mut(), "{commands}").expect("send a command");
        let mut answer = String::new();
        control.read_line(&mut answer).expect("read an answer");
        assert!(answer.ends_with('\n'), "the control connection ended after {commands:?}: {answer:?}");
        answer.trim_end_matches('\n').to_owned()
    }

    /// Sends commands that must all succeed.
    #[track_caller]
    pub fn tell(&self, commands: &str) {
        let answers = self.ask(commands);
        assert!(answers.split("; ").all(|answer| answer.starts_with("ok")), "{commands} -> {answers}");
    }

    /// Sends a command without waiting for its answer (it will trap, or block).
    #[track_caller]
    pub fn push(&self, commands: &str) {
        writeln!(self.control.borrow_mut().get_mut(), "{commands}").expect("send a command");
    }

    /// The value that a command that succeeds gives.
    #[track_caller]
    pub fn value(&self, command: &str) -> String {
        let answer = self.ask(command);
        answer.strip_prefix("ok ").unwrap_or_else(|| panic!("{command} -> {answer}")).to_owned()
    }

    /// All events so far.
    #[track_caller]
    pub fn trace(&self) -> Vec<String> {
        let answer = self.ask("trace");
        let all = answer.strip_prefix("ok").expect("a trace").trim_start();
        all.split('\t').filter(|event| !event.is_empty()).map(str::to_owned).collect()
    }

    /// Waits for an event that starts with `start`.
    #[track_caller]
    pub fn wait(&self, start: &str) -> String {
        let mut seen = Vec::new();
        let found = self.poll(start, &mut seen);
        found.unwrap_or_else(|| panic!("no event {start:?} in {seen:#?}"))
    }

    #[track_caller]
    fn poll(&self, start: &str, seen: &mut Vec<String>) -> Option<String> {
        let deadline = std::time::Instant::now() + crate::DEADLINE;
        loop {
            *seen = self.trace();
            let found = seen.iter().find(|event| *event == start || event.starts_with(&format!("{start} ")));
            if found.is_some() || std::time::Instant::now() > deadline {
                return found.cloned();
            }
            #[expect(clippy::disallowed_methods, reason = "the pause between two looks at a state that nothing announces")]
            std::thread::sleep(std::time::Duration::from_millis(3));
        }
    }

    /// The events of one subject, without its id: `["open", "data 5 hello", …]`.
    #[track_caller]
    pub fn events(&self, id: u64) -> Vec<String> {
        let id = id.to_string();
        let own = |event: &String| {
            let mut words = event.splitn(3, ' ');
            let (name, whose, rest) = (words.next()?, words.next()?, words.next());
            (whose == id).then(|| rest.map_or(name.to_owned(), |rest| format!("{name} {rest}")))
        };
        self.trace().iter().filter_map(own).collect()
    }

    /// The events of one subject once its `close` has come.
    #[track_caller]
    pub fn closed(&self, id: u64) -> Vec<String> {
        self.wait(&format!("close {id}"));
        self.events(id)
    }

    /// Connects by TCP.
    #[track_caller]
    pub fn connect(&self) -> Subject {
        self.subject(Client::tcp(self.host.tcp_address()))
    }

    /// Waits for an event that is as `wanted`.
    #[track_caller]
    pub fn wait_where(&self, wanted: impl Fn(&str) -> bool) -> String {
        eventually("such an event", || self.trace().into_iter().find(|event| wanted(event)))
    }

    /// Makes a subject of a connection just opened: waits for its `open`.
    #[track_caller]
    pub fn subject(&self, peer: Client) -> Subject {
        let port = peer.port();
        let id = if port == 0 {
            // A unix peer has no name: the newest `open`.
            eventually("the subject's open", || self.newest(|_| true))
        } else {
            eventually("the subject's open", || self.newest(|event| event.ends_with(&format!(":{port}"))))
        };
        Subject { peer, id }
    }

    fn newest(&self, wanted: impl Fn(&str) -> bool) -> Option<u64> {
        let trace = self.trace();
        let open = trace.iter().rev().find(|event| event.starts_with("open ") && wanted(event))?;
        open.split(' ').nth(1)?.parse().ok()
    }
}

impl Deref for Tracer {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.host
    }
}
