//! A connection that has something unfinished: a half-read request, or replies that the peer hasn't taken.

use crate::reply::Reply;
use crate::resp::{Args, Parser};
use serde::{Deserialize, Serialize};
use sockdock_guest::{Pipeline, Progress, Sink, Socket};

#[derive(Debug, Serialize, Deserialize)]
pub struct Connection {
    pipeline: Pipeline,
    /// Begins anew after a reload, with the request's first byte.
    #[serde(skip)]
    parser: Parser,
}

impl Connection {
    pub fn new(socket: Socket, parser: Parser) -> Self {
        Self { pipeline: Pipeline::new(socket), parser }
    }

    /// Executes the requests that are whole now.
    pub fn data(&mut self, bytes: &[u8], max_bulk: usize, mut execute: impl FnMut(Args<'_>, &mut Sink)) {
        let Self { pipeline, parser } = self;
        pipeline.data(bytes, |rest, sink| step(parser, rest, sink, max_bulk, &mut execute));
    }

    /// The peer has taken what was queued: goes on with the replies, then with the requests.
    pub fn drained(&mut self, max_bulk: usize, mut execute: impl FnMut(Args<'_>, &mut Sink)) {
        let Self { pipeline, parser } = self;
        pipeline.drained(|rest, sink| step(parser, rest, sink, max_bulk, &mut execute));
    }

    /// Nothing is unfinished: it can be forgotten.
    pub fn is_idle(&self) -> bool {
        self.pipeline.is_idle()
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.pipeline.held()
    }

    /// For the next connection.
    pub fn into_parser(self) -> Parser {
        if self.pipeline.sink().is_ending() { Parser::default() } else { self.parser }
    }
}

fn step(
    parser: &mut Parser,
    rest: &[u8],
    sink: &mut Sink,
    max_bulk: usize,
    execute: &mut impl FnMut(Args<'_>, &mut Sink),
) -> Progress {
    match parser.parse(rest, max_bulk) {
        Ok(None) => Progress::Incomplete(0),
        Ok(Some(length)) => {
            let args = parser.args(rest);
            if args.len() > 0 {
                execute(args, sink);
            }
            Progress::Done(length)
        }
        Err(error) => {
            // Errors are the same in both versions of the protocol.
            let mut resp3 = false;
            let mut reply = Reply::new(sink, &mut resp3);
            reply.error(format!("ERR {error}"));
            reply.end();
            Progress::Done(0)
        }
    }
}
