//! A queue with pieces that other queues have, too.

use super::{Gathered, Pool};
use bytes::Bytes;
use std::collections::VecDeque;

/// Bytes of the queue's own, in a ring, and pieces shared with other queues, in one order.
#[derive(Debug, Default)]
pub struct Mixed {
    order: VecDeque<Piece>,
    /// All the [`Piece::Own`]s, one after the other.
    own: VecDeque<u8>,
    len: usize,
    /// How many are [`Piece::Shared`].
    shared: usize,
}

#[derive(Debug)]
enum Piece {
    /// So many bytes of the ring.
    Own(usize),
    Shared(Bytes),
}

impl Mixed {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that are in no other queue.
    pub(super) fn own(&self) -> usize {
        self.own.len()
    }

    /// Pieces that it has room for.
    pub(super) fn capacity(&self) -> usize {
        self.order.capacity()
    }

    /// Takes over what was queued before.
    pub(super) fn begin(&mut self, ring: VecDeque<u8>) {
        self.len = ring.len();
        if self.len > 0 {
            self.order.push_back(Piece::Own(self.len));
        }
        self.own = ring;
    }

    /// Gives the ring back if nothing is shared any more; it is empty itself then.
    pub(super) fn end(&mut self) -> Option<VecDeque<u8>> {
        if self.shared > 0 {
            return None;
        }
        self.order.clear();
        self.len = 0;
        Some(std::mem::take(&mut self.own))
    }

    pub(super) fn push(&mut self, pool: &mut Pool, data: &[u8]) {
        if self.own.capacity() == 0 {
            self.own = pool.take();
        }
        self.own.extend(data);
        self.len += data.len();
        match self.order.back_mut() {
            Some(Piece::Own(size)) => *size += data.len(),
            _ => self.order.push_back(Piece::Own(data.len())),
        }
    }

    pub(super) fn share(&mut self, data: Bytes) {
        self.len += data.len();
        self.shared += 1;
        self.order.push_back(Piece::Shared(data));
    }

    pub(super) fn gather<'a>(&'a self, gathered: &mut Gathered<'a, '_>) {
        let (front, back) = self.own.as_slices();
        let mut before = 0;
        for piece in &self.order {
            let more = match piece {
                Piece::Shared(data) => gathered.add(data),
                Piece::Own(size) => {
                    let (from, to) = (before, before + size);
                    before = to;
                    let split = front.len();
                    let in_front = front.get(from.min(split)..to.min(split)).unwrap_or_default();
                    let in_back = back.get(from.saturating_sub(split)..to.saturating_sub(split)).unwrap_or_default();
                    gathered.add(in_front) && gathered.add(in_back)
                }
            };
            if !more {
                return;
            }
        }
    }

    pub(super) fn sent(&mut self, n: usize) {
        let mut rest = n.min(self.len);
        self.len -= rest;
        while rest > 0 {
            let Some(piece) = self.order.front_mut() else { return };
            let size = piece.len().min(rest);
            rest -= size;
            match piece {
                Piece::Own(left) => {
                    *left -= size;
                    self.own.drain(..size);
                }
                Piece::Shared(data) => drop(data.split_to(size)),
            }
            if piece.len() == 0
                && let Some(Piece::Shared(_)) = self.order.pop_front()
            {
                self.shared -= 1;
            }
        }
    }

    pub(super) fn truncate(&mut self, n: usize) {
        while self.len > n {
            let excess = self.len - n;
            let Some(piece) = self.order.back_mut() else { return };
            let size = piece.len().min(excess);
            self.len -= size;
            match piece {
                Piece::Own(left) => {
                    *left -= size;
                    self.own.truncate(self.own.len() - size);
                }
                Piece::Shared(data) => data.truncate(data.len() - size),
            }
            if piece.len() == 0
                && let Some(Piece::Shared(_)) = self.order.pop_back()
            {
                self.shared -= 1;
            }
        }
    }
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Own(size) => *size,
            Self::Shared(data) => data.len(),
        }
    }
}
