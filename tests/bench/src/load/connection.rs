//! One connection of the load: a request goes out, its answer is compared as it comes in.

use super::{
    requests::Requests,
    wire::{Buffers, Wire},
};
use rustix::event::epoll::EventFlags;
use std::{
    io,
    net::TcpStream,
    ops::Range,
    time::{Duration, Instant},
};

#[derive(Debug)]
pub(super) struct Connection {
    wire: Wire,
    phase: Phase,
    request: Range<usize>,
    sent: usize,
    got: usize,
    right: bool,
    begun: Instant,
    watches_writing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    /// An answer is due.
    Asking,
    /// The answer is there, our side has ended, and the server's end is due.
    Ending,
}

/// What an event of the socket came to.
#[derive(Debug)]
pub(super) enum Event {
    /// More has to come.
    Waiting,
    /// The unit is complete.
    Answered { right: bool, took: Duration },
    /// Bytes came though none were due.
    Unasked,
}

impl Connection {
    pub(super) fn new(wire: Wire) -> Self {
        let begun = Instant::now();
        Self { wire, phase: Phase::Idle, request: 0..0, sent: 0, got: 0, right: true, begun, watches_writing: false }
    }

    pub(super) fn stream(&self) -> &TcpStream {
        self.wire.stream()
    }

    pub(super) fn reset_on_close(&self) {
        // Where that fails the connection has ended already.
        let _ = socket2::SockRef::from(self.stream()).set_linger(Some(Duration::ZERO));
    }

    /// Sends the next request, counted from `begun`.
    pub(super) fn begin(&mut self, requests: &mut Requests, begun: Instant) -> io::Result<()> {
        self.request = requests.draw();
        (self.phase, self.sent, self.got, self.right, self.begun) = (Phase::Asking, 0, 0, true, begun);
        self.send(requests)
    }

    /// Called when the socket is ready. An error, or an end that comes too early, means that the connection is lost.
    pub(super) fn advance(&mut self, requests: &Requests, buffers: &mut Buffers, reconnect: bool) -> io::Result<Event> {
        self.wire.flush()?;
        if self.phase == Phase::Asking && self.sent < self.request.len() {
            self.send(requests)?;
        }
        let n = match self.wire.read(buffers) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Event::Waiting),
            Err(error) => return Err(error),
        };
        match self.phase {
            Phase::Ending if n == 0 => Ok(Event::Answered { right: self.right, took: self.begun.elapsed() }),
            _ if n == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            Phase::Ending => {
                self.right = false;
                Ok(Event::Waiting)
            }
            Phase::Idle => Ok(Event::Unasked),
            Phase::Asking => self.compare(requests.answer(&self.request), &buffers.plain[..n], reconnect),
        }
    }

    fn compare(&mut self, answer: &[u8], bytes: &[u8], reconnect: bool) -> io::Result<Event> {
        let due = &answer[self.got..];
        // More bytes than are due make the answer a wrong one, too.
        self.right &= due.get(..bytes.len()) == Some(bytes);
        self.got += bytes.len();
        if self.got < answer.len() {
            return Ok(Event::Waiting);
        }
        // An answer that was had cheaper than a unit is to be.
        self.right &= self.wire.is_as_asked();
        if reconnect {
            self.phase = Phase::Ending;
            self.wire.end()?;
            return Ok(Event::Waiting);
        }
        self.phase = Phase::Idle;
        Ok(Event::Answered { right: self.right, took: self.begun.elapsed() })
    }

    fn send(&mut self, requests: &Requests) -> io::Result<()> {
        let request = requests.request(&self.request);
        match self.wire.write(&request[self.sent..]) {
            Ok(n) => self.sent += n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What epoll should watch for, if that isn't what it watches for already.
    pub(super) fn changed_interest(&mut self) -> Option<EventFlags> {
        let writing = self.wire.owes() || self.phase == Phase::Asking && self.sent < self.request.len();
        if writing == self.watches_writing {
            return None;
        }
        self.watches_writing = writing;
        Some(if writing { EventFlags::IN | EventFlags::OUT } else { EventFlags::IN })
    }
}
