//! What is counted: per shard by one writer, per listener off the hot path.

use super::peers::Place;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that one thread writes and others may read: no lock, no locked instruction.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Of one shard; written by its worker alone.
#[derive(Debug, Default)]
pub(super) struct ShardCounters {
    pub(super) bytes_read: Count,
    pub(super) bytes_written: Count,
    /// Linear memory of its instance at the last look, bytes.
    pub(super) memory: Count,
    /// 1 while its instance can be called.
    pub(super) up: Count,
    /// Its sockets' subscriptions to topics.
    pub(super) subscriptions: Count,
    /// Messages that its instance has published.
    pub(super) published: Count,
    /// Published messages that its sockets' queues took.
    pub(super) delivered: Count,
    /// Times that one of its sockets had no room for a published message.
    pub(super) slow_subscribers: Count,
    /// Connections that it has or is about to have: written by the accepting worker too.
    pub(super) connections: AtomicU64,
}

/// Of one listener; written from several threads, never per event.
#[derive(Debug, Default)]
pub(super) struct ListenerCounters {
    pub(super) accepted: AtomicU64,
    pub(super) accept_errors: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) handshakes_failed: AtomicU64,
    pub(super) reloads: AtomicU64,
    pub(super) reloads_failed: AtomicU64,
    pub(super) tls_reloads: AtomicU64,
}

/// What shards and generations had counted that are gone.
#[derive(Debug, Default)]
pub(super) struct Past {
    pub(super) bytes_read: AtomicU64,
    pub(super) bytes_written: AtomicU64,
    pub(super) events: AtomicU64,
    pub(super) traps: AtomicU64,
    pub(super) published: AtomicU64,
    pub(super) delivered: AtomicU64,
    pub(super) slow_subscribers: AtomicU64,
}

pub(super) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

pub(super) fn read(counter: &AtomicU64) -> u64 {
    counter.load(Relaxed)
}

/// One connection's place in its shard's count, for as long as it lives.
pub(super) struct Ticket {
    shard: Arc<ShardCounters>,
    drained: Arc<tokio::sync::Notify>,
    /// Its place among its peer's, where those are limited.
    pub(super) place: Option<Box<Place>>,
}

impl Ticket {
    pub(super) fn new(shard: Arc<ShardCounters>, drained: Arc<tokio::sync::Notify>) -> Self {
        bump(&shard.connections);
        Self { shard, drained, place: None }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.shard.connections.fetch_sub(1, Relaxed) == 1 {
            self.drained.notify_waiters();
        }
    }
}
