//! The twin of `tests/oracle/bun.js`: does in each handler what its settings say, and logs every event as a line of JSON.
//!
//! Settings: `on.EVENT` has actions, separated by `; `; `connect` an address to connect to at the start, `tls` the server's name
//! then (empty: the address's), `half-open` and `credentials` what they say; `generation` marks its events.

mod actions;

use actions::act;
use bindings::exports::sockdock::plugin::{
    lifecycle::{self, State},
    socket_handlers::{self, CloseInfo, SocketError, SocketId},
    timer_handler,
};
use bindings::sockdock::plugin::{
    logging::{self, Level},
    outbound::{self, ConnectOptions, TlsOptions},
    sockets, timers,
};
use std::cell::{Cell, RefCell};

struct Mirror;

thread_local! {
    static SETTINGS: RefCell<Vec<(String, String)>> = RefCell::default();
    static NAMED: Cell<u8> = const { Cell::new(0) };
}

fn setting(key: &str) -> Option<String> {
    SETTINGS.with_borrow(|all| all.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone()))
}

fn say(line: &str) {
    logging::log(Level::Info, line);
}

/// `a` for the first socket that is heard of, and so on. The host keeps it, also through a reload.
fn name(socket: SocketId) -> String {
    let known = sockets::context(socket).unwrap_or_default();
    if !known.is_empty() {
        return String::from_utf8_lossy(&known).into_owned();
    }
    let name = char::from(b'a' + NAMED.replace(NAMED.get() + 1)).to_string();
    // Refused for a socket that couldn't be connected: its only event.
    sockets::set_context(socket, name.as_bytes()).ok();
    name
}

/// Says that it has happened, then does what is to be done on it.
fn event(name_of: &str, socket: SocketId, more: &str, chunk: &[u8]) {
    let generation = setting("generation").unwrap_or("1".to_owned());
    say(&format!(r#"{{"socket":"{}","event":"{name_of}","generation":{generation}{more}}}"#, name(socket)));
    if name_of == "drain" {
        actions::send(socket);
    }
    act(name_of, socket, chunk);
}

fn detail(text: &str) -> String {
    format!(r#","detail":"{text}""#)
}

impl socket_handlers::Guest for Mirror {
    fn open(socket: SocketId) {
        event("open", socket, "", &[]);
    }

    fn data(socket: SocketId, data: Vec<u8>) {
        event("data", socket, &format!(r#","bytes":{}"#, data.len()), &data);
    }

    fn drain(socket: SocketId) {
        event("drain", socket, "", &[]);
    }

    fn end(socket: SocketId) {
        event("end", socket, "", &[]);
    }

    fn timeout(socket: SocketId) {
        event("timeout", socket, "", &[]);
    }

    fn handshake(socket: SocketId, verified: Result<(), String>) {
        event("handshake", socket, &detail(if verified.is_ok() { "verified" } else { "unverified" }), &[]);
    }

    fn error(socket: SocketId, why: SocketError) {
        event("error", socket, &detail(why.code.name()), &[]);
    }

    fn close(socket: SocketId, info: CloseInfo) {
        let why = info.error.map_or("none", |why| why.code.name());
        event("close", socket, &format!(r#"{},"unsent":{}"#, detail(why), info.unsent), &[]);
    }

    fn connect_error(socket: SocketId, why: SocketError) {
        event("connect-error", socket, &detail(why.code.name()), &[]);
    }
}

impl timer_handler::Guest for Mirror {
    fn fired(_: u64) {
        let Some(address) = setting("connect") else { return };
        let credentials = setting("credentials");
        let tls = setting("tls").map(|name| TlsOptions {
            server_name: (!name.is_empty()).then_some(name),
            alpn: Vec::new(),
            credentials,
        });
        let allow_half_open = setting("half-open").is_some();
        let options = ConnectOptions { tls, timeout_milliseconds: None, allow_half_open, context: Vec::new() };
        if let Err(code) = outbound::connect(&address, &options) {
            say(&format!(r#"{{"event":"connect"{}}}"#, detail(code.name())));
        }
    }
}

impl lifecycle::Guest for Mirror {
    fn start(config: Vec<(String, String)>) -> Result<(), String> {
        SETTINGS.set(config);
        // Connecting is not for `start`.
        if setting("connect").is_some() {
            timers::set_timer(1, 0).map_err(|code| code.name().to_owned())?;
        }
        Ok(())
    }

    fn snapshot() -> Result<Option<State>, String> {
        Ok(None)
    }

    fn restore(_: State) -> Result<(), String> {
        Err("there is nothing to restore".to_owned())
    }
}

bindings::export!(Mirror with_types_in bindings);
