//! A listener's live generations, and the shards that serve each.

use super::counters::Ticket;
use super::generation::SharedGeneration;
use super::listener::ShardHandle;
use super::options::Spread;
use std::net::IpAddr;
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
    /// It gets a share of the new connections, until it is known whether it does well.
    Trying(Trial),
}

/// How a generation is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    pub(super) percent: u8,
    pub(super) by: Spread,
    pub(super) until: Instant,
    /// How long the connections of the one that loses may stay with it, if they can't go over.
    pub(super) drain_after: Option<Duration>,
}

/// What tells whether a connection is in a trial's share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    pub(super) peer: Option<IpAddr>,
    /// Connections so far.
    pub(super) count: u64,
}

impl Trial {
    fn takes(&self, draw: Draw, generation: u64) -> bool {
        let key = match (self.by, draw.peer) {
            (Spread::Peer, Some(IpAddr::V4(ip))) => u64::from(u32::from(ip)),
            (Spread::Peer, Some(IpAddr::V6(ip))) => (u128::from(ip) >> 64) as u64 ^ u128::from(ip) as u64,
            // A unix socket's peers are all alike.
            (Spread::Connection, _) | (Spread::Peer, None) => draw.count,
        };
        // Other peers the next time.
        mixed(key ^ generation << 40) % 100 < u64::from(self.percent)
    }
}

/// Spreads keys that are close to one another evenly (splitmix64).
fn mixed(key: u64) -> u64 {
    let mut key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    key = (key ^ key >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    key = (key ^ key >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ key >> 31
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

    /// All that work for a generation.
    pub(super) fn shards_of(&self, generation: u64) -> Vec<ShardHandle> {
        self.shards.iter().filter(|enrolled| enrolled.generation == generation).map(|enrolled| enrolled.shard.clone()).collect()
    }

    fn open_to(&self, generation: u64) -> impl Iterator<Item = &Enrolled> {
        self.shards.iter().filter(move |enrolled| enrolled.generation == generation && !enrolled.retiring)
    }

    /// A generation that comes next has this number.
    pub(super) fn next_number(&self) -> u64 {
        self.last + 1
    }

    /// The generation that is tried, if one is.
    pub(super) fn trial(&self) -> Option<&Live> {
        self.generations.iter().find(|live| matches!(live.role, Role::Trying(_)))
    }

    /// How long the loser of the trial may keep its connections.
    pub(super) fn trial_drain(&self) -> Option<Duration> {
        match self.trial()?.role {
            Role::Trying(trial) => trial.drain_after,
            _ => None,
        }
    }

    /// The generation for a new connection.
    pub(super) fn pick(&self, draw: Draw) -> SharedGeneration {
        let taken = |live: &&Live| matches!(live.role, Role::Trying(trial) if trial.takes(draw, live.generation.number));
        self.trial().filter(taken).map_or_else(|| self.serving.clone(), |live| live.generation.clone())
    }

    /// `generation` gets its share of the new connections; with shards of its own, but where each connection has an instance.
    pub(super) fn try_out(&mut self, generation: SharedGeneration, shards: Vec<ShardHandle>, trial: Trial) {
        let number = generation.number;
        self.last = self.last.max(number);
        self.shards.extend(shards.into_iter().map(|shard| Enrolled { shard, generation: number, retiring: false }));
        self.generations.push(Live { generation, role: Role::Trying(trial), since: Instant::now() });
    }

    /// The trial is over: who gets the new connections from now on, who doesn't any more, and the latter's shards. None: there is no trial.
    pub(super) fn decide(
        &mut self,
        promote: bool,
        drain_after: Option<Duration>,
    ) -> Option<(SharedGeneration, SharedGeneration, Vec<ShardHandle>)> {
        let tried = self.trial()?.generation.clone();
        let (winner, loser) = if promote { (tried, self.serving.clone()) } else { (self.serving.clone(), tried) };
        let shards = if self.shards.iter().any(|enrolled| enrolled.generation == winner.number) {
            // Those too that it has taken over from others.
            self.shards_of(loser.number)
        } else {
            // Nests are everybody's.
            self.shards.iter_mut().for_each(|enrolled| enrolled.generation = winner.number);
            Vec::new()
        };
        let lost = |enrolled: &&mut Enrolled| enrolled.generation == loser.number && !shards.is_empty();
        self.shards.iter_mut().filter(lost).for_each(|enrolled| enrolled.retiring = true);
        let until = drain_after.map(|after| Instant::now() + after);
        for live in &mut self.generations {
            if live.generation.number == loser.number {
                live.role = Role::Draining { until };
            } else if live.generation.number == winner.number {
                live.role = Role::Serving;
            }
        }
        if promote {
            self.previous = Some(std::mem::replace(&mut self.serving, winner.clone()));
        }
        Some((winner, loser, shards))
    }

    /// These shards work for another generation now; they get no new connections all the same.
    pub(super) fn joined(&mut self, shards: &[ShardHandle], generation: u64) {
        let meant = |enrolled: &&mut Enrolled| shards.iter().any(|shard| shard.number == enrolled.shard.number);
        self.shards.iter_mut().filter(meant).for_each(|enrolled| enrolled.generation = generation);
    }

    /// The shard with the fewest connections, and a place there; taken here, so that a shard whose last connection has gone can't
    /// get another one behind the back of whoever ends it.
    pub(super) fn place(&self, draw: Draw, drained: &Arc<Notify>) -> Option<(ShardHandle, Ticket)> {
        let fewest =
            |generation| self.open_to(generation).min_by_key(|enrolled| enrolled.shard.counters.connections.load(Relaxed));
        // Nests are all the serving one's.
        let enrolled = fewest(self.pick(draw).number).or_else(|| fewest(self.serving.number))?;
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

    /// `generation` gets the new connections of shards that have an instance for each; the others keep theirs for so long.
    pub(super) fn succeed(&mut self, generation: SharedGeneration, drain_after: Option<Duration>) {
        let (old, until) = (self.serving.number, drain_after.map(|after| Instant::now() + after));
        for live in self.generations.iter_mut().filter(|live| live.generation.number == old) {
            live.role = Role::Draining { until };
        }
        self.shards.iter_mut().for_each(|enrolled| enrolled.generation = generation.number);
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
            number == serving
                || matches!(live.role, Role::Trying(_))
                || live.generation.connections.load(Relaxed) > 0
                || shards.iter().any(|enrolled| enrolled.generation == number)
        };
        let (rest, gone) = std::mem::take(&mut self.generations).into_iter().partition(lives);
        self.generations = rest;
        gone
    }
}
