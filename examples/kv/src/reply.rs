//! Replies of the Redis protocol, into a sink.

use sockdock_guest::Sink;

/// What a reply is made of. A sink's errors are left out: they mean that the connection is gone, and `close` says so.
pub trait Reply {
    fn raw(&mut self, bytes: &[u8]);

    fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// `text` begins with the error's kind, such as `ERR`.
    fn error(&mut self, text: impl AsRef<[u8]>) {
        // It is one line, whatever a client has got into it.
        let line = |byte: &u8| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte };
        self.line(b'-', &text.as_ref().iter().map(line).collect::<Vec<_>>());
    }

    fn integer(&mut self, value: i64) {
        self.number(b':', value);
    }

    fn bulk(&mut self, bytes: &[u8]) {
        self.number(b'$', bytes.len() as i64);
        self.raw(bytes);
        self.raw(b"\r\n");
    }

    fn null(&mut self) {
        self.raw(b"$-1\r\n");
    }

    /// So many replies follow, as its elements.
    fn array(&mut self, length: usize) {
        self.number(b'*', length as i64);
    }

    fn ok(&mut self) {
        self.raw(b"+OK\r\n");
    }

    fn bulk_or_null(&mut self, bytes: Option<&[u8]>) {
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
        // Filled from the end: kind, sign, 19 digits, end of line.
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
        self.raw(&text[at..]);
    }
}

impl Reply for Sink {
    fn raw(&mut self, bytes: &[u8]) {
        self.write(bytes).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::Reply;

    impl Reply for Vec<u8> {
        fn raw(&mut self, bytes: &[u8]) {
            self.extend_from_slice(bytes);
        }
    }

    #[test]
    fn numbers() {
        for value in [0, 7, -7, 10, i64::MAX, i64::MIN] {
            let mut reply = Vec::new();
            reply.integer(value);
            assert_eq!(String::from_utf8(reply).unwrap(), format!(":{value}\r\n"));
        }
    }

    #[test]
    fn an_error_is_one_line() {
        let mut reply = Vec::new();
        reply.error("ERR unknown command 'a\r\n+OK'");
        assert_eq!(reply, b"-ERR unknown command 'a  +OK'\r\n");
    }
}
