//! Where messages wait for a member's worker.

use super::super::listener::lock;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// What was published. Clones share its bytes.
#[derive(Clone, Debug)]
pub(in crate::runtime) struct Message {
    pub(in crate::runtime) topic: Arc<str>,
    pub(in crate::runtime) data: Bytes,
}

impl Message {
    /// What one of `length` bytes counts for in a backlog: small ones cost memory, too.
    pub(in crate::runtime) fn cost(length: usize) -> usize {
        length + 128
    }
}

type Wake = Box<dyn Fn() + Send + Sync>;

/// One member's.
pub(in crate::runtime) struct Mailbox {
    waiting: Mutex<Waiting>,
    limit: AtomicUsize,
    /// Has the member's worker look.
    wake: Wake,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Message>,
    cost: usize,
    /// The worker is going to look.
    woken: bool,
    closed: bool,
}

impl Mailbox {
    /// One that takes about so many bytes. `wake` has the member's worker look into it.
    pub(in crate::runtime) fn new(limit: usize, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { waiting: Mutex::default(), limit: AtomicUsize::new(limit), wake: Box::new(wake) }
    }

    /// Whether it has room. Others may use it up meanwhile: the limit is one of orders, not of bytes.
    pub(super) fn has_room(&self, cost: usize) -> bool {
        lock(&self.waiting).cost.saturating_add(cost) <= self.limit.load(Relaxed)
    }

    pub(super) fn set_limit(&self, bytes: usize) {
        self.limit.store(bytes, Relaxed);
    }

    pub(super) fn post(&self, message: Message) {
        let mut waiting = lock(&self.waiting);
        if waiting.closed {
            return;
        }
        waiting.cost += Message::cost(message.data.len());
        waiting.messages.push_back(message);
        let asleep = !std::mem::replace(&mut waiting.woken, true);
        drop(waiting);
        if asleep {
            self.go_on();
        }
    }

    /// The next message; none: its worker needs not look before it is woken again.
    pub(super) fn take(&self) -> Option<Message> {
        let mut waiting = lock(&self.waiting);
        let message = waiting.messages.pop_front();
        match &message {
            Some(message) => waiting.cost -= Message::cost(message.data.len()),
            None => *waiting = Waiting { closed: waiting.closed, ..Waiting::default() },
        }
        message
    }

    /// Wakes the worker, which has stopped before it was empty.
    pub(super) fn go_on(&self) {
        (self.wake)();
    }

    /// Nobody is left there.
    pub(in crate::runtime) fn close(&self) {
        *lock(&self.waiting) = Waiting { closed: true, ..Waiting::default() };
    }
}
