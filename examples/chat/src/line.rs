//! From a stream of bytes to lines that are safe to show to others.

use serde::{Deserialize, Serialize};

/// Bytes of the longest line, without its end.
pub const LONGEST: usize = 1024;

/// The line that hasn't ended yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HalfLine {
    #[serde(with = "serde_bytes")]
    held: Vec<u8>,
    /// It is longer than [`LONGEST`]: nothing of it is held, and the rest is passed over.
    too_long: bool,
}

#[derive(Debug, PartialEq)]
pub enum Line {
    Text(String),
    TooLong,
}

impl HalfLine {
    /// Takes the next line off the front of `input`. None: the input has been used up, and the line hasn't ended.
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Line> {
        let end = input.iter().position(|byte| *byte == b'\n');
        let (piece, rest) = input.split_at(end.unwrap_or(input.len()));
        *input = rest.get(1..).unwrap_or_default();
        if self.held.len() + piece.len() > LONGEST {
            *self = Self { held: Vec::new(), too_long: true };
        }
        if !self.too_long {
            self.held.extend_from_slice(piece);
        }
        end?;
        let line = std::mem::take(self);
        Some(if line.too_long { Line::TooLong } else { Line::Text(harmless(&line.held)) })
    }
}

/// Text that stays on its own line, whatever the bytes were: nobody can end a line early and go on in another's name,
/// move the cursor, or turn the direction of writing.
fn harmless(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .map(|char| match char {
            '\t' => ' ',
            _ if char.is_control() || is_layout(char) => char::REPLACEMENT_CHARACTER,
            _ => char,
        })
        .collect();
    text.trim().to_owned()
}

/// Line and paragraph separators, and the marks that turn the direction of writing.
fn is_layout(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether it can be the name of a person or a room: ASCII only, since other alphabets have letters that look the same.
pub fn is_name(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(half: &mut HalfLine, mut input: &[u8]) -> Vec<Line> {
        std::iter::from_fn(|| half.next(&mut input)).collect()
    }

    fn text(text: &str) -> Line {
        Line::Text(text.into())
    }

    #[test]
    fn cut_anywhere() {
        let stream = "one\r\ntwo\n\n drei \u{1f642} \nrest".as_bytes();
        for cut in 0..stream.len() {
            let mut half = HalfLine::default();
            let mut got = lines(&mut half, &stream[..cut]);
            got.extend(lines(&mut half, &stream[cut..]));
            assert_eq!(got, [text("one"), text("two"), text(""), text("drei \u{1f642}")], "cut at {cut}");
            assert_eq!(half.held, b"rest");
        }
    }

    #[test]
    fn what_could_forge_a_line_is_replaced() {
        let mut half = HalfLine::default();
        for (sent, shown) in [
            ("a\rann: b", "a\u{fffd}ann: b"),
            ("a\x1b[2Kb\x07\x00", "a\u{fffd}[2Kb\u{fffd}\u{fffd}"),
            ("a\u{85}b\u{2028}c\u{202e}d", "a\u{fffd}b\u{fffd}c\u{fffd}d"),
            ("a\tb", "a b"),
            ("äöü 漢字", "äöü 漢字"),
        ] {
            assert_eq!(lines(&mut half, format!("{sent}\n").as_bytes()), [text(shown)]);
        }
        assert_eq!(lines(&mut half, b"\xff\xc3\n"), [text("\u{fffd}\u{fffd}")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_not_held() {
        let mut half = HalfLine::default();
        for _ in 0..100 {
            assert_eq!(lines(&mut half, &[b'x'; 500]), []);
            assert!(half.held.len() <= LONGEST);
        }
        assert_eq!(lines(&mut half, b"x\nshort\n"), [Line::TooLong, text("short")]);
        assert_eq!(half, HalfLine::default());
        let longest = [b'x'; LONGEST];
        assert_eq!(lines(&mut half, &[&longest[..], b"\n"].concat()), [text(&"x".repeat(LONGEST))]);
    }

    #[test]
    fn names() {
        for good in ["a", "Ann", "x-1_y", "12345678901234567890"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "a b", "a:", "*", "ä", "\u{430}", "123456789012345678901"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
