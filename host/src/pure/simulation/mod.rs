//! A listener without I/O, for tests: the connections' state machines and queues as they are, and around them a shard as
//! `runtime` has it (a seat, holds, votes), with kernels and peers whose every move is drawn by chance. What fails names its
//! seed; `SOCKDOCK_SEED=… cargo test simulation` does the same again.

mod connection;
mod shard;

use self::connection::Wire;
use self::shard::{Guest, Shard};

/// xorshift64*.
pub(super) struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to `below`, which it never is.
    fn below(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A reload as its transaction sees it: who has voted, and what was decided.
enum Reload {
    None,
    /// Shards vote one after the other, in any order; what happens meanwhile on the others goes on.
    Voting {
        generation: u64,
        left: Vec<usize>,
        refuses: Option<usize>,
    },
    /// Told to the shards one after the other.
    Deciding {
        commit: bool,
        left: Vec<usize>,
    },
}

struct World {
    chance: Chance,
    shards: Vec<Shard>,
    reload: Reload,
    generation: u64,
    next_generation: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let count = 1 + chance.below(3);
        let shards = (0..count).map(|_| Shard::new(Guest::new(1))).collect();
        Self { chance, shards, reload: Reload::None, generation: 1, next_generation: 2 }
    }

    fn live(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step();
        }
        // Faults stop; a reload under way comes to its end; peers read what is due, and go.
        while !matches!(self.reload, Reload::None) {
            self.reload();
        }
        for shard in &mut self.shards {
            shard.restart();
            shard.drain(&mut self.chance);
            shard.check(self.generation);
        }
    }

    fn step(&mut self) {
        let at = self.chance.below(self.shards.len());
        let Self { chance, shards, .. } = self;
        let shard = &mut shards[at];
        match chance.below(24) {
            0 => shard.arrive(Wire::new(chance.one_in(2), chance.one_in(3))),
            1..=8 => shard.peer(chance),
            9..=18 => shard.turn(chance),
            19 if chance.one_in(3) => shard.trap_next(),
            20 => shard.restart(),
            21 if chance.one_in(40) => shard.terminate(chance),
            _ => self.reload(),
        }
    }

    fn reload(&mut self) {
        self.reload = match std::mem::replace(&mut self.reload, Reload::None) {
            Reload::None => {
                let generation = self.next_generation;
                self.next_generation += 1;
                let refuses = self.chance.one_in(3).then(|| self.chance.below(self.shards.len()));
                Reload::Voting { generation, left: (0..self.shards.len()).collect(), refuses }
            }
            Reload::Voting { generation, mut left, refuses } if !left.is_empty() => {
                let voter = left.swap_remove(self.chance.below(left.len()));
                if refuses == Some(voter) {
                    // One no is enough; those that haven't voted yet hear of it in the same way.
                    self.shards[voter].refuse(self.chance.one_in(2));
                    Reload::Deciding { commit: false, left: (0..self.shards.len()).collect() }
                } else {
                    self.shards[voter].quiesce(Guest::new(generation));
                    Reload::Voting { generation, left, refuses }
                }
            }
            Reload::Voting { generation, .. } => {
                self.generation = generation;
                Reload::Deciding { commit: true, left: (0..self.shards.len()).collect() }
            }
            Reload::Deciding { commit, mut left } => {
                let told = left.swap_remove(self.chance.below(left.len()));
                if commit {
                    self.shards[told].commit();
                } else {
                    self.shards[told].roll_back();
                }
                if left.is_empty() { Reload::None } else { Reload::Deciding { commit, left } }
            }
        };
    }
}

#[test]
fn whatever_comes_in_whatever_order_everybody_gets_what_is_due() {
    let one = std::env::var("SOCKDOCK_SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in one.map_or(1..=20_000, |seed: u64| seed..=seed) {
        let lived = std::panic::catch_unwind(|| World::new(seed).live(400));
        if let Err(why) = lived {
            let text =
                why.downcast_ref::<String>().cloned().or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            panic!("SOCKDOCK_SEED={seed}: {}", text.unwrap_or_default());
        }
    }
}
