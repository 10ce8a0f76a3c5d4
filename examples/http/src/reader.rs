//! From bytes to requests, without any I/O: what is whole comes out, what isn't stays.

use crate::chunks::Chunks;
use crate::head::{Framing, Head, LONGEST_LINE};
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// What a request may have, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub head: usize,
    pub body: usize,
}

/// The place in the stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Reader {
    /// In the head: so many bytes of it have been looked at.
    searched: usize,
    /// Behind the head.
    request: Option<Request>,
    chunks: Chunks,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub head: Head,
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

#[derive(Debug, PartialEq)]
pub enum Event {
    /// A head has been read: the time to say that the body may come, or that it needn't.
    Head(Head),
    Request(Request),
}

impl Reader {
    /// Reads on; how much of the input has been used, and what that gave. None: more bytes are needed, behind those that
    /// weren't used. After an error the stream can't be understood any more.
    pub fn read(&mut self, input: &[u8], limits: Limits) -> Result<(usize, Option<Event>), Status> {
        let Some(request) = &mut self.request else {
            return self.read_head(input, limits);
        };
        let (used, ended) = match request.head.framing {
            Framing::None => (0, true),
            Framing::Length(length) => {
                let left = usize::try_from(length).map_err(|_| Status::CONTENT_TOO_LARGE)? - request.body.len();
                let piece = &input[..left.min(input.len())];
                request.body.extend_from_slice(piece);
                (piece.len(), piece.len() == left)
            }
            Framing::Chunked => self.chunks.read(input, &mut request.body, limits.body)?,
        };
        Ok((used, if ended { std::mem::take(self).request.map(Event::Request) } else { None }))
    }

    /// Bytes of a half-read request that it holds.
    pub fn held(&self) -> usize {
        self.request.as_ref().map_or(0, |request| request.body.capacity())
    }

    /// It stands between two requests, as far as it has looked.
    pub fn is_between(&self) -> bool {
        self.request.is_none()
    }

    fn read_head(&mut self, input: &[u8], limits: Limits) -> Result<(usize, Option<Event>), Status> {
        let mut skipped = 0;
        // Old clients send an empty line behind a body.
        while self.searched == 0 && input[skipped..].starts_with(b"\r\n") {
            skipped += 2;
        }
        let input = &input[skipped..];
        let Some(length) = self.head_length(input, limits)? else {
            return Ok((skipped, None));
        };
        let head = Head::parse(&input[..length])?;
        if matches!(head.framing, Framing::Length(length) if length > limits.body as u64) {
            return Err(Status::CONTENT_TOO_LARGE);
        }
        *self = Self { request: Some(Request { head: head.clone(), body: Vec::new() }), ..Self::default() };
        Ok((skipped + length, Some(Event::Head(head))))
    }

    /// Looks for the empty line, from where it had stopped.
    fn head_length(&mut self, input: &[u8], limits: Limits) -> Result<Option<usize>, Status> {
        while let Some(ahead) = input[self.searched..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let at = self.searched + ahead;
            match input[at..] {
                [b'\r'] => {
                    self.searched = at;
                    return unfinished(input, limits);
                }
                [b'\r', b'\n', ..] => self.searched = at + 2,
                // One without the other: some end a line there, and some don't.
                _ => return Err(Status::BAD_REQUEST),
            }
            check_size(input, self.searched, limits)?;
            if input[..at].ends_with(b"\r\n") {
                return Ok(Some(self.searched));
            }
        }
        self.searched = input.len();
        unfinished(input, limits)
    }
}

fn unfinished(input: &[u8], limits: Limits) -> Result<Option<usize>, Status> {
    // As soon as it is known, not once the line has ended: it may never.
    check_size(input, input.len(), limits).map(|()| None)
}

/// Whether a head may have this size.
fn check_size(input: &[u8], size: usize, limits: Limits) -> Result<(), Status> {
    if size > LONGEST_LINE && !input[..LONGEST_LINE].contains(&b'\r') {
        return Err(Status::URI_TOO_LONG);
    }
    if size > limits.head { Err(Status::HEADERS_TOO_LARGE) } else { Ok(()) }
}
