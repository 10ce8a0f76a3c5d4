//! Requests that come in pieces, or many at once, and answers that the peer may not read.

use crate::{Sink, Socket};
use serde::{Deserialize, Serialize};

/// One connection of a protocol of requests and answers. It keeps what has come of a request until the rest has, and hands
/// nothing on while the peer doesn't read its answers: the connection is paused then, so neither side's memory grows.
///
/// Take one per connection, or only while it isn't [idle](Pipeline::is_idle); call [`Pipeline::drained`] in
/// [`Plugin::drain`](crate::Plugin::drain). It can stand in a snapshot.
///
/// ```
/// # use sockdock_guest::{CloseInfo, Pipeline, Plugin, Progress, Sink, Socket};
/// # use std::collections::BTreeMap;
/// /// Answers each line in capitals.
/// #[derive(Default)]
/// struct Shout { unfinished: BTreeMap<Socket, Pipeline> }
///
/// fn line(rest: &[u8], sink: &mut Sink) -> Progress {
///     let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Progress::Incomplete(0) };
///     sink.write(&rest[..=end].to_ascii_uppercase()).ok();
///     Progress::Done(end + 1)
/// }
///
/// impl Plugin for Shout {
///     fn data(&mut self, socket: Socket, bytes: &[u8]) {
///         let mut pipeline = self.unfinished.remove(&socket).unwrap_or_else(|| Pipeline::new(socket));
///         pipeline.data(bytes, line);
///         if !pipeline.is_idle() {
///             self.unfinished.insert(socket, pipeline);
///         }
///     }
///     fn drain(&mut self, socket: Socket) {
///         if let Some(pipeline) = self.unfinished.get_mut(&socket) {
///             pipeline.drained(line);
///         }
///     }
///     fn close(&mut self, socket: Socket, _: CloseInfo) {
///         self.unfinished.remove(&socket);
///     }
/// }
/// ```
#[derive(Debug, Serialize, Deserialize)]
pub struct Pipeline {
    /// Come, and not yet used.
    #[serde(with = "serde_bytes")]
    input: Vec<u8>,
    sink: Sink,
    paused: bool,
}

/// What became of the bytes that a request was looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many are dealt with, and something was done (it may be that no byte was needed for it): go on behind them.
    Done(usize),
    /// So many needn't be shown again; with the others nothing can be done before more have come.
    Incomplete(usize),
}

impl Pipeline {
    /// One in which nothing has come.
    pub fn new(socket: Socket) -> Self {
        Self { input: Vec::new(), sink: Sink::new(socket), paused: false }
    }

    /// To be called on `data`: has `serve` look at what isn't used yet, again and again, until that is incomplete, or the
    /// peer has to read first, or the sink was ended: what came after the last request is dropped then. Flushes the sink.
    pub fn data(&mut self, bytes: &[u8], serve: impl FnMut(&[u8], &mut Sink) -> Progress) {
        if self.input.is_empty() {
            // The usual case: nothing is copied.
            let used = self.serve(bytes, serve);
            self.input.extend_from_slice(&bytes[used..]);
        } else {
            self.input.extend_from_slice(bytes);
            self.go_on(serve);
        }
    }

    /// To be called on `drain`: the peer has taken what was queued. Goes on with the answers, then with the requests.
    pub fn drained(&mut self, serve: impl FnMut(&[u8], &mut Sink) -> Progress) {
        self.sink.drained().ok();
        self.go_on(serve);
    }

    fn go_on(&mut self, serve: impl FnMut(&[u8], &mut Sink) -> Progress) {
        let input = std::mem::take(&mut self.input);
        let used = self.serve(&input, serve);
        if used < input.len() {
            self.input = input;
            self.input.drain(..used);
        }
    }

    /// Answers how many bytes were used. Errors of the socket need no care: its `close` follows.
    fn serve(&mut self, input: &[u8], mut serve: impl FnMut(&[u8], &mut Sink) -> Progress) -> usize {
        let mut used = 0;
        while !self.sink.is_blocked() && !self.sink.is_ending() {
            match serve(&input[used..], &mut self.sink) {
                Progress::Done(length) => used += length,
                Progress::Incomplete(length) => {
                    used += length;
                    break;
                }
            }
        }
        self.sink.flush().ok();
        self.hold_back();
        if self.sink.is_ending() { input.len() } else { used }
    }

    /// Reads no more while the peer doesn't. The host does that too, but goes on before the queue is empty, and the
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

    /// Ends the connection with these last words, to be called outside of `serve`: what has come is dropped.
    pub fn end_with(&mut self, words: impl FnOnce(&mut Sink)) {
        words(&mut self.sink);
        self.sink.end().ok();
        self.input = Vec::new();
    }

    /// Where the answers go.
    pub fn sink(&self) -> &Sink {
        &self.sink
    }

    /// Bytes that have come and aren't used.
    pub fn unused(&self) -> usize {
        self.input.len()
    }

    /// Nothing has come that isn't used, and all answers were taken: it can be forgotten.
    pub fn is_idle(&self) -> bool {
        self.input.is_empty() && self.sink.is_empty()
    }

    /// Bytes of memory, beside its own size.
    pub fn held(&self) -> usize {
        self.input.capacity() + self.sink.len()
    }
}

#[cfg(test)]
mod tests;
