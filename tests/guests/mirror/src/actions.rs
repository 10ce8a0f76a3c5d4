//! What a handler may be told to do.

use crate::{detail, name, say, setting};
use bindings::{exports::sockdock::plugin::socket_handlers::SocketId, sockdock::plugin::sockets};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

thread_local! {
    /// Bytes of `send` that no write has taken yet.
    static LEFT: RefCell<BTreeMap<SocketId, usize>> = RefCell::default();
    /// Sockets whose `send` came to a halt.
    static HALTED: RefCell<BTreeSet<SocketId>> = RefCell::default();
}

/// Writes what `send` has left, up to a short write; the next `drain` goes on.
pub(crate) fn send(socket: SocketId) {
    let piece = vec![b'x'; 64 << 10];
    let Some(mut rest) = LEFT.with_borrow_mut(|left| left.remove(&socket)) else { return };
    while rest > 0 {
        let offered = rest.min(piece.len());
        let Ok(taken) = sockets::write(socket, &piece[..offered]) else { return };
        rest -= taken as usize;
        if (taken as usize) < offered {
            if HALTED.with_borrow_mut(|halted| halted.insert(socket)) {
                answer(socket, "short");
            }
            LEFT.with_borrow_mut(|left| left.insert(socket, rest));
            return;
        }
    }
    act("sent", socket, &[]);
}

/// Does what the scenario says for this event.
pub(crate) fn act(event: &str, socket: SocketId, chunk: &[u8]) {
    let Some(script) = setting(&format!("on.{event}")) else { return };
    for action in script.split("; ") {
        let (verb, text) = action.split_once(' ').unwrap_or((action, ""));
        // As in Bun, a call that comes too late is nobody's fault.
        match verb {
            "write" => drop(sockets::write(socket, text.as_bytes())),
            "echo" => drop(sockets::write(socket, chunk)),
            "to" => to(text),
            "send" => {
                LEFT.with_borrow_mut(|left| left.insert(socket, text.parse().expect("a number of bytes")));
                send(socket);
            }
            "try" => attempt(socket, text),
            "end" => drop(sockets::end(socket)),
            "shutdown" => drop(sockets::shutdown(socket)),
            "terminate" => drop(sockets::terminate(socket)),
            "pause" => drop(sockets::pause(socket)),
            "resume" => drop(sockets::resume(socket)),
            "timeout" => drop(sockets::set_timeout(socket, Some(text.parse::<u32>().expect("seconds") * 1000))),
            "reload" => be_reloaded(),
            _ => panic!("no action {action:?}"),
        }
    }
}

fn to(text: &str) {
    let (wanted, text) = text.split_once(' ').expect("a name and a text");
    let other = sockets::live().into_iter().find(|other| name(*other) == wanted).expect("a socket of this name");
    sockets::write(other, text.as_bytes()).ok();
}

/// A write whose answer belongs to the trace.
fn attempt(socket: SocketId, text: &str) {
    let said = match sockets::write(socket, text.as_bytes()) {
        Ok(taken) if (taken as usize) < text.len() => "short",
        Ok(_) => "taken",
        Err(code) => code.name(),
    };
    answer(socket, said);
}

fn answer(socket: SocketId, said: &str) {
    say(&format!(r#"{{"socket":"{}","event":"write"{}}}"#, name(socket), detail(said)));
}

/// Nobody reloads himself: this handler is at work while the operator does it.
fn be_reloaded() {
    let until = Instant::now() + Duration::from_millis(400);
    while setting("generation").is_none() && Instant::now() < until {}
}
