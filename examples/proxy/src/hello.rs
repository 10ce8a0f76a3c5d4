//! The first message of a TLS client (RFC 8446, 4.1.2), read only as far as it takes to know which server it wants. It is sent in the
//! clear; nothing is decrypted here. Pure: bytes in, a name out.

/// The longest message, as OpenSSL has it.
const MAX_MESSAGE: usize = 16 << 10;
/// It may be cut into so many records. A client that uses more is up to something: each costs work.
const MAX_RECORDS: usize = 64;

/// Why no name can be found: the description of the alert that the client is sent (RFC 8446, 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Alert {
    UnexpectedMessage = 10,
    RecordOverflow = 22,
    IllegalParameter = 47,
    DecodeError = 50,
    /// The client names no server, and has to.
    MissingExtension = 109,
    /// It names one that isn't here.
    UnrecognizedName = 112,
}

impl Alert {
    /// The fatal alert, as a record.
    pub fn record(self) -> [u8; 7] {
        [21, 3, 3, 0, 2, 2, self as u8]
    }
}

/// What the message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// SNI; in lower case.
    pub server_name: Option<String>,
}

/// Looks at what has come so far; none as long as the message isn't whole.
pub fn peek(input: &[u8]) -> Result<Option<Hello>, Alert> {
    let Some(message) = gather(input)? else { return Ok(None) };
    let mut reader = Reader(&message);
    reader.take(4)?;
    client_hello(reader).map(Some)
}

/// The handshake message at the beginning, out of its records.
fn gather(input: &[u8]) -> Result<Option<Vec<u8>>, Alert> {
    let (mut message, mut rest) = (Vec::new(), input);
    for _ in 0..MAX_RECORDS {
        if rest.first().is_some_and(|kind| *kind != 22) || rest.get(1).is_some_and(|major| *major != 3) {
            return Err(Alert::UnexpectedMessage);
        }
        let Some((head, body)) = rest.split_at_checked(5) else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
        match length {
            0 => return Err(Alert::UnexpectedMessage),
            1..=0x4000 => {}
            _ => return Err(Alert::RecordOverflow),
        }
        let (come, behind) = body.split_at(length.min(body.len()));
        message.extend_from_slice(come);
        if message.first().is_some_and(|kind| *kind != 1) {
            return Err(Alert::UnexpectedMessage);
        }
        if let [_, a, b, c, body @ ..] = &message[..] {
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            if length > MAX_MESSAGE {
                return Err(Alert::IllegalParameter);
            }
            if body.len() >= length {
                message.truncate(4 + length);
                return Ok(Some(message));
            }
        }
        if come.len() < length {
            return Ok(None);
        }
        rest = behind;
    }
    Err(Alert::IllegalParameter)
}

fn client_hello(mut hello: Reader<'_>) -> Result<Hello, Alert> {
    hello.take(2 + 32)?; // version, random
    hello.vector(1)?; // session id
    hello.vector(2)?; // cipher suites
    hello.vector(1)?; // compression methods
    let mut server_name = None;
    if !hello.0.is_empty() {
        let mut extensions = hello.vector(2)?;
        while !extensions.0.is_empty() {
            let kind = extensions.number(2)?;
            let extension = extensions.vector(2)?;
            if kind == 0 && server_name.replace(host_name(extension)?).is_some() {
                return Err(Alert::IllegalParameter);
            }
        }
    }
    if hello.0.is_empty() { Ok(Hello { server_name }) } else { Err(Alert::DecodeError) }
}

/// RFC 6066, 3: a list, in which there is never more than one name.
fn host_name(mut extension: Reader<'_>) -> Result<String, Alert> {
    let mut list = extension.vector(2)?;
    let kind = list.number(1)?;
    let name = list.vector(2)?.0;
    if !extension.0.is_empty() || !list.0.is_empty() || kind != 0 {
        return Err(Alert::DecodeError);
    }
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 255 || !name.iter().all(is_part) {
        return Err(Alert::IllegalParameter);
    }
    Ok(String::from_utf8_lossy(name).to_ascii_lowercase())
}

/// Takes from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Alert> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Alert::DecodeError)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of so many bytes.
    fn number(&mut self, width: usize) -> Result<usize, Alert> {
        Ok(self.take(width)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// Bytes behind their number.
    fn vector(&mut self, width: usize) -> Result<Self, Alert> {
        let length = self.number(width)?;
        self.take(length).map(Reader)
    }
}

#[cfg(test)]
#[path = "tests/hello.rs"]
pub(crate) mod tests;
