//! What a candidate asks for before it serves: applied at commit, forgotten on rollback.

use super::sockets::Sockets;
use crate::pure::socket::SocketId;
use std::collections::HashMap;
use std::time::Instant;

/// A candidate's timers and contexts.
#[derive(Debug, Default)]
pub(super) struct Staged {
    /// By token: when it fires, or that it is disarmed.
    timers: HashMap<u64, Option<Instant>>,
    contexts: HashMap<SocketId, Box<[u8]>>,
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
            if let Some(entry) = sockets.entry(id) {
                entry.context = context;
            }
        }
        sockets.timer_waker.wake_by_ref();
    }
}
