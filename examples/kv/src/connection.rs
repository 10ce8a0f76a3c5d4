//! A connection that has something unfinished: a half-read request, or replies that the peer hasn't taken.

use crate::reply::Reply;
use crate::resp::{Args, Parser};
use serde::{Deserialize, Serialize};
use sockdock_guest::{Sink, Socket};

#[derive(Debug, Serialize, Deserialize)]
pub struct Connection {
    /// Read and not yet executed; begins with a request's first byte.
    #[serde(with = "serde_bytes")]
    input: Vec<u8>,
    /// Begins anew after a reload, with `input`.
    #[serde(skip)]
    parser: Parser,
    sink: Sink,
    paused: bool,
}

impl Connection {
    pub fn new(socket: Socket, parser: Parser) -> Self {
        Self { input: Vec::new(), parser, sink: Sink::new(socket), paused: false }
    }

    /// Executes the requests that are whole now.
    pub fn data(&mut self, bytes: &[u8], max_bulk: usize, execute: impl FnMut(Args<'_>, &mut Sink)) {
        if self.input.is_empty() {
            // The usual case: nothing is copied.
            let used = self.serve(bytes, max_bulk, execute);
            self.input.extend_from_slice(&bytes[used..]);
        } else {
            self.input.extend_from_slice(bytes);
            self.go_on(max_bulk, execute);
        }
    }

    /// The peer has taken what was queued: goes on with the replies, then with the requests.
    pub fn drained(&mut self, max_bulk: usize, execute: impl FnMut(Args<'_>, &mut Sink)) {
        self.sink.drained().ok();
        self.go_on(max_bulk, execute);
    }

    fn go_on(&mut self, max_bulk: usize, execute: impl FnMut(Args<'_>, &mut Sink)) {
        let input = std::mem::take(&mut self.input);
        let used = self.serve(&input, max_bulk, execute);
        if used < input.len() {
            self.input = input;
            self.input.drain(..used);
        }
    }

    /// Executes requests until the input ends, or the peer has to read first; answers how many bytes that took.
    fn serve(&mut self, input: &[u8], max_bulk: usize, mut execute: impl FnMut(Args<'_>, &mut Sink)) -> usize {
        let mut used = 0;
        while !self.sink.is_blocked() && !self.sink.is_ending() {
            let rest = &input[used..];
            match self.parser.parse(rest, max_bulk) {
                Ok(None) => break,
                Ok(Some(length)) => {
                    let args = self.parser.args(rest);
                    if args.len() > 0 {
                        execute(args, &mut self.sink);
                    }
                    used += length;
                }
                Err(error) => {
                    // Errors are the same in both versions of the protocol.
                    let (sink, mut resp3) = (&mut self.sink, false);
                    let mut reply = Reply::new(sink, &mut resp3);
                    reply.error(format!("ERR {error}"));
                    reply.end();
                }
            }
        }
        self.sink.flush().ok();
        self.hold_back();
        // Nothing that follows the end counts.
        if self.sink.is_ending() { input.len() } else { used }
    }

    /// Reads no more while the peer doesn't: the host does that too, but goes on before the queue is empty, and the
    /// input would grow meanwhile.
    fn hold_back(&mut self) {
        let socket = self.sink.socket();
        match (self.paused, self.sink.is_blocked()) {
            (false, true) => socket.pause().ok(),
            (true, false) => socket.resume().ok(),
            _ => return,
        };
        self.paused = !self.paused;
    }

    /// Nothing is unfinished: it can be forgotten.
    pub fn is_idle(&self) -> bool {
        self.input.is_empty() && self.sink.is_empty()
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.input.capacity() + self.sink.len()
    }

    /// For the next connection.
    pub fn into_parser(self) -> Parser {
        if self.sink.is_ending() { Parser::default() } else { self.parser }
    }
}
