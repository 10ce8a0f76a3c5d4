//! Requests of the Redis protocol, out of a stream that may be cut anywhere. Pure: bytes in, arguments out.

mod inline;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

/// Longest line: an inline request, a count, a length.
const MAX_LINE: usize = 64 << 10;

/// Reads one request after the other.
///
/// It remembers how far it has come, so that the input of a large request that arrives in many pieces is looked at once.
#[derive(Debug, Default)]
pub struct Parser {
    step: Step,
    /// Read so far, of this request's input.
    at: usize,
    /// Searched for the end of the current line so far.
    searched: usize,
    /// Arguments still to come.
    missing: usize,
    /// Where the arguments stand: in the input, or, for an inline request, in `unquoted`.
    spans: Vec<Range<usize>>,
    unquoted: Vec<u8>,
    inline: bool,
}

#[derive(Debug, Default)]
enum Step {
    /// At a request's first byte.
    #[default]
    Start,
    /// `*3\r\n`
    Count,
    /// `$5\r\n`
    Length,
    /// `hello\r\n`
    Body(usize),
    /// A line of words.
    Inline,
}

impl Parser {
    /// Looks for one whole request at the beginning of `input`; answers its length, or none as long as it isn't whole:
    /// call again with the same bytes and more behind them. After an error the stream can't be understood any more.
    ///
    /// `max_bulk` bounds the length of an argument.
    pub fn parse(&mut self, input: &[u8], max_bulk: usize) -> Result<Option<usize>, ProtocolError> {
        loop {
            match self.step {
                Step::Start => {
                    let Some(first) = input.first() else { return Ok(None) };
                    self.inline = *first != b'*';
                    self.step = if self.inline { Step::Inline } else { Step::Count };
                    (self.at, self.searched) = (0, 0);
                    self.spans.clear();
                    self.unquoted.clear();
                }
                Step::Count => {
                    let Some(line) = self.line(input, b'\r', ProtocolError::LongCount)? else { return Ok(None) };
                    let count = integer(&input[line][1..]).filter(|count| *count <= i32::MAX.into());
                    match count.ok_or(ProtocolError::Count)? {
                        ..=0 => return self.complete(),
                        count => self.missing = count as usize,
                    }
                    self.step = Step::Length;
                }
                Step::Length => {
                    let Some(line) = self.line(input, b'\r', ProtocolError::LongLength)? else { return Ok(None) };
                    let line = &input[line];
                    match line.first() {
                        Some(b'$') => {}
                        other => return Err(ProtocolError::NoLength(*other.unwrap_or(&b'\r'))),
                    }
                    let length = integer(&line[1..]).and_then(|length| usize::try_from(length).ok());
                    self.step = Step::Body(length.filter(|length| *length <= max_bulk).ok_or(ProtocolError::Length)?);
                }
                Step::Body(length) => {
                    if input.len() - self.at < length + 2 {
                        return Ok(None);
                    }
                    self.spans.push(self.at..self.at + length);
                    self.at += length + 2;
                    self.searched = self.at;
                    self.missing -= 1;
                    if self.missing == 0 {
                        return self.complete();
                    }
                    self.step = Step::Length;
                }
                Step::Inline => {
                    let Some(line) = self.line(input, b'\n', ProtocolError::LongInline)? else { return Ok(None) };
                    let line = &input[line];
                    let line = line.strip_suffix(b"\r").unwrap_or(line);
                    inline::split(line, &mut self.unquoted, &mut self.spans).ok_or(ProtocolError::Quotes)?;
                    return self.complete();
                }
            }
        }
    }

    /// The arguments of the request that [`Parser::parse`] has found in `input`; none for an empty line or `*0`.
    pub fn args<'a>(&'a self, input: &'a [u8]) -> Args<'a> {
        Args { spans: &self.spans, bytes: if self.inline { &self.unquoted } else { input } }
    }

    /// The next line without its end, which begins with `end` (a `\r` has one byte more behind it).
    fn line(&mut self, input: &[u8], end: u8, too_long: ProtocolError) -> Result<Option<Range<usize>>, ProtocolError> {
        let end_length = if end == b'\r' { 2 } else { 1 };
        match input[self.searched..].iter().position(|byte| *byte == end) {
            Some(found) if self.searched + found + end_length <= input.len() => {
                let line = self.at..self.searched + found;
                self.at = line.end + end_length;
                self.searched = self.at;
                Ok(Some(line))
            }
            Some(found) => {
                self.searched += found;
                Ok(None)
            }
            None if input.len() - self.at > MAX_LINE => Err(too_long),
            None => {
                self.searched = input.len();
                Ok(None)
            }
        }
    }

    fn complete(&mut self) -> Result<Option<usize>, ProtocolError> {
        self.step = Step::Start;
        Ok(Some(self.at))
    }
}

/// The arguments of one request, the command's name first.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    spans: &'a [Range<usize>],
    bytes: &'a [u8],
}

impl<'a> Args<'a> {
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn iter(self) -> impl ExactSizeIterator<Item = &'a [u8]> {
        self.spans.iter().map(move |span| &self.bytes[span.clone()])
    }

    /// The arguments behind the first `n`.
    pub fn skip(self, n: usize) -> Self {
        Self { spans: &self.spans[n.min(self.len())..], ..self }
    }
}

impl std::ops::Index<usize> for Args<'_> {
    type Output = [u8];

    fn index(&self, index: usize) -> &[u8] {
        &self.bytes[self.spans[index].clone()]
    }
}

/// A decimal number as Redis takes it: without spaces, leading zeros or a plus sign.
pub fn integer(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b"-").unwrap_or(text) {
        [b'0'] => (text.len() == 1).then_some(0),
        [b'1'..=b'9', ..] => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    }
}

/// The stream is not, or no longer, one of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    LongInline,
    LongCount,
    LongLength,
    Count,
    Length,
    NoLength(u8),
    Quotes,
}

/// As Redis words it.
impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protocol error: ")?;
        match self {
            Self::LongInline => f.write_str("too big inline request"),
            Self::LongCount => f.write_str("too big mbulk count string"),
            Self::LongLength => f.write_str("too big bulk count string"),
            Self::Count => f.write_str("invalid multibulk length"),
            Self::Length => f.write_str("invalid bulk length"),
            // Not the byte itself: it may end the error's line.
            Self::NoLength(byte @ b' '..=b'~') => write!(f, "expected '$', got '{}'", char::from(*byte)),
            Self::NoLength(_) => f.write_str("expected '$', got ' '"),
            Self::Quotes => f.write_str("unbalanced quotes in request"),
        }
    }
}
