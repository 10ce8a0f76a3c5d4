//! Topics within this process: a table of who has subscribers, and the members' mailboxes.

use super::super::listener::lock;
use super::{Mailbox, Message, Topics};
use crate::pure::socket::ErrorCode;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// Parts of the table that have a lock of their own. Each is held for a look-up, by those that subscribe or publish.
const STRIPES: usize = 16;

/// By topic: how many sockets of each member have subscribed.
type Stripe = Mutex<HashMap<Arc<str>, Box<[u32]>>>;

pub(in crate::runtime) struct InProcess {
    stripes: [Stripe; STRIPES],
    hasher: RandomState,
    subscriptions: AtomicUsize,
    /// Subscriptions that there may be.
    limit: usize,
    mailboxes: Arc<[Mailbox]>,
}

impl InProcess {
    pub(in crate::runtime) fn new(limit: usize, mailboxes: Arc<[Mailbox]>) -> Self {
        Self { stripes: Default::default(), hasher: RandomState::new(), subscriptions: AtomicUsize::new(0), limit, mailboxes }
    }

    /// A member without others has nobody to tell.
    fn is_alone(&self) -> bool {
        self.mailboxes.len() < 2
    }

    /// The other members that have subscribers to a topic, with how many.
    fn others<T>(&self, from: usize, topic: &str, each: impl FnMut((&Mailbox, u32)) -> T) -> Vec<T> {
        let Some(stripe) = self.stripe(topic).filter(|_| !self.is_alone()) else { return Vec::new() };
        let stripe = lock(stripe);
        let counts = stripe.get(topic).map_or(&[][..], |counts| counts);
        let members = self.mailboxes.iter().zip(counts.iter().copied()).enumerate();
        members.filter(|(member, (_, count))| *member != from && *count > 0).map(|(_, other)| other).map(each).collect()
    }

    fn stripe(&self, topic: &str) -> Option<&Stripe> {
        self.stripes.get(self.hasher.hash_one(topic) as usize % STRIPES)
    }
}

impl Topics for InProcess {
    fn subscribe(&self, member: usize, topic: &str) -> bool {
        let room = |count: usize| (count < self.limit).then_some(count + 1);
        if self.subscriptions.fetch_update(Relaxed, Relaxed, room).is_err() {
            return false;
        }
        if let Some(stripe) = self.stripe(topic).filter(|_| !self.is_alone()) {
            let mut stripe = lock(stripe);
            let none = || vec![0; self.mailboxes.len()].into();
            if let Some(count) = stripe.entry(topic.into()).or_insert_with(none).get_mut(member) {
                *count += 1;
            }
        }
        true
    }

    fn unsubscribe(&self, member: usize, topic: &str) {
        self.subscriptions.fetch_sub(1, Relaxed);
        let Some(stripe) = self.stripe(topic).filter(|_| !self.is_alone()) else { return };
        let mut stripe = lock(stripe);
        let Some(counts) = stripe.get_mut(topic) else { return };
        if let Some(count) = counts.get_mut(member) {
            *count = count.saturating_sub(1);
        }
        if counts.iter().all(|count| *count == 0) {
            stripe.remove(topic);
        }
    }

    fn reach(&self, from: usize, topic: &str, bytes: usize) -> Result<u32, ErrorCode> {
        let others = self.others(from, topic, |(mailbox, count)| mailbox.has_room(bytes).then_some(count));
        others.into_iter().sum::<Option<u32>>().ok_or(ErrorCode::LimitExceeded)
    }

    fn publish(&self, from: usize, message: Message) {
        self.others(from, &message.topic, |(mailbox, _)| mailbox.post(message.clone()));
    }
}

#[cfg(test)]
mod tests;
