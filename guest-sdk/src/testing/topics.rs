//! Topics: the imported functions, and what a test says about the other instances, which aren't imitated.

use super::harness::Harness;
use super::world::{Phase, World, with};
use crate::{ErrorCode, Plugin};

pub(crate) fn subscribe(socket: u64, topic: &str) -> Result<(), ErrorCode> {
    with(|world| {
        if world.phase == Phase::Snapshot {
            return Err(ErrorCode::NotAllowed);
        }
        if !world.connection(socket)?.takes() {
            return Err(ErrorCode::Closed);
        }
        world.check_topic(topic)?;
        let own = world.topics.iter().filter(|(other, sockets)| *other != topic && sockets.contains(&socket)).count();
        if own >= world.limits.topics {
            return Err(ErrorCode::LimitExceeded);
        }
        world.topics.entry(topic.into()).or_default().insert(socket);
        Ok(())
    })
}

pub(crate) fn unsubscribe(socket: u64, topic: &str) -> Result<(), ErrorCode> {
    with(|world| {
        if world.phase == Phase::Snapshot {
            return Err(ErrorCode::NotAllowed);
        }
        world.connection(socket)?;
        if let Some(sockets) = world.topics.get_mut(topic) {
            sockets.remove(&socket);
        }
        Ok(())
    })
}

pub(crate) fn publish(topic: &str, data: &[u8], skip: Option<u64>) -> Result<u32, ErrorCode> {
    with(|world| {
        if world.phase != Phase::Event {
            return Err(ErrorCode::NotAllowed);
        }
        world.check_topic(topic)?;
        if data.len() > world.limits.write_buffer {
            return Err(ErrorCode::LimitExceeded);
        }
        let elsewhere = world.elsewhere.get(topic).copied().unwrap_or(0);
        if elsewhere > 0 && !data.is_empty() {
            world.published.push((topic.into(), data.into()));
        }
        Ok(elsewhere + world.deliver(topic, data, skip))
    })
}

impl World {
    fn check_topic(&self, topic: &str) -> Result<(), ErrorCode> {
        match topic.len() {
            0 => Err(ErrorCode::InvalidArgument),
            length if length > self.limits.topic_name => Err(ErrorCode::LimitExceeded),
            _ => Ok(()),
        }
    }

    fn deliver(&mut self, topic: &str, data: &[u8], skip: Option<u64>) -> u32 {
        let mut took = 0;
        for id in self.topics.get(topic).into_iter().flatten().filter(|id| Some(**id) != skip) {
            let Some(connection) = self.connections.get_mut(id).filter(|connection| connection.takes()) else { continue };
            if connection.queue.len() + data.len() <= self.limits.write_buffer {
                connection.queue.extend_from_slice(data);
                connection.drain_due |= connection.queue.len() > self.limits.high_water;
                took += 1;
            } else if !self.limits.skip_slow_subscribers {
                connection.failed = Some(ErrorCode::LimitExceeded);
            }
        }
        took
    }
}

/// The listener's other instances.
impl<P: Plugin> Harness<P> {
    /// So many sockets of other instances have subscribed to this topic.
    pub fn subscribed_elsewhere(&mut self, topic: &str, sockets: u32) {
        with(|world| world.elsewhere.insert(topic.into(), sockets));
    }

    /// Another instance publishes.
    pub fn publish_elsewhere(&mut self, topic: &str, bytes: &[u8]) {
        with(|world| world.deliver(topic, bytes, None));
        self.settle();
    }

    /// Takes what was published and went to other instances, too: topic and bytes, oldest first.
    pub fn published(&mut self) -> Vec<(String, Vec<u8>)> {
        with(|world| std::mem::take(&mut world.published))
    }
}
