//! Records every event with its arguments, and does what its control connection says.
//!
//! Connections to the unix socket named by the setting `control` send commands (see `commands`);
//! all others are subjects. `on EVENT COMMANDS` has commands carried out inside a handler; the
//! settings `start`, `snapshot` and `restore` do the same for the life cycle.
//!
//! The trace is the plugin's state: a reload carries it over, unless the setting `state` is `none`.

mod commands;
mod trace;

use bindings::exports::sockdock::plugin::{
    lifecycle::{self, State},
    socket_handlers::{self, CloseInfo, SocketError, SocketId},
    timer_handler,
};
use bindings::sockdock::plugin::sockets;
use trace::{Trace, escape, with};

struct Tracer;

/// Whether this is a control connection, which isn't traced.
fn is_control(socket: SocketId) -> bool {
    sockets::local_endpoint(socket).is_ok_and(|local| with(|trace| trace.setting("control") == local.address))
}

/// Records an event and carries out what is to be done on it.
fn event(name: &str, socket: Option<SocketId>, detail: String) {
    let subject = socket.map(|id| format!(" {id}")).unwrap_or_default();
    let detail = if detail.is_empty() { detail } else { format!(" {detail}") };
    let hook = with(|trace| {
        trace.events.push(format!("{name}{subject}{detail}"));
        trace.hooks.get(name).cloned()
    });
    if let Some(hook) = hook {
        act(name, socket, &hook);
    }
}

/// Carries out commands inside a handler and records the answers.
fn act(name: &str, socket: Option<SocketId>, script: &str) {
    if !script.is_empty() {
        let answers = commands::run(script, socket);
        with(|trace| trace.events.push(format!("did {name} {script} -> {answers}")));
    }
}

fn error(error: &SocketError) -> String {
    format!("{} {}", commands::code_name(error.code), error.message)
}

impl socket_handlers::Guest for Tracer {
    fn open(socket: SocketId) {
        if !is_control(socket) {
            let from = sockets::remote_endpoint(socket);
            event("open", Some(socket), from.map_or(String::new(), |from| format!("from {}:{}", from.address, from.port)));
        }
    }

    fn data(socket: SocketId, data: Vec<u8>) {
        if !is_control(socket) {
            return event("data", Some(socket), format!("{} {}", data.len(), escape(&data)));
        }
        let lines = with(|trace| trace.lines(socket, &data));
        for line in lines {
            let answer = commands::run(&line, None) + "\n";
            sockets::write(socket, answer.as_bytes()).expect("answer a command");
        }
    }

    fn drain(socket: SocketId) {
        event("drain", Some(socket), String::new());
    }

    fn end(socket: SocketId) {
        if !is_control(socket) {
            event("end", Some(socket), String::new());
        }
    }

    fn timeout(socket: SocketId) {
        event("timeout", Some(socket), String::new());
    }

    fn handshake(socket: SocketId, verified: Result<(), String>) {
        event("handshake", Some(socket), verified.map_or_else(|why| format!("unverified: {why}"), |()| "verified".to_owned()));
    }

    fn error(socket: SocketId, why: SocketError) {
        if !is_control(socket) {
            event("error", Some(socket), error(&why));
        }
    }

    fn close(socket: SocketId, info: CloseInfo) {
        // A control connection has no name any more, but it left its half-line behind.
        if with(|trace| trace.partial.remove(&socket)).is_none() {
            let why = info.error.as_ref().map_or("none", |why| commands::code_name(why.code));
            event("close", Some(socket), format!("{why} unsent={}", info.unsent));
        }
    }

    fn connect_error(socket: SocketId, why: SocketError) {
        event("connect-error", Some(socket), error(&why));
    }
}

impl timer_handler::Guest for Tracer {
    fn fired(token: u64) {
        event("fired", None, token.to_string());
    }
}

impl lifecycle::Guest for Tracer {
    fn start(config: Vec<(String, String)>) -> Result<(), String> {
        let script = with(|trace| {
            let settings: String = config.iter().map(|(key, value)| format!(" {key}={value}")).collect();
            trace.events.push(format!("start{settings}"));
            trace.settings = config;
            trace.setting("start").to_owned()
        });
        act("start", None, &script);
        Ok(())
    }

    fn snapshot() -> Result<Option<State>, String> {
        let (script, state) = with(|trace| (trace.setting("snapshot").to_owned(), trace.setting("state").to_owned()));
        act("snapshot", None, &script);
        if state == "none" {
            return Ok(None);
        }
        Ok(Some(State { version: "trace-1".to_owned(), data: with(|trace| trace.save()) }))
    }

    fn restore(state: State) -> Result<(), String> {
        let script = with(|trace| {
            trace.load(&state.data)?;
            trace.events.push(format!("restore {}", state.version));
            Ok::<_, String>(trace.setting("restore").to_owned())
        })?;
        act("restore", None, &script);
        Ok(())
    }
}

impl Trace {
    fn setting(&self, key: &str) -> &str {
        self.settings.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value)
    }
}

bindings::export!(Tracer with_types_in bindings);
