//! The end of shards that get no new connections: when the last has gone, or when their time is over.

use super::generation::SharedGeneration;
use super::listener::{Listener, ShardHandle, lock};
use super::roster::Role;
use super::tally::Sum;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// Sees `shards` to their end; `after` that time what is left is reset, unless it has gone over to another generation meanwhile.
pub(super) async fn retire(listener: Arc<Listener>, shards: Vec<ShardHandle>, after: Option<Duration>) {
    let emptied = listener.emptied(&shards);
    match after {
        None => emptied.await,
        Some(after) => {
            if tokio::time::timeout(after, emptied).await.is_err() {
                expire(&listener, &shards).await;
                listener.emptied(&shards).await;
            }
        }
    }
    // Not under a reload that counts on them.
    let _transaction = listener.transaction.lock().await;
    let numbers: Vec<u64> = shards.iter().map(|shard| shard.number).collect();
    let gone = lock(&listener.roster).retire(&numbers);
    for shard in gone {
        listener.dismiss(shard).await;
    }
    bury(&listener);
}

/// Forgets the generations that nobody is connected to any more.
pub(super) fn bury(listener: &Listener) {
    let buried = lock(&listener.roster).bury();
    for live in buried {
        tracing::info!(listener = %listener.name, generation = live.generation.number, "the generation's last connection has ended");
        listener.remember(&live.generation.sum());
    }
}

/// As [`retire`], of a generation whose connections have instances of their own.
pub(super) async fn retire_generation(listener: Arc<Listener>, generation: SharedGeneration, after: Option<Duration>) {
    let emptied = || async {
        loop {
            let mut notified = std::pin::pin!(listener.drained.notified());
            notified.as_mut().enable();
            if generation.connections.load(Relaxed) == 0 {
                return;
            }
            notified.await;
        }
    };
    match after {
        None => emptied().await,
        Some(after) => {
            if tokio::time::timeout(after, emptied()).await.is_err() {
                let _transaction = listener.transaction.lock().await;
                let connections = generation.connections.load(Relaxed);
                tracing::warn!(listener = %listener.name, connections, "drain-after is over: an old generation's connections are reset");
                for nest in listener.shards() {
                    let _ = nest.terminate(Some(generation.number)).await;
                }
            }
            emptied().await;
        }
    }
    let _transaction = listener.transaction.lock().await;
    bury(&listener);
}

/// Resets what is left with a generation that has drained for long enough.
async fn expire(listener: &Arc<Listener>, shards: &[ShardHandle]) {
    let _transaction = listener.transaction.lock().await;
    let now = Instant::now();
    let late: Vec<ShardHandle> = {
        let roster = lock(&listener.roster);
        let over = |number: u64| {
            roster.generations().iter().any(|live| {
                live.generation.number == number && matches!(live.role, Role::Draining { until: Some(until) } if until <= now)
            })
        };
        let ours = |number: u64| shards.iter().any(|shard| shard.number == number);
        let late = roster.shards().iter().filter(|enrolled| ours(enrolled.shard.number) && over(enrolled.generation));
        late.map(|enrolled| enrolled.shard.clone()).collect()
    };
    for shard in late {
        let left = shard.counters.connections.load(Relaxed);
        tracing::warn!(listener = %listener.name, connections = left, "drain-after is over: an old generation's connections are reset");
        let _ = shard.terminate(None).await;
    }
}

impl Listener {
    /// Returns when none of `shards` has a connection left.
    pub(super) async fn emptied(&self, shards: &[ShardHandle]) {
        loop {
            let mut notified = std::pin::pin!(self.drained.notified());
            notified.as_mut().enable();
            if shards.iter().all(|shard| shard.counters.connections.load(Relaxed) == 0) {
                return;
            }
            notified.await;
        }
    }

    /// Ends a shard that is on no list any more; what it has counted stays counted.
    pub(super) async fn dismiss(&self, shard: ShardHandle) {
        let counters = shard.counters.clone();
        // One whose worker has stopped is gone already.
        let _ = shard.end().await;
        self.past.bytes_read.fetch_add(counters.bytes_read.get(), Relaxed);
        self.past.bytes_written.fetch_add(counters.bytes_written.get(), Relaxed);
        self.past.published.fetch_add(counters.published.get(), Relaxed);
        self.past.delivered.fetch_add(counters.delivered.get(), Relaxed);
        self.past.slow_subscribers.fetch_add(counters.slow_subscribers.get(), Relaxed);
    }

    /// Adds what a generation has done that is none any more.
    pub(super) fn remember(&self, sum: &Sum) {
        self.past.events.fetch_add(sum.events, Relaxed);
        self.past.traps.fetch_add(sum.traps, Relaxed);
    }
}
