//! What is sent, and what must come back.

use std::ops::Range;

/// A request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// So many bytes, which come back.
    Echo(usize),
    /// One byte, answered by `hello`.
    Hello,
}

/// Different bytes for each request, without the cost of making them: ranges of one random text.
#[derive(Debug)]
pub(super) struct Requests {
    exchange: Exchange,
    text: Vec<u8>,
    next: usize,
}

/// Where ranges begin: within so many bytes.
const STARTS: usize = 64 << 10;
/// Odd, so that all starts have their turn, and large, so that neighbours differ.
const STRIDE: usize = 25_033;

impl Requests {
    pub(super) fn new(exchange: Exchange) -> Self {
        let length = match exchange {
            Exchange::Echo(bytes) => bytes,
            Exchange::Hello => 1,
        };
        // xorshift64, with a fixed seed: a run can be repeated.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let text = (0..STARTS + length).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        });
        Self { exchange, text: text.collect(), next: 0 }
    }

    /// The next request, to be looked up by `request` and `answer`.
    pub(super) fn draw(&mut self) -> Range<usize> {
        let length = match self.exchange {
            Exchange::Echo(bytes) => bytes,
            Exchange::Hello => 1,
        };
        self.next = (self.next + STRIDE) % STARTS;
        self.next..self.next + length
    }

    pub(super) fn request(&self, range: &Range<usize>) -> &[u8] {
        &self.text[range.clone()]
    }

    pub(super) fn answer(&self, range: &Range<usize>) -> &[u8] {
        match self.exchange {
            Exchange::Echo(_) => &self.text[range.clone()],
            Exchange::Hello => b"hello",
        }
    }
}
