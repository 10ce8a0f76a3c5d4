//! The conformance plugin, by the Rust SDK: records each event, and does what it is told. `../README.md` says what.

mod commands;
mod trace;

use sockdock_guest::{CloseInfo, Config, ErrorCode, Failure, Outbox, Plugin, Socket, SocketError, State};
use trace::{Trace, escape};

const VERSION: &str = "trace-1";

#[derive(Default)]
struct Conformance {
    settings: Config,
    trace: Trace,
    /// Answers, and what is echoed, that a short write has left.
    outbox: Outbox,
    /// What the last `connect` has made.
    made: Option<Socket>,
    /// Of the `data` event that is going on, for `mirror`.
    bytes: Vec<u8>,
    /// What `eat` keeps.
    eaten: Vec<Vec<u8>>,
}

impl Conformance {
    fn setting(&self, key: &str) -> &str {
        self.settings.get(key).unwrap_or_default()
    }

    fn is_control(&self, socket: Socket) -> bool {
        socket.local_endpoint().is_ok_and(|local| local.address == self.setting("control"))
    }

    fn is_echo(&self) -> bool {
        self.setting("mode") == "echo"
    }

    /// Records an event of a subject's, unless this is an echo, and runs the script that is kept for it.
    fn event(&mut self, name: &str, socket: Socket, detail: &str) {
        if !self.is_echo() && !self.is_control(socket) {
            self.record(name, Some(socket), &format!("{socket} {detail}"));
        }
    }

    fn record(&mut self, name: &str, socket: Option<Socket>, detail: &str) {
        self.trace.events.push(format!("{name} {detail}").trim_end().to_owned());
        if let Some(script) = self.trace.scripts.get(name).cloned() {
            self.act(name, socket, &script);
        }
    }

    /// Runs a script, and records what came of it.
    fn act(&mut self, name: &str, socket: Option<Socket>, script: &str) {
        if !script.is_empty() {
            let answers = self.run(script, socket);
            self.trace.events.push(format!("did {name} {script} -> {answers}"));
        }
    }

    /// Fails if the operator wants this one to fail.
    fn may(&self, what: &str) -> Result<(), Failure> {
        if self.setting("refuse") == what { Err("told to refuse".into()) } else { Ok(()) }
    }
}

fn described(error: &SocketError) -> String {
    format!("{} {}", error.code.name(), error.message)
}

impl Plugin for Conformance {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.settings = config.clone();
        self.may("start")?;
        let settings: Vec<_> = config.iter().map(|(key, value)| format!("{key}={value}")).collect();
        self.record("start", None, &settings.join(" "));
        let script = self.setting("start").to_owned();
        self.act("start", None, &script);
        Ok(())
    }

    fn open(&mut self, socket: Socket) {
        let from = socket.remote_endpoint().map(|from| format!("from {}:{}", from.address, from.port));
        self.event("open", socket, &from.unwrap_or_default());
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        if self.is_control(socket) {
            for line in self.trace.lines(socket, bytes) {
                let answer = self.run(&line, None) + "\n";
                self.outbox.write_all(socket, answer.as_bytes()).ok();
            }
        } else if self.is_echo() {
            self.outbox.write_all(socket, bytes).ok();
        } else {
            self.bytes = bytes.to_vec();
            self.event("data", socket, &format!("{} {}", bytes.len(), escape(bytes)));
        }
    }

    fn drain(&mut self, socket: Socket) {
        self.outbox.drained(socket).ok();
        self.event("drain", socket, "");
    }

    fn end(&mut self, socket: Socket) {
        self.event("end", socket, "");
    }

    fn timeout(&mut self, socket: Socket) {
        self.event("timeout", socket, "");
    }

    fn handshake(&mut self, socket: Socket, verified: Result<(), String>) {
        self.event("handshake", socket, &verified.map_or_else(|why| format!("unverified: {why}"), |()| "verified".to_owned()));
    }

    fn error(&mut self, socket: Socket, error: SocketError) {
        self.event("error", socket, &described(&error));
    }

    fn close(&mut self, socket: Socket, info: CloseInfo) {
        self.outbox.forget(socket);
        self.trace.controls.remove(&socket);
        let code = info.error.map_or("none", |error| error.code.name());
        self.event("close", socket, &format!("{code} unsent={}", info.unsent));
    }

    fn connect_error(&mut self, socket: Socket, error: SocketError) {
        self.event("connect-error", socket, &described(&error));
    }

    fn fired(&mut self, token: u64) {
        self.record("fired", None, &token.to_string());
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        let script = self.setting("snapshot").to_owned();
        self.act("snapshot", None, &script);
        self.may("snapshot")?;
        let state = || State { version: VERSION.to_owned(), data: self.trace.save() };
        Ok((self.setting("state") != "none").then(state))
    }

    fn restore(&mut self, state: State) -> Result<(), Failure> {
        if state.version != VERSION {
            return Err(format!("unknown version {}", state.version).into());
        }
        self.may("restore")?;
        self.trace.load(&state.data)?;
        self.record("restore", None, &state.version);
        let script = self.setting("restore").to_owned();
        self.act("restore", None, &script);
        Ok(())
    }
}

sockdock_guest::plugin!(Conformance);
