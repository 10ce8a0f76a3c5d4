//! One client: what it asks, and what it is told.

use crate::resp::Parser;
use crate::server::{Due, Reply, Server};
use crate::settings::Settings;
use serde::{Deserialize, Serialize};
use sockdock_guest::{Sink, Socket};

/// Replies that one client may wait for; with more it isn't read from.
const MAX_DUE: u32 = 1024;

#[derive(Debug, Serialize, Deserialize)]
pub struct Client {
    sink: Sink,
    #[serde(with = "serde_bytes")]
    input: Vec<u8>,
    /// Begins anew after a reload, with the request's first byte.
    #[serde(skip)]
    parser: Parser,
    /// Replies that it waits for.
    due: u32,
    paused: bool,
    /// It asks for nothing more: it has ended its side, or is told its last reply.
    done: bool,
}

impl Client {
    pub fn new(socket: Socket) -> Self {
        Self { sink: Sink::new(socket), input: Vec::new(), parser: Parser::default(), due: 0, paused: false, done: false }
    }

    /// Bytes of memory, beside its own size.
    pub fn held(&self) -> usize {
        self.input.capacity() + self.sink.len()
    }

    pub fn is_paused(&self) -> bool {
        self.paused
    }

    pub fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Passes on the requests that are whole, as far as the server and the client itself let us.
    pub fn go_on(&mut self, mut server: Option<&mut Server>, settings: &Settings) {
        let (mut used, mut held_back) = (0, false);
        let input = std::mem::take(&mut self.input);
        while !self.done {
            held_back = self.sink.is_blocked() || self.due >= MAX_DUE || server.as_ref().is_some_and(|server| server.is_full());
            if held_back {
                break;
            }
            match self.parser.parse(&input[used..], settings.max_bulk) {
                Ok(None) => break,
                Ok(Some(length)) => {
                    let args = self.parser.args(&input[used..]);
                    used += length;
                    let refusal = match (args.iter().next(), &server) {
                        // An empty request has no reply.
                        (None, _) => continue,
                        (Some(name), _) if name.eq_ignore_ascii_case(b"quit") => {
                            Some(Reply { bytes: b"+OK\r\n".to_vec(), last: true })
                        }
                        (Some(name), _) if !settings.allows(name) => Some(refusal(name)),
                        (Some(_), None) => Some(error("ERR there is no connection to the server now")),
                        (Some(_), Some(_)) => None,
                    };
                    match (refusal, &mut server) {
                        (None, Some(server)) => {
                            server.ask(args.iter(), Due::Client(self.sink.socket()));
                            self.due += 1;
                        }
                        (refusal, _) => self.answer(refusal, server.as_deref_mut()),
                    }
                }
                Err(why) => self.answer(Some(Reply { last: true, ..error(&format!("ERR {why}")) }), server.as_deref_mut()),
            }
        }
        if !self.done && used < input.len() {
            self.input = input;
            self.input.drain(..used);
        }
        self.flush();
        self.hold_back(held_back);
    }

    fn answer(&mut self, reply: Option<Reply>, server: Option<&mut Server>) {
        let Some(reply) = reply else { return };
        self.done |= reply.last;
        match server {
            Some(server) if self.due > 0 => {
                self.due += 1;
                server.answer_later(self.sink.socket(), reply);
            }
            _ => drop(self.sink.write(&reply.bytes)),
        }
    }

    /// A reply that was due.
    pub fn told(&mut self, reply: &[u8]) {
        self.due -= 1;
        self.sink.write(reply).ok();
    }

    /// Sends what is gathered; ends the connection once the client has all that it has asked for.
    pub fn flush(&mut self) {
        if self.done && self.due == 0 && !self.sink.is_ending() {
            self.sink.end().ok();
        } else {
            self.sink.flush().ok();
        }
    }

    pub fn drained(&mut self) {
        self.sink.drained().ok();
    }

    /// The client has ended its side; what it has asked for is still answered.
    pub fn finished(&mut self) {
        self.done = true;
        self.flush();
    }

    fn hold_back(&mut self, pause: bool) {
        if pause != self.paused {
            let socket = self.sink.socket();
            if pause { socket.pause() } else { socket.resume() }.ok();
            self.paused = pause;
        }
    }
}

/// An error that this plugin makes; `text` begins with its kind.
pub fn error(text: &str) -> Reply {
    let text = text.replace(['\r', '\n'], " ");
    Reply { bytes: format!("-{text}\r\n").into_bytes(), last: false }
}

fn refusal(name: &[u8]) -> Reply {
    let name = String::from_utf8_lossy(&name[..name.len().min(64)]);
    error(&format!("ERR many share this connection, and '{name}' isn't among the commands for that"))
}
