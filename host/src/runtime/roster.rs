//! A listener's live generations, and the shards that serve each.

use super::counters::Ticket;
use super::generation::SharedGeneration;
use super::listener::ShardHandle;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// What a generation is live for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It gets the new connections.
    Serving,
    /// It keeps those that it has, until they end; at that time at the latest.
    Draining { until: Option<Instant> },
}

/// A live generation.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) generation: SharedGeneration,
    pub(super) role: Role,
    pub(super) since: Instant,
}

/// A shard, and whom it works for.
#[derive(Clone)]
pub(super) struct Enrolled {
    pub(super) shard: ShardHandle,
    /// Its generation's number.
    pub(super) generation: u64,
    /// It gets no new connections any more, and ends with the last that it has.
    pub(super) retiring: bool,
}

/// Who serves a listener. There is one generation that is [`Role::Serving`] from the start on.
pub(super) struct Roster {
    shards: Vec<Enrolled>,
    /// The oldest first.
    generations: Vec<Live>,
    /// What a rollback goes back to.
    previous: Option<SharedGeneration>,
    serving: SharedGeneration,
    /// The highest number given so far.
    last: u64,
}

impl Roster {
    pub(super) fn new(generation: SharedGeneration) -> Self {
        let live = Live { generation: generation.clone(), role: Role::Serving, since: Instant::now() };
        Self { shards: Vec::new(), previous: None, last: generation.number, generations: vec![live], serving: generation }
    }

    /// The first generation's shards.
    pub(super) fn open(&mut self, shards: Vec<ShardHandle>) {
        let generation = self.serving.number;
        self.shards = shards.into_iter().map(|shard| Enrolled { shard, generation, retiring: false }).collect();
    }

    pub(super) fn serving(&self) -> &SharedGeneration {
        &self.serving
    }

    pub(super) fn previous(&self) -> Option<&SharedGeneration> {
        self.previous.as_ref()
    }

    pub(super) fn generations(&self) -> &[Live] {
        &self.generations
    }

    pub(super) fn shards(&self) -> &[Enrolled] {
        &self.shards
    }

    /// Those that new connections go to.
    pub(super) fn open_shards(&self) -> Vec<ShardHandle> {
        self.open_to(self.serving.number).map(|enrolled| enrolled.shard.clone()).collect()
    }

    fn open_to(&self, generation: u64) -> impl Iterator<Item = &Enrolled> {
        self.shards.iter().filter(move |enrolled| enrolled.generation == generation && !enrolled.retiring)
    }

    /// A generation that comes next has this number.
    pub(super) fn next_number(&self) -> u64 {
        self.last + 1
    }

    /// The shard with the fewest connections, and a place there; taken here, so that a shard whose last connection has gone can't
    /// get another one behind the back of whoever ends it.
    pub(super) fn place(&self, drained: &Arc<Notify>) -> Option<(ShardHandle, Ticket)> {
        let open = self.open_to(self.serving.number);
        let enrolled = open.min_by_key(|enrolled| enrolled.shard.counters.connections.load(Relaxed))?;
        Some((enrolled.shard.clone(), Ticket::new(enrolled.shard.counters.clone(), drained.clone())))
    }

    /// All shards have gone over to `generation`. What the others had done is the answer.
    pub(super) fn migrated(&mut self, generation: SharedGeneration) -> Vec<Live> {
        self.shards.iter_mut().for_each(|enrolled| enrolled.generation = generation.number);
        self.serve(generation);
        let serving = self.serving.number;
        let (rest, gone) = std::mem::take(&mut self.generations).into_iter().partition(|live| live.generation.number == serving);
        self.generations = rest;
        gone
    }

    /// `generation` has shards of its own; those that served keep what they have, for so long.
    pub(super) fn branch(&mut self, generation: SharedGeneration, shards: Vec<ShardHandle>, drain_after: Option<Duration>) {
        let (old, until) = (self.serving.number, drain_after.map(|after| Instant::now() + after));
        self.shards.iter_mut().filter(|enrolled| enrolled.generation == old).for_each(|enrolled| enrolled.retiring = true);
        self.generations
            .iter_mut()
            .filter(|live| live.generation.number == old)
            .for_each(|live| live.role = Role::Draining { until });
        let number = generation.number;
        self.shards.extend(shards.into_iter().map(|shard| Enrolled { shard, generation: number, retiring: false }));
        self.serve(generation);
    }

    fn serve(&mut self, generation: SharedGeneration) {
        self.last = self.last.max(generation.number);
        let live = Live { generation: generation.clone(), role: Role::Serving, since: Instant::now() };
        self.generations.push(live);
        self.previous = Some(std::mem::replace(&mut self.serving, generation));
    }

    /// Takes out the retiring ones of these shards that nobody is connected to any more.
    pub(super) fn retire(&mut self, numbers: &[u64]) -> Vec<ShardHandle> {
        let over = |enrolled: &Enrolled| {
            let shard = &enrolled.shard;
            enrolled.retiring && numbers.contains(&shard.number) && shard.counters.connections.load(Relaxed) == 0
        };
        let (gone, rest) = std::mem::take(&mut self.shards).into_iter().partition(over);
        self.shards = rest;
        gone.into_iter().map(|enrolled: Enrolled| enrolled.shard).collect()
    }

    /// Takes out the generations that no shard works for any more.
    pub(super) fn bury(&mut self) -> Vec<Live> {
        let (shards, serving) = (&self.shards, self.serving.number);
        let lives = |live: &Live| {
            let number = live.generation.number;
            number == serving || shards.iter().any(|enrolled| enrolled.generation == number)
        };
        let (rest, gone) = std::mem::take(&mut self.generations).into_iter().partition(lives);
        self.generations = rest;
        gone
    }
}
