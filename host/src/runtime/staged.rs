//! What a candidate asks for before it serves: applied at commit, forgotten on rollback.

use super::sockets::Sockets;
use crate::pure::limits::Limits;
use crate::pure::socket::SocketId;
use crate::pure::subscriptions::Subscriptions;
use std::collections::HashMap;
use std::time::Instant;

/// A candidate's timers, contexts and subscriptions.
#[derive(Debug, Default)]
pub(super) struct Staged {
    /// By token: when it fires, or that it is disarmed.
    timers: HashMap<u64, Option<Instant>>,
    contexts: HashMap<SocketId, Box<[u8]>>,
    /// By socket and topic: whether it is to be there. Nothing that is so already.
    subscriptions: HashMap<SocketId, HashMap<Box<str>, bool>>,
    /// How many of these are to be there.
    subscribed: usize,
}

impl Staged {
    /// Stages a timer, or its disarming. False beyond `limit` tokens.
    pub(super) fn timer(&mut self, token: u64, at: Option<Instant>, limit: usize) -> bool {
        if self.timers.len() >= limit && !self.timers.contains_key(&token) {
            return false;
        }
        self.timers.insert(token, at);
        true
    }

    pub(super) fn set_context(&mut self, socket: SocketId, context: &[u8]) {
        self.contexts.insert(socket, context.into());
    }

    pub(super) fn context(&self, socket: SocketId) -> Option<&[u8]> {
        self.contexts.get(&socket).map(AsRef::as_ref)
    }

    /// Stages a subscription. False beyond the limits, `there` being what stands so far.
    pub(super) fn subscribe(&mut self, socket: SocketId, topic: &str, there: &Subscriptions, limits: &Limits) -> bool {
        self.forget_subscription(socket, topic);
        if there.has(socket, topic) {
            return true;
        }
        let own = self.subscriptions.entry(socket).or_default();
        let more = own.values().filter(|wanted| **wanted).count();
        let fewer = own.len() - more;
        if there.count(socket) + more - fewer >= limits.topics || there.len() + self.subscribed >= limits.subscriptions {
            return false;
        }
        own.insert(topic.into(), true);
        self.subscribed += 1;
        true
    }

    /// Stages the end of a subscription.
    pub(super) fn unsubscribe(&mut self, socket: SocketId, topic: &str, there: &Subscriptions) {
        self.forget_subscription(socket, topic);
        if there.has(socket, topic) {
            self.subscriptions.entry(socket).or_default().insert(topic.into(), false);
        }
    }

    fn forget_subscription(&mut self, socket: SocketId, topic: &str) {
        if self.subscriptions.get_mut(&socket).and_then(|own| own.remove(topic)) == Some(true) {
            self.subscribed -= 1;
        }
    }

    /// Those that end make room for the others.
    fn apply_subscriptions(subscriptions: HashMap<SocketId, HashMap<Box<str>, bool>>, sockets: &mut Sockets) {
        for (id, topics) in subscriptions {
            let (begin, end): (Vec<_>, Vec<_>) = topics.into_iter().partition(|(_, wanted)| *wanted);
            end.into_iter().for_each(|(topic, _)| sockets.unsubscribe_now(id, &topic));
            for (topic, _) in begin {
                if sockets.known(id).is_ok_and(|entry| entry.machine.takes()) && sockets.subscribe_now(id, &topic).is_err() {
                    tracing::warn!(listener = %sockets.listener, socket = id.0, "a subscription of the new generation isn't made: limit reached");
                }
            }
        }
    }

    /// The candidate serves now.
    pub(super) fn apply(self, sockets: &mut Sockets) {
        let limit = sockets.limits.timers;
        for (token, at) in self.timers {
            match at {
                // One more than the limit allows stays unarmed only where the old generation's timers fill it.
                Some(at) if !sockets.timers.set(token, at, limit) => {
                    tracing::warn!(listener = %sockets.listener, token, "a timer of the new generation isn't armed: limit of timers reached");
                }
                Some(_) => {}
                None => sockets.timers.clear(token),
            }
        }
        for (id, context) in self.contexts {
            if !sockets.put_context(id, context) {
                tracing::warn!(listener = %sockets.listener, socket = id.0, "a context of the new generation isn't kept: total-memory reached");
            }
        }
        Self::apply_subscriptions(self.subscriptions, sockets);
        sockets.timer_waker.wake_by_ref();
    }
}
