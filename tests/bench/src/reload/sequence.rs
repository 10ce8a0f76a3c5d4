//! Messages that carry their number, and what became of them.

use std::collections::BTreeSet;

/// How a message and its answer look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// 64 bytes, which come back.
    Echo,
    /// Redis' `INCR` of a key of the connection's own: the number is in the answer, and it is the plugin that counts.
    Increment,
}

/// Bytes of a message of [`Dialect::Echo`].
const ECHO: usize = 64;

/// What the front of the input is.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not a whole one yet.
    Partial,
    /// The answer to the message of this number, and its length.
    To(u64, usize),
    /// Nothing that was to come.
    Garbage,
}

impl Dialect {
    /// The message of this number on this connection.
    pub fn message(self, connection: u32, number: u64, to: &mut Vec<u8>) {
        match self {
            Self::Echo => {
                to.extend_from_slice(&connection.to_be_bytes());
                to.extend_from_slice(&number.to_be_bytes());
                to.extend((0..ECHO as u8 - 12).map(|at| at ^ number as u8));
            }
            Self::Increment => {
                let key = format!("counter:{connection}");
                to.extend_from_slice(format!("*2\r\n$4\r\nINCR\r\n${}\r\n{key}\r\n", key.len()).as_bytes());
            }
        }
    }

    /// What `input` begins with, as this connection has it.
    pub fn answer(self, connection: u32, input: &[u8]) -> Answer {
        match self {
            Self::Echo => {
                let Some(answer) = input.get(..ECHO) else { return Answer::Partial };
                let number = answer[4..12].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
                let mut right = Vec::with_capacity(ECHO);
                self.message(connection, number, &mut right);
                if answer == right { Answer::To(number, ECHO) } else { Answer::Garbage }
            }
            Self::Increment => {
                let Some(end) = input.windows(2).position(|pair| pair == b"\r\n") else { return Answer::Partial };
                let number = std::str::from_utf8(&input[..end]).ok().and_then(|line| line.strip_prefix(':')?.parse::<u64>().ok());
                number.and_then(|number| number.checked_sub(1)).map_or(Answer::Garbage, |number| Answer::To(number, end + 2))
            }
        }
    }
}

/// What became of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// Sent.
    pub messages: u64,
    /// Never answered.
    pub lost: u64,
    /// Answered more than once.
    pub repeated: u64,
    /// Answered after a later one.
    pub reordered: u64,
    /// Answers that were no message's.
    pub corrupted: u64,
    /// Connections that ended though nobody had ended them.
    pub disconnected: u64,
}

impl Losses {
    /// Whether there are none.
    pub fn none(&self) -> bool {
        *self == Self { messages: self.messages, ..Self::default() }
    }

    /// All together.
    pub fn sum(&self) -> u64 {
        self.lost + self.repeated + self.reordered + self.corrupted + self.disconnected
    }

    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.reordered += other.reordered;
        self.corrupted += other.corrupted;
        self.disconnected += other.disconnected;
    }
}

/// The numbers of one connection's answers, as they come.
#[derive(Debug, Default)]
pub struct Sequence {
    next: u64,
    missing: BTreeSet<u64>,
}

impl Sequence {
    /// An answer has come, to the message of this number; `sent` have been sent.
    pub fn came(&mut self, number: u64, sent: u64, losses: &mut Losses) {
        if number >= sent {
            losses.corrupted += 1;
        } else if number >= self.next {
            // Missing until they come late, if they do.
            self.missing.extend(self.next..number);
            self.next = number + 1;
        } else if self.missing.remove(&number) {
            losses.reordered += 1;
        } else {
            losses.repeated += 1;
        }
    }

    /// How many of `sent` may still come.
    pub fn due(&self, sent: u64) -> u64 {
        sent - self.next
    }

    /// Nothing more comes.
    pub fn end(self, sent: u64, losses: &mut Losses) {
        losses.messages += sent;
        losses.lost += self.missing.len() as u64 + self.due(sent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(numbers: &[u64], sent: u64) -> Losses {
        let (mut sequence, mut losses) = (Sequence::default(), Losses::default());
        numbers.iter().for_each(|number| sequence.came(*number, sent, &mut losses));
        sequence.end(sent, &mut losses);
        losses
    }

    #[test]
    fn each_kind_of_loss_is_counted_as_what_it_is() {
        let whole = Losses { messages: 4, ..Losses::default() };
        assert_eq!(losses(&[0, 1, 2, 3], 4), whole);
        assert!(losses(&[0, 1, 2, 3], 4).none());
        assert_eq!(losses(&[0, 1, 3], 4), Losses { lost: 1, ..whole });
        assert_eq!(losses(&[0, 1], 4), Losses { lost: 2, ..whole });
        assert_eq!(losses(&[0, 1, 1, 2, 3], 4), Losses { repeated: 1, ..whole });
        assert_eq!(losses(&[0, 2, 1, 3], 4), Losses { reordered: 1, ..whole });
        assert_eq!(losses(&[0, 1, 2, 3, 4], 4), Losses { corrupted: 1, ..whole });
        assert_eq!(losses(&[3, 0, 0], 4), Losses { lost: 2, reordered: 1, repeated: 1, ..whole });
    }

    #[test]
    fn answers_are_read_however_they_are_cut() {
        let mut bytes = Vec::new();
        Dialect::Echo.message(7, 258, &mut bytes);
        assert_eq!(Dialect::Echo.answer(7, &bytes[..63]), Answer::Partial);
        assert_eq!(Dialect::Echo.answer(7, &bytes), Answer::To(258, 64));
        assert_eq!(Dialect::Echo.answer(8, &bytes), Answer::Garbage, "another connection's");
        bytes[40] ^= 1;
        assert_eq!(Dialect::Echo.answer(7, &bytes), Answer::Garbage);
        assert_eq!(Dialect::Increment.answer(7, b":12\r"), Answer::Partial);
        assert_eq!(Dialect::Increment.answer(7, b":12\r\n:13\r\n"), Answer::To(11, 5));
        assert_eq!(Dialect::Increment.answer(7, b"-ERR\r\n"), Answer::Garbage);
    }
}
