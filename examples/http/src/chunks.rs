//! A body in chunks, decoded as it comes.

use crate::status::Status;
use serde::{Deserialize, Serialize};

/// Bytes of the line before a chunk, its extensions included.
const LONGEST_SIZE_LINE: usize = 256;
/// Bytes of the trailer fields, which are read and dropped.
const LONGEST_TRAILER: usize = 8 << 10;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chunks {
    stage: Stage,
    /// The line being read, without its end.
    line: Vec<u8>,
    trailer: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Stage {
    #[default]
    Size,
    Data(usize),
    /// The line end behind a chunk.
    DataEnd,
    Trailer,
}

impl Chunks {
    /// Decodes more of it into `body`, which may grow to `most` bytes; how much of the input was used, and whether the
    /// body has ended.
    pub fn read(&mut self, input: &[u8], body: &mut Vec<u8>, most: usize) -> Result<(usize, bool), Status> {
        let mut used = 0;
        while used < input.len() {
            if let Stage::Data(left) = self.stage {
                let piece = &input[used..input.len().min(used + left)];
                body.extend_from_slice(piece);
                used += piece.len();
                self.stage = if piece.len() == left { Stage::DataEnd } else { Stage::Data(left - piece.len()) };
                continue;
            }
            let byte = input[used];
            used += 1;
            if byte != b'\n' {
                self.line.push(byte);
                self.check_length()?;
                continue;
            }
            let mut line = std::mem::take(&mut self.line);
            // A line ends with both, and neither stands anywhere else.
            if line.pop() != Some(b'\r') || line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
                return Err(Status::BAD_REQUEST);
            }
            if self.line_read(&line, most - body.len())? {
                return Ok((used, true));
            }
            // Its memory is used again.
            line.clear();
            self.line = line;
        }
        Ok((used, false))
    }

    /// Whether that was the last line of all.
    fn line_read(&mut self, line: &[u8], room: usize) -> Result<bool, Status> {
        self.stage = match self.stage {
            Stage::Size => match size(line)? {
                0 => Stage::Trailer,
                size if size > room => return Err(Status::CONTENT_TOO_LARGE),
                size => Stage::Data(size),
            },
            Stage::DataEnd if line.is_empty() => Stage::Size,
            Stage::Trailer if line.is_empty() => return Ok(true),
            Stage::Trailer if is_field(line) => Stage::Trailer,
            _ => return Err(Status::BAD_REQUEST),
        };
        Ok(false)
    }

    fn check_length(&mut self) -> Result<(), Status> {
        match self.stage {
            Stage::Trailer => {
                self.trailer += 1;
                if self.trailer > LONGEST_TRAILER { Err(Status::HEADERS_TOO_LARGE) } else { Ok(()) }
            }
            // Nothing but the line end may stand there.
            Stage::DataEnd if self.line != b"\r" => Err(Status::BAD_REQUEST),
            _ if self.line.len() > LONGEST_SIZE_LINE => Err(Status::BAD_REQUEST),
            _ => Ok(()),
        }
    }
}

/// `1a` or `1a;name=value`. No sign, no `0x`, no space: Rust's own parser of numbers would take a `+`.
fn size(line: &[u8]) -> Result<usize, Status> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(Status::BAD_REQUEST);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| Status::BAD_REQUEST)?;
    usize::from_str_radix(digits, 16).map_err(|_| Status::CONTENT_TOO_LARGE)
}

fn is_field(line: &[u8]) -> bool {
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    line.iter().position(|byte| *byte == b':').is_some_and(|colon| colon > 0 && line[..colon].iter().all(token))
}
