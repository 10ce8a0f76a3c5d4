//! Other limits for a listener that runs. What bounds an instance comes with the next one (`apply.rs` has one made); all else holds at once.

use super::listen::Instances;
use super::listener::Listener;
use super::meter::Meter;
use super::recycle::Recycler;
use super::shard::Shard;
use super::start::make_room;
use crate::guest::Settings;
use crate::pure::error::{Error, Result};
use crate::pure::limits::Limits;
use std::rc::Rc;
use std::sync::Arc;

impl Listener {
    /// # Errors
    /// Limits that can't work, and what can't change while it runs.
    pub(super) fn may_have(&self, limits: &Limits) -> Result<()> {
        limits.check()?;
        let (had, has) = (self.limits().total_memory.is_some(), limits.total_memory.is_some());
        if had != has {
            let what = if has { "introduced" } else { "given up" };
            return Err(Error::configuration(format!(
                "listener '{}': total-memory can't be {what} while it runs: what is in use {} counted",
                self.name,
                if has { "isn't" } else { "is" }
            ))
            .hint("restart; or, from the start, give it a value that is never reached: that can be changed"));
        }
        Ok(())
    }

    /// Whether an instance under these limits would be bounded otherwise than those that serve.
    pub(super) fn bounds_instances_anew(&self, limits: &Limits) -> bool {
        let generation = self.generation();
        !generation.settings.bound_like(&Settings::new(generation.plugin.name(), limits))
    }

    /// Goes by these limits from now on, its connections included.
    pub(super) async fn relimit(self: &Arc<Self>, limits: &Arc<Limits>) {
        let bytes = limits.read_buffer;
        for shard in self.shards() {
            // Before anybody reads that much. A worker that is gone has no connections either.
            let _ = shard.worker.ask(move |local| make_room(local, bytes)).await;
        }
        self.set_limits(limits);
        for shard in self.shards() {
            let limits = limits.clone();
            let _ = match self.instances {
                Instances::PerConnection => {
                    shard.nest(move |nest| nest.all().iter().for_each(|shard| shard.relimit(&limits))).await
                }
                _ => shard.ask(move |shard| shard.relimit(&limits)).await,
            };
        }
        tracing::info!(listener = %self.name, "limits changed");
    }
}

impl Shard {
    fn relimit(self: &Rc<Self>, limits: &Arc<Limits>) {
        let mut state = self.state.borrow_mut();
        let same_share = state.sockets.as_ref().is_some_and(|sockets| sockets.limits.cpu_share == limits.cpu_share);
        if !same_share {
            state.meter = Meter::new(limits);
        }
        Recycler::relimit(&mut state.recycler, limits);
        if let Some(sockets) = &mut state.sockets {
            sockets.limits = limits.clone();
            sockets.membership.set_backlog(limits.topic_backlog);
            for (_, entry) in &mut sockets.entries {
                entry.clock.relimit(limits);
                // It has set its alarm by the old ones, and may be waiting for room.
                entry.waker.wake_by_ref();
            }
        }
        state.wake_waiting();
    }
}
