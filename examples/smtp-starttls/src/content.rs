//! A message's text on its way in (RFC 5321, 4.5.2): the dots that the client has doubled are taken out, and the end is found.

use serde::{Deserialize, Serialize};

/// Takes a text that may be cut anywhere.
///
/// Only CR LF ends a line. Where a bare CR or LF counts too, here or at the next server, one client's text can become another's command
/// (*SMTP smuggling*): a text with one is taken to its end and then refused.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Content {
    #[serde(with = "serde_bytes")]
    text: Vec<u8>,
    at: At,
    bare: bool,
    /// More has come than was taken.
    excess: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum At {
    /// Behind CR LF.
    #[default]
    LineStart,
    /// Behind a dot at the start of a line.
    Dot,
    /// Behind that and CR.
    DotCr,
    Text,
    Cr,
}

/// Why a text isn't taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    BareNewline,
    TooLarge,
}

impl Content {
    /// Takes what has come, up to `limit` bytes in all; answers where the text ends, if it does.
    pub fn feed(&mut self, bytes: &[u8], limit: usize) -> Option<usize> {
        for (index, &byte) in bytes.iter().enumerate() {
            match (self.at, byte) {
                (At::LineStart, b'.') => self.at = At::Dot,
                (At::Dot, b'\r') => self.at = At::DotCr,
                (At::DotCr, b'\n') => return Some(index + 1),
                (At::Cr, b'\n') => {
                    self.push(b"\r\n", limit);
                    self.at = At::LineStart;
                }
                (at, byte) => {
                    if matches!(at, At::Cr | At::DotCr) {
                        self.bare = true;
                        self.push(b"\r", limit);
                    }
                    if byte == b'\r' {
                        self.at = At::Cr;
                        continue;
                    }
                    // Not the start of a line.
                    self.bare |= byte == b'\n';
                    self.push(&[byte], limit);
                    self.at = At::Text;
                }
            }
        }
        None
    }

    fn push(&mut self, bytes: &[u8], limit: usize) {
        if self.excess || self.text.len() + bytes.len() > limit {
            self.excess = true;
            self.text = Vec::new();
        } else {
            self.text.extend_from_slice(bytes);
        }
    }

    /// The text, once its end was found.
    pub fn finish(self) -> Result<Vec<u8>, Refused> {
        match self {
            Self { excess: true, .. } => Err(Refused::TooLarge),
            Self { bare: true, .. } => Err(Refused::BareNewline),
            Self { text, .. } => Ok(text),
        }
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        self.text.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn taken<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Option<Result<Vec<u8>, Refused>>, usize) {
        let (mut content, mut used) = (Content::default(), 0);
        for piece in pieces {
            match content.feed(piece, 1000) {
                None => used += piece.len(),
                Some(length) => return (Some(content.finish()), used + length),
            }
        }
        (None, used)
    }

    #[test]
    fn dots_and_the_end() {
        for (sent, text) in [
            (&b".\r\n"[..], &b""[..]),
            (b"a\r\n.\r\n", b"a\r\n"),
            (b"..\r\n...a\r\n.\r\n", b".\r\n..a\r\n"),
            (b".a\r\n.\r\n", b"a\r\n"),
            (b"a.\r\n.\r\n", b"a.\r\n"),
        ] {
            let behind = [sent, b"QUIT\r\n"].concat();
            assert_eq!(taken([&behind[..]]), (Some(Ok(text.to_vec())), sent.len()));
        }
    }

    #[test]
    fn nothing_else_is_an_end() {
        for smuggled in [&b"a\n.\r\n"[..], b"a\n.\n", b"a\r.\r\n", b"a\r\n.\n", b"a\r\n.\r.\r\n", b"a\r.\r", b"a\r\r\n.\r\r\n"] {
            assert_eq!(taken([smuggled]).0, None, "{smuggled:?}");
            let ended = [smuggled, b"x\r\n.\r\n"].concat();
            assert_eq!(taken([&ended[..]]), (Some(Err(Refused::BareNewline)), ended.len()), "{smuggled:?}");
        }
    }

    #[test]
    fn what_is_too_large_is_read_to_its_end() {
        let text = [&vec![b'a'; 999][..], b"\r\n.\r\n"].concat();
        assert_eq!(taken([&text[..]]), (Some(Err(Refused::TooLarge)), text.len()));
        assert_eq!(taken([&text[1..]]).0, Some(Ok([&text[1..999], b"\r\n"].concat())));
    }

    proptest! {
        #[test]
        fn however_it_is_cut(lines in prop::collection::vec("[.a\u{e9}]{0,9}", 0..9), size in 1usize..9) {
            let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let doubled: String = lines.iter().map(|line| if line.starts_with('.') { format!(".{line}\r\n") } else { format!("{line}\r\n") }).collect();
            let sent = format!("{doubled}.\r\n");
            prop_assert_eq!(taken(sent.as_bytes().chunks(size)), (Some(Ok(text.into_bytes())), sent.len()));
        }

        #[test]
        fn cuts_never_matter(sent in "[.a\r\n]{0,40}", size in 1usize..9) {
            let sent = sent.as_bytes();
            prop_assert_eq!(taken([sent]), taken(sent.chunks(size)));
        }
    }
}
