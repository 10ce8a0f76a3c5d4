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

/// A member's subscribers to a topic.
struct Subscribers {
    mailbox: Arc<Mailbox>,
    count: u32,
}

/// By topic, those of each member that has some.
type Stripe = Mutex<HashMap<Arc<str>, HashMap<usize, Subscribers>>>;

pub(in crate::runtime) struct InProcess {
    stripes: [Stripe; STRIPES],
    hasher: RandomState,
    subscriptions: AtomicUsize,
    /// Subscriptions that there may be.
    limit: AtomicUsize,
    /// By what they are called.
    members: Mutex<HashMap<usize, Arc<Mailbox>>>,
    /// How many there are, and what the next one is called.
    count: AtomicUsize,
    next: AtomicUsize,
}

impl InProcess {
    pub(in crate::runtime) fn new(limit: usize) -> Self {
        Self {
            stripes: Default::default(),
            hasher: RandomState::new(),
            subscriptions: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit),
            members: Mutex::default(),
            count: AtomicUsize::new(0),
            next: AtomicUsize::new(0),
        }
    }

    /// The other members that have subscribers to a topic, with how many.
    fn others<T>(&self, from: usize, topic: &str, mut each: impl FnMut((&Mailbox, u32)) -> T) -> Vec<T> {
        // A member without others has nobody to tell.
        let Some(stripe) = self.stripe(topic).filter(|_| self.count.load(Relaxed) > 1) else { return Vec::new() };
        let stripe = lock(stripe);
        let members = stripe.get(topic).into_iter().flatten().filter(|(member, _)| **member != from);
        members.map(|(_, other)| each((&other.mailbox, other.count))).collect()
    }

    fn stripe(&self, topic: &str) -> Option<&Stripe> {
        self.stripes.get(self.hasher.hash_one(topic) as usize % STRIPES)
    }
}

impl Topics for InProcess {
    fn join(&self, mailbox: &Arc<Mailbox>) -> usize {
        let member = self.next.fetch_add(1, Relaxed);
        let mut members = lock(&self.members);
        members.insert(member, mailbox.clone());
        self.count.store(members.len(), Relaxed);
        member
    }

    fn set_limit(&self, subscriptions: usize) {
        self.limit.store(subscriptions, Relaxed);
    }

    fn leave(&self, member: usize) {
        let mut members = lock(&self.members);
        members.remove(&member);
        self.count.store(members.len(), Relaxed);
    }

    fn subscribe(&self, member: usize, topic: &str) -> bool {
        let room = |count: usize| (count < self.limit.load(Relaxed)).then_some(count + 1);
        if self.subscriptions.fetch_update(Relaxed, Relaxed, room).is_err() {
            return false;
        }
        let mailbox = lock(&self.members).get(&member).cloned();
        if let Some((stripe, mailbox)) = self.stripe(topic).zip(mailbox) {
            let mut stripe = lock(stripe);
            let own = || Subscribers { mailbox, count: 0 };
            stripe.entry(topic.into()).or_default().entry(member).or_insert_with(own).count += 1;
        }
        true
    }

    fn unsubscribe(&self, member: usize, topic: &str) {
        self.subscriptions.fetch_sub(1, Relaxed);
        let Some(stripe) = self.stripe(topic) else { return };
        let mut stripe = lock(stripe);
        let Some(members) = stripe.get_mut(topic) else { return };
        if let Some(own) = members.get_mut(&member) {
            own.count = own.count.saturating_sub(1);
            if own.count == 0 {
                members.remove(&member);
            }
        }
        if members.is_empty() {
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
