//! Where replies of the Redis protocol (version 2) end, in a stream that may be cut anywhere. They are passed on as they are, so this is
//! all that has to be known of them. Pure: bytes in, lengths out.

use std::fmt::Write as _;

/// Longest line: the head of an element, a status, an error.
const MAX_LINE: usize = 64 << 10;

/// Finds the end of one reply after the other. It remembers how far it has come, so that a large reply is looked at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanner {
    /// Read so far, of this reply.
    at: usize,
    /// Searched for the end of the current line so far.
    searched: usize,
    /// Elements still to come; 0: at a reply's first byte.
    missing: u64,
}

/// What comes is no reply: nothing behind it can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl Scanner {
    /// Looks for one whole reply at the beginning of `input`; answers its length, or none as long as it isn't whole: call again with the
    /// same bytes and more behind them.
    pub fn scan(&mut self, input: &[u8]) -> Result<Option<usize>, Malformed> {
        if self.missing == 0 {
            *self = Self { at: 0, searched: 0, missing: 1 };
        }
        while self.missing > 0 {
            let rest = &input[self.at.max(self.searched)..];
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                self.searched = input.len();
                return if input.len() - self.at > MAX_LINE { Err(Malformed) } else { Ok(None) };
            };
            let end = self.at.max(self.searched) + end;
            let line = input[self.at..end].strip_suffix(b"\r").ok_or(Malformed)?;
            let (kind, value) = line.split_first().ok_or(Malformed)?;
            let mut next = end + 1;
            let mut more = 0;
            match kind {
                b'+' | b'-' | b':' => {}
                b'$' => next += length(value)?.map_or(0, |length| length + 2),
                b'*' => more = length(value)?.unwrap_or(0) as u64,
                _ => return Err(Malformed),
            }
            if next > input.len() {
                // The line is read again when the rest has come.
                return Ok(None);
            }
            if *kind == b'$' && next > end + 1 && &input[next - 2..next] != b"\r\n" {
                return Err(Malformed);
            }
            (self.at, self.searched) = (next, next);
            self.missing += more;
            self.missing -= 1;
        }
        Ok(Some(self.at))
    }
}

/// None: null. No more than a reply can have, so that sums don't overflow.
fn length(text: &[u8]) -> Result<Option<usize>, Malformed> {
    match std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok()) {
        Some(-1) => Ok(None),
        Some(length @ 0..=0x2000_0000) => Ok(Some(length as usize)),
        _ => Err(Malformed),
    }
}

/// A whole reply in words, as `redis-cli` has it.
pub fn words(reply: &[u8]) -> String {
    let mut text = String::new();
    word(reply, &mut text);
    text
}

/// Writes the first element, and answers what stands behind it.
fn word<'a>(reply: &'a [u8], text: &mut String) -> &'a [u8] {
    let end = reply.iter().position(|byte| *byte == b'\n').map_or(reply.len(), |end| end + 1);
    let (line, rest) = reply.split_at(end);
    let line = line.trim_ascii_end();
    let value = String::from_utf8_lossy(line.get(1..).unwrap_or_default());
    let count = length(value.as_bytes()).ok().flatten();
    match (line.first(), count) {
        (Some(b'$'), Some(length)) => {
            let (bytes, rest) = rest.split_at(length.min(rest.len()));
            let _ = write!(text, "{:?}", String::from_utf8_lossy(bytes));
            rest.get(2..).unwrap_or_default()
        }
        (Some(b'*'), Some(count)) => {
            text.push('[');
            let mut rest = rest;
            for number in 0..count {
                if rest.is_empty() {
                    break;
                }
                text.push_str(if number == 0 { "" } else { ", " });
                rest = word(rest, text);
            }
            text.push(']');
            rest
        }
        (Some(b'$' | b'*'), None) => {
            text.push_str("nil");
            rest
        }
        _ => {
            text.push_str(&value);
            rest
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPLIES: &[&str] = &[
        "+OK\r\n",
        "-ERR no\r\n",
        ":-7\r\n",
        "$-1\r\n",
        "$0\r\n\r\n",
        "$5\r\n+\r\n$3\r\n",
        "*-1\r\n",
        "*0\r\n",
        "*2\r\n$1\r\na\r\n:1\r\n",
        "*2\r\n*2\r\n+a\r\n*0\r\n$2\r\n\r\n\r\n",
    ];

    fn lengths<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<usize>, bool) {
        let (mut scanner, mut input, mut found) = (Scanner::default(), Vec::new(), Vec::new());
        for piece in pieces {
            input.extend_from_slice(piece);
            loop {
                match scanner.scan(&input) {
                    Ok(Some(length)) => {
                        found.push(length);
                        input.drain(..length);
                    }
                    Ok(None) => break,
                    Err(Malformed) => return (found, true),
                }
            }
        }
        (found, false)
    }

    #[test]
    fn however_they_are_cut() {
        let all = REPLIES.concat();
        let expected: Vec<usize> = REPLIES.iter().map(|reply| reply.len()).collect();
        for size in 1..all.len() {
            assert_eq!(lengths(all.as_bytes().chunks(size)), (expected.clone(), false), "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_none() {
        for input in
            ["OK\r\n", "\r\n", "+OK\n", "$x\r\n", "$-2\r\n", "$1\r\nabc", "*99999999999\r\n", "*1\r\n?\r\n", "$536870913\r\n"]
        {
            assert_eq!(lengths([input.as_bytes()]), (vec![], true), "{input:?}");
        }
        assert!(lengths([&[b'+'; MAX_LINE + 2][..]]).1);
    }

    #[test]
    fn in_words() {
        let said: Vec<String> = REPLIES.iter().map(|reply| words(reply.as_bytes())).collect();
        let wanted = ["OK", "ERR no", "-7", "nil", "\"\"", "\"+\\r\\n$3\"", "nil", "[]", "[\"a\", 1]", "[[a, []], \"\\r\\n\"]"];
        assert_eq!(said, wanted);
    }

    proptest! {
        #[test]
        fn no_input_panics_and_cuts_never_matter(input in "[-+:$*0-9a\r\n]{0,40}", size in 1usize..9) {
            let input = input.as_bytes();
            prop_assert_eq!(lengths([input]), lengths(input.chunks(size)));
            words(input);
        }
    }
}
