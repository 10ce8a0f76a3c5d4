//! A connection that has something unfinished: a half-read request, or an answer that the peer hasn't taken.

use crate::reader::{Event, Limits, Reader};
use crate::response::Response;
use crate::router;
use crate::status::Status;
use serde::{Deserialize, Serialize};
use sockdock_guest::{Sink, Socket};

#[derive(Debug, Serialize, Deserialize)]
pub struct Connection {
    /// Read, and not yet used.
    #[serde(with = "serde_bytes")]
    input: Vec<u8>,
    reader: Reader,
    sink: Sink,
    paused: bool,
    /// A request has been answered in this event, so what is half read now has begun in it.
    #[serde(skip)]
    answered: bool,
}

impl Connection {
    pub fn new(socket: Socket) -> Self {
        Self { input: Vec::new(), reader: Reader::default(), sink: Sink::new(socket), paused: false, answered: false }
    }

    /// Answers the requests that are whole now.
    pub fn data(&mut self, bytes: &[u8], limits: Limits) {
        if self.input.is_empty() {
            // The usual case: nothing is copied.
            let used = self.serve(bytes, limits);
            self.input.extend_from_slice(&bytes[used..]);
        } else {
            self.input.extend_from_slice(bytes);
            self.go_on(limits);
        }
    }

    /// The peer has taken what was queued: goes on with the answers, then with the requests.
    pub fn drained(&mut self, limits: Limits) {
        self.sink.drained().ok();
        self.go_on(limits);
    }

    fn go_on(&mut self, limits: Limits) {
        let input = std::mem::take(&mut self.input);
        let used = self.serve(&input, limits);
        if used < input.len() {
            self.input = input;
            self.input.drain(..used);
        }
    }

    /// Answers requests until the input ends, or the peer has to read first; how many bytes that took.
    fn serve(&mut self, input: &[u8], limits: Limits) -> usize {
        let mut used = 0;
        while !self.sink.is_blocked() && !self.sink.is_ending() {
            match self.reader.read(&input[used..], limits) {
                Err(status) => self.refuse(status),
                Ok((length, event)) => {
                    used += length;
                    match event {
                        None => break,
                        Some(event) => self.handle(event, used == input.len()),
                    }
                }
            }
        }
        self.sink.flush().ok();
        self.hold_back();
        // Nothing that follows the end counts.
        if self.sink.is_ending() { input.len() } else { used }
    }

    /// `waits`: the peer has sent nothing more yet.
    fn handle(&mut self, event: Event, waits: bool) {
        match event {
            // Without a body the request is whole, and answered in a moment.
            Event::Head(head) if head.framing.is_none() => {}
            Event::Head(head) => {
                if let Some(refusal) = router::refuse(&head) {
                    // The body is not worth reading: so the connection can't go on.
                    refusal.write(&mut self.sink, head.method != "HEAD", false);
                    self.sink.end().ok();
                } else if head.expects_continue && waits {
                    self.sink.write(b"HTTP/1.1 100 Continue\r\n\r\n").ok();
                }
            }
            Event::Request(request) => {
                self.answered = true;
                let head = &request.head;
                router::answer(&request).write(&mut self.sink, head.method != "HEAD", head.keep_alive);
                if !head.keep_alive {
                    self.sink.end().ok();
                }
            }
        }
    }

    /// Answers what can't be understood, or won't be served, and ends: where the next request begins is unknown.
    pub fn refuse(&mut self, status: Status) {
        Response::plain(status).write(&mut self.sink, true, false);
        self.sink.end().ok();
        self.input = Vec::new();
        self.reader = Reader::default();
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

    /// Whether a request has been answered since this was asked.
    pub fn has_answered(&mut self) -> bool {
        std::mem::take(&mut self.answered)
    }

    /// A request is half read, and that is not because the peer reads too slowly.
    pub fn is_reading(&self) -> bool {
        !self.sink.is_ending() && !self.sink.is_blocked() && (!self.input.is_empty() || !self.reader.is_between())
    }

    /// Nothing is unfinished: it can be forgotten.
    pub fn is_idle(&self) -> bool {
        self.sink.is_empty() && !self.is_reading()
    }

    /// The peer doesn't take an answer.
    pub fn is_blocked(&self) -> bool {
        self.sink.is_blocked()
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.input.capacity() + self.reader.held() + self.sink.len()
    }
}
