//! A connection that has something unfinished: a half-read request, or an answer that the peer hasn't taken.

use crate::reader::{Event, Limits, Reader};
use crate::response::Response;
use crate::router;
use crate::status::Status;
use serde::{Deserialize, Serialize};
use sockdock_guest::{Pipeline, Progress, Sink, Socket};

#[derive(Debug, Serialize, Deserialize)]
pub struct Connection {
    pipeline: Pipeline,
    requests: Requests,
}

/// What is between the bytes and the answers.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Requests {
    reader: Reader,
    /// A request has been answered in this event, so what is half read now has begun in it.
    #[serde(skip)]
    answered: bool,
}

impl Connection {
    pub fn new(socket: Socket) -> Self {
        Self { pipeline: Pipeline::new(socket), requests: Requests::default() }
    }

    /// Answers the requests that are whole now.
    pub fn data(&mut self, bytes: &[u8], limits: Limits) {
        let Self { pipeline, requests } = self;
        pipeline.data(bytes, |rest, sink| requests.step(rest, sink, limits));
    }

    /// The peer has taken what was queued: goes on with the answers, then with the requests.
    pub fn drained(&mut self, limits: Limits) {
        let Self { pipeline, requests } = self;
        pipeline.drained(|rest, sink| requests.step(rest, sink, limits));
    }

    /// Answers that no more is served, and ends.
    pub fn refuse(&mut self, status: Status) {
        let Self { pipeline, requests } = self;
        pipeline.end_with(|sink| requests.refuse(sink, status));
    }

    /// Whether a request has been answered since this was asked.
    pub fn has_answered(&mut self) -> bool {
        std::mem::take(&mut self.requests.answered)
    }

    /// A request is half read, and that is not because the peer reads too slowly.
    pub fn is_reading(&self) -> bool {
        let sink = self.pipeline.sink();
        !sink.is_ending() && !sink.is_blocked() && (self.pipeline.unused() > 0 || !self.requests.reader.is_between())
    }

    /// Nothing is unfinished: it can be forgotten.
    pub fn is_idle(&self) -> bool {
        self.pipeline.sink().is_empty() && !self.is_reading()
    }

    /// The peer doesn't take an answer.
    pub fn is_blocked(&self) -> bool {
        self.pipeline.sink().is_blocked()
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.pipeline.held() + self.requests.reader.held()
    }
}

impl Requests {
    fn step(&mut self, rest: &[u8], sink: &mut Sink, limits: Limits) -> Progress {
        match self.reader.read(rest, limits) {
            Err(status) => {
                self.refuse(sink, status);
                Progress::Done(0)
            }
            Ok((length, None)) => Progress::Incomplete(length),
            Ok((length, Some(event))) => {
                self.handle(event, sink, length == rest.len());
                Progress::Done(length)
            }
        }
    }

    /// `waits`: the peer has sent nothing more yet.
    fn handle(&mut self, event: Event, sink: &mut Sink, waits: bool) {
        match event {
            // Without a body the request is whole, and answered in a moment.
            Event::Head(head) if head.framing.is_none() => {}
            Event::Head(head) => {
                if let Some(refusal) = router::refuse(&head) {
                    // The body is not worth reading: so the connection can't go on.
                    refusal.write(sink, head.method != "HEAD", false);
                    sink.end().ok();
                } else if head.expects_continue && waits {
                    sink.write(b"HTTP/1.1 100 Continue\r\n\r\n").ok();
                }
            }
            Event::Request(request) => {
                self.answered = true;
                let head = &request.head;
                router::answer(&request).write(sink, head.method != "HEAD", head.keep_alive);
                if !head.keep_alive {
                    sink.end().ok();
                }
            }
        }
    }

    /// Answers what can't be understood, or won't be served, and ends: where the next request begins is unknown.
    fn refuse(&mut self, sink: &mut Sink, status: Status) {
        Response::plain(status).write(sink, true, false);
        sink.end().ok();
        self.reader = Reader::default();
    }
}
