//! What `status` says of a listener's generations.

use super::counters::read;
use super::listen::Instances;
use super::listener::{Listener, lock};
use super::report::GenerationStatus;
use super::roster::{Live, Role};
use std::time::Instant;

impl Listener {
    /// The live generations; and the events and traps of all of them.
    pub(super) fn generations(&self) -> (Vec<GenerationStatus>, u64, u64) {
        let (lives, shards) = {
            let roster = lock(&self.roster);
            (roster.generations().to_vec(), roster.shards().to_vec())
        };
        let (mut events, mut traps) = (0, 0);
        let mut status = |live: &Live| {
            let Live { generation, role, since } = live;
            let sum = generation.sum();
            events += sum.events;
            traps += sum.traps;
            let own: Vec<_> = shards.iter().filter(|enrolled| enrolled.generation == generation.number).collect();
            let (instances_up, connections) = if self.instances == Instances::PerConnection {
                (read(&generation.instances), read(&generation.connections))
            } else {
                let up = own.iter().map(|enrolled| enrolled.shard.counters.up.get()).sum();
                (up, own.iter().map(|enrolled| read(&enrolled.shard.counters.connections)).sum())
            };
            GenerationStatus {
                number: generation.number,
                digest: generation.component.digest().to_string(),
                plugin: generation.plugin.path().map(|path| path.display().to_string()),
                age_seconds: since.elapsed().as_secs(),
                instances_up,
                connections,
                events: sum.events,
                traps: sum.traps,
                close_errors: sum.close_errors,
                handler_mean_ns: sum.mean_ns(),
                handler_p99_us: sum.p99().map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
                state: words(role),
            }
        };
        let statuses = lives.iter().map(&mut status).collect();
        (statuses, events, traps)
    }
}

fn words(role: &Role) -> String {
    let left = |until: Instant| until.saturating_duration_since(Instant::now()).as_secs();
    match role {
        Role::Serving => "serving".to_owned(),
        Role::Trying(trial) => format!("canary {}%, {} s left", trial.percent, left(trial.until)),
        Role::Draining { until: None } => "draining".to_owned(),
        Role::Draining { until: Some(until) } => format!("draining, {} s left", left(*until)),
    }
}
