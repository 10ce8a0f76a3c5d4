//! Replies of the Redis protocol, into a sink.

use sockdock_guest::{Sink, Socket};

/// What a reply is made of. A sink's errors are left out: they mean that the connection is gone, and `close` says so.
pub struct Reply<'a> {
    sink: &'a mut Sink,
    /// The third version of the protocol, chosen by HELLO: it has more kinds of replies.
    pub resp3: &'a mut bool,
}

impl<'a> Reply<'a> {
    pub fn new(sink: &'a mut Sink, resp3: &'a mut bool) -> Self {
        Self { sink, resp3 }
    }

    pub fn socket(&self) -> Socket {
        self.sink.socket()
    }

    /// This reply is the connection's last.
    pub fn end(&mut self) {
        self.sink.end().ok();
    }

    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// `text` begins with the error's kind, such as `ERR`.
    pub fn error(&mut self, text: impl AsRef<[u8]>) {
        self.line(b'-', &one_line(text.as_ref()));
    }

    pub fn integer(&mut self, value: i64) {
        self.number(b':', value);
    }

    pub fn bulk(&mut self, bytes: &[u8]) {
        self.number(b'$', bytes.len() as i64);
        self.raw(bytes);
        self.raw(b"\r\n");
    }

    pub fn null(&mut self) {
        self.raw(if *self.resp3 { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// In the place of an array.
    pub fn null_array(&mut self) {
        self.raw(if *self.resp3 { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// So many replies follow, as its elements.
    pub fn array(&mut self, length: usize) {
        self.number(b'*', length as i64);
    }

    /// So many pairs of replies follow.
    pub fn map(&mut self, pairs: usize) {
        if *self.resp3 { self.number(b'%', pairs as i64) } else { self.array(2 * pairs) }
    }

    /// So many replies follow, in no order.
    pub fn set(&mut self, length: usize) {
        self.number(if *self.resp3 { b'~' } else { b'*' }, length as i64);
    }

    pub fn double(&mut self, value: f64) {
        let text = crate::float::score(value);
        if *self.resp3 { self.line(b',', text.as_bytes()) } else { self.bulk(text.as_bytes()) }
    }

    /// Text for people.
    pub fn verbatim(&mut self, text: &str) {
        if *self.resp3 {
            self.number(b'=', text.len() as i64 + 4);
            self.raw(b"txt:");
            self.raw(text.as_bytes());
            self.raw(b"\r\n");
        } else {
            self.bulk(text.as_bytes());
        }
    }

    pub fn ok(&mut self) {
        self.raw(b"+OK\r\n");
    }

    pub fn bulk_or_null(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bulk(bytes),
            None => self.null(),
        }
    }

    fn line(&mut self, kind: u8, text: &[u8]) {
        self.raw(&[kind]);
        self.raw(text);
        self.raw(b"\r\n");
    }

    fn number(&mut self, kind: u8, value: i64) {
        let (text, at) = number(kind, value);
        self.raw(&text[at..]);
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.sink.write(bytes).ok();
    }
}

/// An error is one line, whatever a client has got into it.
fn one_line(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }).collect()
}

/// A line, and where it begins. Filled from the end: kind, sign, 19 digits, end of line.
fn number(kind: u8, value: i64) -> ([u8; 23], usize) {
    let mut text = [0; 23];
    let (mut at, mut rest) = (21, value.unsigned_abs());
    text[21..].copy_from_slice(b"\r\n");
    loop {
        at -= 1;
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        text[at] = b'-';
    }
    at -= 1;
    text[at] = kind;
    (text, at)
}

#[cfg(test)]
mod tests {
    use super::{number, one_line};

    #[test]
    fn numbers() {
        for value in [0, 7, -7, 10, i64::MAX, i64::MIN] {
            let (text, at) = number(b':', value);
            assert_eq!(std::str::from_utf8(&text[at..]).unwrap(), format!(":{value}\r\n"));
        }
    }

    #[test]
    fn an_error_is_one_line() {
        assert_eq!(one_line(b"ERR unknown command 'a\r\n+OK'"), b"ERR unknown command 'a  +OK'");
    }
}
