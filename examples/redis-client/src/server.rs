//! The connection to the server: requests out, and each reply to whom it belongs. Redis answers in order, so a queue says whose the next
//! one is.

use crate::replies::{Malformed, Scanner};
use serde::{Deserialize, Serialize};
use sockdock_guest::{Sink, Socket};
use std::collections::VecDeque;

/// Bytes that wait for the server above which no more is asked. The host's own mark: with less, `drain` wouldn't come.
const HIGH_WATER: usize = 64 << 10;
/// Replies that may be due at a time.
const MAX_DUE: usize = 100_000;

#[derive(Debug, Serialize, Deserialize)]
pub struct Server {
    sink: Sink,
    /// Come, and not a whole reply.
    #[serde(with = "serde_bytes")]
    input: Vec<u8>,
    /// Begins anew after a reload, with the reply's first byte.
    #[serde(skip)]
    scanner: Scanner,
    due: VecDeque<Due>,
}

/// Whose a reply is.
#[derive(Debug, Serialize, Deserialize)]
pub enum Due {
    Client(Socket),
    /// Not from the server, but in its turn: behind those that the client waits for already.
    Local(Socket, Reply),
    /// Ours, to this command.
    Own(String),
}

/// One that this plugin has made itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reply {
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// The connection ends with it.
    pub last: bool,
}

/// What to do with the next of them.
pub enum Next<'a> {
    /// The server's reply, to whom it is due; to nobody if the server wasn't asked.
    Reply(Option<Due>, &'a [u8]),
    Local(Socket, Reply),
}

impl Server {
    pub fn new(socket: Socket) -> Self {
        Self { sink: Sink::new(socket), input: Vec::new(), scanner: Scanner::default(), due: VecDeque::new() }
    }

    pub fn socket(&self) -> Socket {
        self.sink.socket()
    }

    /// No more may be asked now.
    pub fn is_full(&self) -> bool {
        let waiting = self.sink.len() + self.socket().queued().unwrap_or(0);
        self.sink.is_blocked() || waiting > HIGH_WATER || self.due.len() >= MAX_DUE
    }

    /// Sends a request. It is written anew from what was understood, so that the server can't understand another one.
    pub fn ask<'a>(&mut self, args: impl ExactSizeIterator<Item = &'a [u8]>, whose: Due) {
        // Errors of the sink: the connection is gone, and `close` says so.
        self.sink.write(format!("*{}\r\n", args.len()).as_bytes()).ok();
        for arg in args {
            self.sink.write(format!("${}\r\n", arg.len()).as_bytes()).ok();
            self.sink.write(arg).ok();
            self.sink.write(b"\r\n").ok();
        }
        self.due.push_back(whose);
    }

    /// A reply that isn't the server's, behind those that are due.
    pub fn answer_later(&mut self, client: Socket, reply: Reply) {
        self.due.push_back(Due::Local(client, reply));
    }

    pub fn flush(&mut self) {
        self.sink.flush().ok();
    }

    pub fn drained(&mut self) {
        self.sink.drained().ok();
    }

    /// Nothing is due.
    pub fn is_idle(&self) -> bool {
        self.due.is_empty()
    }

    /// Takes what has come, and hands out reply after reply.
    pub fn replies(&mut self, bytes: &[u8], max: usize, mut hand_out: impl FnMut(Next<'_>)) -> Result<(), Malformed> {
        let mut input = std::mem::take(&mut self.input);
        input.extend_from_slice(bytes);
        let mut used = 0;
        while let Some(length) = self.scanner.scan(&input[used..])? {
            hand_out(Next::Reply(self.due.pop_front(), &input[used..used + length]));
            used += length;
            while let Some(Due::Local(..)) = self.due.front() {
                if let Some(Due::Local(client, reply)) = self.due.pop_front() {
                    hand_out(Next::Local(client, reply));
                }
            }
        }
        input.drain(..used);
        self.input = input;
        if self.input.len() > max { Err(Malformed) } else { Ok(()) }
    }

    /// All that was due, when the connection is lost.
    pub fn lost(self) -> VecDeque<Due> {
        self.due
    }
}
