//! The outbound queue: bytes that were taken for a socket and that the kernel hasn't.
//!
//! What one plugin writes to one socket is copied into a ring. What is published to many sockets is one piece of memory that all their
//! queues point to; a queue that holds such pieces is a [`Mixed`] one, until they have gone.

mod mixed;

use super::account::Ledger;
use bytes::Bytes;
use mixed::Mixed;
use std::collections::VecDeque;
use std::io::IoSlice;

/// Buffers larger than this are freed rather than kept for the next socket.
const KEEP_CAPACITY: usize = 64 << 10;
/// Buffers kept per worker. An event seldom writes to more sockets than this.
const KEEP_BUFFERS: usize = 64;
/// Messages below this are copied into each queue: the place in the list, and the further slice when it is written, cost more.
const SHARE_FROM: usize = 256;

/// Slices that one vectored write takes from a queue.
pub const SLICES: usize = 8;

/// Empty buffers for reuse: a socket holds memory only while it has something queued, and an
/// event allocates nothing.
#[derive(Debug, Default)]
pub struct Pool {
    free: Vec<VecDeque<u8>>,
    #[expect(clippy::vec_box, reason = "the boxes are what is kept")]
    mixed: Vec<Box<Mixed>>,
    /// Bytes that the queues have, and contexts.
    pub ledger: Ledger,
}

impl Pool {
    /// For queues whose bytes `ledger` counts.
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, ..Self::default() }
    }

    fn take(&mut self) -> VecDeque<u8> {
        self.free.pop().unwrap_or_default()
    }

    fn give(&mut self, mut buffer: VecDeque<u8>) {
        if (1..=KEEP_CAPACITY).contains(&buffer.capacity()) && self.free.len() < KEEP_BUFFERS {
            buffer.clear();
            self.free.push(buffer);
        }
    }

    fn give_mixed(&mut self, mixed: Box<Mixed>) {
        if mixed.capacity() <= KEEP_BUFFERS && self.mixed.len() < KEEP_BUFFERS {
            self.mixed.push(mixed);
        }
    }
}

/// One socket's queue, oldest byte first. No larger than a ring alone: every idle connection has one.
#[derive(Debug)]
pub enum Outbound {
    /// The plugin's writes, copied.
    Ring(VecDeque<u8>),
    /// These, and what is shared with other queues.
    Mixed(Box<Mixed>),
}

impl Default for Outbound {
    fn default() -> Self {
        Self::Ring(VecDeque::new())
    }
}

impl Outbound {
    /// Bytes queued.
    pub fn len(&self) -> usize {
        match self {
            Self::Ring(ring) => ring.len(),
            Self::Mixed(mixed) => mixed.len(),
        }
    }

    /// Appends a copy of `data`.
    pub fn push(&mut self, pool: &mut Pool, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        pool.ledger.take(data.len());
        match self {
            Self::Ring(ring) => {
                if ring.capacity() == 0 {
                    *ring = pool.take();
                }
                ring.extend(data);
            }
            Self::Mixed(mixed) => mixed.push(pool, data),
        }
    }

    /// Appends `data` without copying it, unless it is so short that this is cheaper.
    pub fn share(&mut self, pool: &mut Pool, data: &Bytes) {
        if data.len() < SHARE_FROM {
            return self.push(pool, data);
        }
        if let Self::Ring(ring) = self {
            let mut mixed = pool.mixed.pop().unwrap_or_default();
            mixed.begin(std::mem::take(ring));
            *self = Self::Mixed(mixed);
        }
        if let Self::Mixed(mixed) = self {
            mixed.share(data.clone());
        }
    }

    /// The queue's first `limit` bytes, if nothing in it is shared: what nearly every write sends.
    pub fn ring(&self, limit: usize) -> Option<[IoSlice<'_>; 2]> {
        let Self::Ring(ring) = self else { return None };
        let (front, back) = ring.as_slices();
        let (in_front, in_back) = (limit.min(front.len()), limit.saturating_sub(front.len()).min(back.len()));
        Some([IoSlice::new(front.get(..in_front).unwrap_or_default()), IoSlice::new(back.get(..in_back).unwrap_or_default())])
    }

    /// Puts slices of the queue's first `limit` bytes into `into`, for one vectored write: how many slices, and how many bytes they
    /// have, which are fewer than there are only where the queue has more pieces than `into` has room for.
    pub fn gather<'a>(&'a self, limit: usize, into: &mut [IoSlice<'a>]) -> (usize, usize) {
        let mut gathered = Gathered { into, slices: 0, bytes: 0, limit };
        match self {
            Self::Ring(ring) => {
                let (front, back) = ring.as_slices();
                gathered.add(front);
                gathered.add(back);
            }
            Self::Mixed(mixed) => mixed.gather(&mut gathered),
        }
        (gathered.slices, gathered.bytes)
    }

    /// The kernel took the first `n` bytes.
    pub fn sent(&mut self, pool: &mut Pool, n: usize) {
        let before = self.own();
        match self {
            Self::Ring(ring) if n < ring.len() => drop(ring.drain(..n)),
            Self::Ring(ring) => {
                // All of it, as nearly always.
                ring.clear();
                pool.give(std::mem::take(ring));
            }
            Self::Mixed(mixed) => {
                mixed.sent(n);
                self.simplify(pool);
            }
        }
        pool.ledger.give(before - self.own());
    }

    /// Forgets all but the first `n` bytes: what a trapped call wrote.
    pub fn truncate(&mut self, pool: &mut Pool, n: usize) {
        let before = self.own();
        match self {
            Self::Ring(ring) => {
                ring.truncate(n);
                self.recycle(pool);
            }
            Self::Mixed(mixed) => {
                mixed.truncate(n);
                self.simplify(pool);
            }
        }
        pool.ledger.give(before - self.own());
    }

    /// Bytes that are in no other queue.
    fn own(&self) -> usize {
        match self {
            Self::Ring(ring) => ring.len(),
            Self::Mixed(mixed) => mixed.own(),
        }
    }

    /// An empty ring goes back to the others.
    fn recycle(&mut self, pool: &mut Pool) {
        if let Self::Ring(ring) = self
            && ring.is_empty()
        {
            pool.give(std::mem::take(ring));
        }
    }

    /// A ring again, once nothing is left that is shared.
    fn simplify(&mut self, pool: &mut Pool) {
        if let Self::Mixed(mixed) = self
            && let Some(ring) = mixed.end()
            && let Self::Mixed(mixed) = std::mem::replace(self, Self::Ring(ring))
        {
            pool.give_mixed(mixed);
            self.recycle(pool);
        }
    }
}

/// Slices as they are being gathered.
struct Gathered<'a, 'b> {
    into: &'b mut [IoSlice<'a>],
    slices: usize,
    bytes: usize,
    limit: usize,
}

impl<'a> Gathered<'a, '_> {
    /// Adds a piece, as far as the limit and the room allow. False: it is full.
    fn add(&mut self, piece: &'a [u8]) -> bool {
        let piece = piece.get(..piece.len().min(self.limit - self.bytes)).unwrap_or_default();
        if piece.is_empty() {
            return self.bytes < self.limit;
        }
        let Some(slot) = self.into.get_mut(self.slices) else { return false };
        *slot = IoSlice::new(piece);
        self.slices += 1;
        self.bytes += piece.len();
        self.bytes < self.limit
    }
}

#[cfg(test)]
mod tests;
