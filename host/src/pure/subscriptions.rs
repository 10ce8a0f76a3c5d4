//! Which of one instance's sockets have subscribed to what.

use super::socket::SocketId;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The subscriptions of one instance's sockets; both ways, and nothing for a socket that has none.
#[derive(Debug, Default)]
pub struct Subscriptions {
    topics: HashMap<Arc<str>, BTreeSet<SocketId>>,
    sockets: HashMap<SocketId, Vec<Arc<str>>>,
    len: usize,
}

impl Subscriptions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether this is one of them.
    pub fn has(&self, socket: SocketId, topic: &str) -> bool {
        self.topics.get(topic).is_some_and(|sockets| sockets.contains(&socket))
    }

    /// How many topics a socket has.
    pub fn count(&self, socket: SocketId) -> usize {
        self.sockets.get(&socket).map_or(0, Vec::len)
    }

    /// A topic's subscribers, always in the same order.
    pub fn of(&self, topic: &str) -> Option<&BTreeSet<SocketId>> {
        self.topics.get(topic)
    }

    /// Adds one; false if it is there.
    pub fn add(&mut self, socket: SocketId, topic: &str) -> bool {
        let name = self.topics.get_key_value(topic).map_or_else(|| topic.into(), |(name, _)| name.clone());
        if !self.topics.entry(Arc::clone(&name)).or_default().insert(socket) {
            return false;
        }
        self.sockets.entry(socket).or_default().push(name);
        self.len += 1;
        true
    }

    /// Removes one; false if it isn't there.
    pub fn remove(&mut self, socket: SocketId, topic: &str) -> bool {
        if !self.leave(socket, topic) {
            return false;
        }
        if let Some(topics) = self.sockets.get_mut(&socket) {
            topics.retain(|name| &**name != topic);
            if topics.is_empty() {
                self.sockets.remove(&socket);
            }
        }
        true
    }

    /// Removes all of one socket's; their topics.
    pub fn forget(&mut self, socket: SocketId) -> Vec<Arc<str>> {
        let topics = self.sockets.remove(&socket).unwrap_or_default();
        topics.iter().for_each(|topic| {
            self.leave(socket, topic);
        });
        topics
    }

    fn leave(&mut self, socket: SocketId, topic: &str) -> bool {
        let Some(sockets) = self.topics.get_mut(topic) else { return false };
        if !sockets.remove(&socket) {
            return false;
        }
        if sockets.is_empty() {
            self.topics.remove(topic);
        }
        self.len -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_set_of_pairs(ops in proptest::collection::vec((0u8..3, 0u64..4, 0u8..4), 0..60)) {
            let (mut subscriptions, mut model) = (Subscriptions::default(), BTreeSet::new());
            for (op, socket, topic) in ops {
                let (socket, topic) = (SocketId(socket), format!("topic {topic}"));
                match op {
                    0 => prop_assert_eq!(subscriptions.add(socket, &topic), model.insert((socket, topic.clone()))),
                    1 => prop_assert_eq!(subscriptions.remove(socket, &topic), model.remove(&(socket, topic.clone()))),
                    _ => {
                        let gone: BTreeSet<String> = subscriptions.forget(socket).iter().map(ToString::to_string).collect();
                        let own = model.iter().filter(|(id, _)| *id == socket).map(|(_, topic)| topic.clone()).collect();
                        prop_assert_eq!(gone, own);
                        model.retain(|(id, _)| *id != socket);
                    }
                }
                prop_assert_eq!(subscriptions.len(), model.len());
                prop_assert_eq!(subscriptions.has(socket, &topic), model.contains(&(socket, topic.clone())));
                prop_assert_eq!(subscriptions.count(socket), model.iter().filter(|(id, _)| *id == socket).count());
                let subscribers: Vec<SocketId> = subscriptions.of(&topic).into_iter().flatten().copied().collect();
                let own: Vec<SocketId> = model.iter().filter(|(_, other)| *other == topic).map(|(id, _)| *id).collect();
                prop_assert_eq!(subscribers, own);
            }
            // What is gone leaves nothing behind.
            for socket in 0..4 {
                subscriptions.forget(SocketId(socket));
            }
            prop_assert!(subscriptions.topics.is_empty() && subscriptions.sockets.is_empty());
        }
    }
}
