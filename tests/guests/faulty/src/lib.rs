//! Misbehaves in the handler that the setting `in` names, in the way that `how` names (`trap`,
//! `loop`, `memory`, `stack`, `error`, or `busy` for so many `milliseconds`), for connections to the
//! unix socket `culprit` alone.
//!
//! To others it is an echo with a context: `=TEXT` sets it, `?` asks for it. `!` poisons this
//! instance's state, so that it can't be restored. With `commands=off` it is an echo and nothing else.
//! Its state has `padding` bytes more than it needs.

mod fail;

use bindings::exports::sockdock::plugin::{
    lifecycle::{self, State},
    socket_handlers::{self, CloseInfo, SocketError, SocketId},
    timer_handler,
};
use bindings::sockdock::plugin::{sockets, timers, types::ErrorCode};
use fail::fail;
use std::cell::{Cell, RefCell};

struct Faulty;

const CLEAN: u8 = b'.';
const POISONED: u8 = b'!';

thread_local! {
    static CONFIG: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
    static STATE: Cell<u8> = const { Cell::new(CLEAN) };
}

pub(crate) fn setting(key: &str) -> String {
    CONFIG.with_borrow(|config| config.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone()).unwrap_or_default())
}

fn is_culprit(socket: SocketId) -> bool {
    sockets::local_endpoint(socket).is_ok_and(|local| local.address == setting("culprit"))
}

/// Fails if it is this handler that is to fail.
fn at(handler: &str, socket: SocketId) {
    if setting("in") == handler && is_culprit(socket) {
        fail().expect("an error in a handler without a result");
    }
}

/// Brings about the event in which to fail.
fn provoke(socket: SocketId) {
    match setting("in").as_str() {
        "timeout" => sockets::set_timeout(socket, Some(30)).expect("set a timeout"),
        "drain" => drop(sockets::write(socket, &vec![b'x'; 600 << 10]).expect("write")),
        "fired" => timers::set_timer(1, 1).expect("set a timer"),
        _ => {}
    }
}

impl socket_handlers::Guest for Faulty {
    fn open(socket: SocketId) {
        at("open", socket);
        if is_culprit(socket) {
            provoke(socket);
        }
    }

    fn data(socket: SocketId, data: Vec<u8>) {
        at("data", socket);
        if setting("commands") == "off" {
            // What a peer had sent before it reset the connection is still delivered; there is nobody to answer then.
            match sockets::write(socket, &data) {
                Ok(_) | Err(ErrorCode::Closed) => return,
                Err(error) => panic!("write: {error}"),
            }
        }
        match data.as_slice() {
            b"?" => {
                let context = sockets::context(socket).expect("a context");
                sockets::write(socket, if context.is_empty() { b"-" } else { &context }).expect("write");
            }
            b"!" => {
                STATE.set(POISONED);
                sockets::write(socket, b"poisoned").expect("write");
            }
            [b'=', context @ ..] => {
                sockets::set_context(socket, context).expect("set the context");
                sockets::write(socket, b"ok").expect("write");
            }
            other => drop(sockets::write(socket, other).expect("write")),
        }
    }

    fn drain(socket: SocketId) {
        at("drain", socket);
    }

    fn end(socket: SocketId) {
        at("end", socket);
    }

    fn timeout(socket: SocketId) {
        at("timeout", socket);
    }

    fn handshake(socket: SocketId, _: Result<(), String>) {
        at("handshake", socket);
    }

    fn error(socket: SocketId, _: SocketError) {
        at("error", socket);
    }

    fn close(_: SocketId, _: CloseInfo) {
        // The socket has no endpoint any more, so whoever closes is the culprit.
        if setting("in") == "close" {
            fail().expect("an error in a handler without a result");
        }
    }

    fn connect_error(_: SocketId, _: SocketError) {}
}

impl timer_handler::Guest for Faulty {
    fn fired(_: u64) {
        if setting("in") == "fired" {
            fail().expect("an error in a handler without a result");
        }
    }
}

impl lifecycle::Guest for Faulty {
    fn start(config: Vec<(String, String)>) -> Result<(), String> {
        CONFIG.set(config);
        if setting("in") == "start" { fail() } else { Ok(()) }
    }

    fn snapshot() -> Result<Option<State>, String> {
        if setting("in") == "snapshot" || (setting("in") == "poisoned-snapshot" && STATE.get() == POISONED) {
            fail()?;
        }
        let mut data = vec![STATE.get()];
        data.resize(1 + setting("padding").parse().unwrap_or(0), 0);
        Ok(Some(State { version: "faulty".to_owned(), data }))
    }

    fn restore(state: State) -> Result<(), String> {
        if setting("in") == "restore" || state.data.first() == Some(&POISONED) { fail() } else { Ok(()) }
    }
}

bindings::export!(Faulty with_types_in bindings);
