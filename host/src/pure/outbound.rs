//! The outbound queue: bytes that `write` took and the kernel hasn't.

use std::collections::VecDeque;
use std::io::IoSlice;

/// Buffers larger than this are freed rather than kept for the next socket.
const KEEP_CAPACITY: usize = 64 << 10;
/// Buffers kept per worker. An event seldom writes to more sockets than this.
const KEEP_BUFFERS: usize = 64;

/// Empty buffers for reuse: a socket holds memory only while it has something queued, and an
/// event allocates nothing.
#[derive(Debug, Default)]
pub struct Pool {
    free: Vec<VecDeque<u8>>,
}

impl Pool {
    fn take(&mut self) -> VecDeque<u8> {
        self.free.pop().unwrap_or_default()
    }

    fn give(&mut self, mut buffer: VecDeque<u8>) {
        if (1..=KEEP_CAPACITY).contains(&buffer.capacity()) && self.free.len() < KEEP_BUFFERS {
            buffer.clear();
            self.free.push(buffer);
        }
    }
}

/// One socket's queue, oldest byte first.
#[derive(Debug, Default)]
pub struct Outbound {
    bytes: VecDeque<u8>,
}

impl Outbound {
    /// Bytes queued.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a copy of `data`.
    pub fn push(&mut self, pool: &mut Pool, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        if self.bytes.capacity() == 0 {
            self.bytes = pool.take();
        }
        self.bytes.extend(data);
    }

    /// The queue as two slices (the second is empty unless the ring wraps), for one vectored write.
    pub fn slices(&self) -> [IoSlice<'_>; 2] {
        let (front, back) = self.bytes.as_slices();
        [IoSlice::new(front), IoSlice::new(back)]
    }

    /// The first `n` bytes of the queue.
    pub fn slices_up_to(&self, n: usize) -> [IoSlice<'_>; 2] {
        let (front, back) = self.bytes.as_slices();
        let (in_front, in_back) = (n.min(front.len()), n.saturating_sub(front.len()).min(back.len()));
        [IoSlice::new(front.get(..in_front).unwrap_or_default()), IoSlice::new(back.get(..in_back).unwrap_or_default())]
    }

    /// The kernel took the first `n` bytes.
    pub fn sent(&mut self, pool: &mut Pool, n: usize) {
        if n < self.bytes.len() {
            self.bytes.drain(..n);
        } else {
            // All of it, as nearly always.
            self.bytes.clear();
            pool.give(std::mem::take(&mut self.bytes));
        }
    }

    /// Forgets all but the first `n` bytes: what a trapped call wrote.
    pub fn truncate(&mut self, pool: &mut Pool, n: usize) {
        self.bytes.truncate(n);
        self.sent(pool, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn content(queue: &Outbound) -> Vec<u8> {
        queue.slices().iter().flat_map(|slice| slice.to_vec()).collect()
    }

    fn beginning(queue: &Outbound, n: usize) -> Vec<u8> {
        queue.slices_up_to(n).iter().flat_map(|slice| slice.to_vec()).collect()
    }

    #[test]
    fn an_empty_queue_holds_no_memory() {
        let (mut pool, mut queue) = (Pool::default(), Outbound::default());
        queue.push(&mut pool, &[7; 1000]);
        queue.sent(&mut pool, 1000);
        assert_eq!(queue.bytes.capacity(), 0);
        assert_eq!(pool.free.len(), 1);
    }

    #[test]
    fn what_never_held_anything_is_not_kept() {
        let (mut pool, mut queue) = (Pool::default(), Outbound::default());
        queue.truncate(&mut pool, 0);
        assert!(pool.free.is_empty());
    }

    #[test]
    fn a_large_buffer_is_not_kept() {
        let (mut pool, mut queue) = (Pool::default(), Outbound::default());
        queue.push(&mut pool, &vec![7; KEEP_CAPACITY * 2]);
        queue.sent(&mut pool, KEEP_CAPACITY * 2);
        assert!(pool.free.is_empty());
    }

    proptest! {
        #[test]
        fn behaves_like_a_vector(ops in proptest::collection::vec((0u8..3, 0usize..5000), 0..60)) {
            let (mut pool, mut queue, mut model) = (Pool::default(), Outbound::default(), Vec::<u8>::new());
            let mut next = 0u8;
            for (op, n) in ops {
                match op {
                    0 => {
                        let data: Vec<u8> = (0..n).map(|_| { next = next.wrapping_add(1); next }).collect();
                        queue.push(&mut pool, &data);
                        model.extend(&data);
                    }
                    1 => {
                        queue.sent(&mut pool, n);
                        model.drain(..n.min(model.len()));
                    }
                    _ => {
                        queue.truncate(&mut pool, n);
                        model.truncate(n);
                    }
                }
                prop_assert_eq!(queue.len(), model.len());
                prop_assert_eq!(content(&queue), model.clone());
                prop_assert_eq!(beginning(&queue, n), model[..n.min(model.len())].to_vec());
            }
        }
    }
}
