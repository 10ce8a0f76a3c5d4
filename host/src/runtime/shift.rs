//! Reloads of a listener with one instance per connection: each connection goes over singly, in slices of a worker's time.

use super::generation::SharedGeneration;
use super::listener::{Listener, ShardHandle, lock};
use super::nest::{Moved, Nest};
use super::prepare::Origin;
use super::reload::Transaction;
use super::report::{ReloadFailure, ReloadReport};
use super::retire::retire_generation;
use super::vote::{Ballot, Outcome, Refusal};
use crate::pure::error::{Error, Result};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// So many connections are tried before anything changes: if none of them can go over, the reload has failed.
const PROBES: usize = 8;

/// How long freed instances are waited for, before the next try.
const PAUSE: Duration = Duration::from_millis(2);

/// Connections that have gone over, and those that stay where they are.
#[derive(Default)]
pub(super) struct Shifted {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) refusals: Vec<Refusal>,
}

impl Shifted {
    fn add(&mut self, moved: Moved) -> Vec<u64> {
        self.outcomes.extend(moved.outcomes);
        self.refusals.extend(moved.refusals);
        moved.rest
    }

    /// One line for all that stay.
    pub(super) fn note(&self) -> Option<String> {
        let first = self.refusals.first()?;
        let (count, why) = (self.refusals.len(), first.error.message());
        Some(format!(
            "connections that stay with their generation, since they can't go over: {count}; the first in `{}`: {why}",
            first.phase
        ))
    }

    /// One outcome for all, with the longest pause.
    pub(super) fn summed(self) -> Vec<Outcome> {
        let mut all = Outcome { version: self.outcomes.iter().find_map(|one| one.version.clone()), ..Outcome::default() };
        all.notes.extend(self.note());
        for one in self.outcomes {
            all.connections += one.connections;
            all.snapshot_bytes += one.snapshot_bytes;
            if one.pause > all.pause {
                (all.pause, all.snapshot, all.restore) = (one.pause, one.snapshot, one.restore);
            }
            all.notes.extend(one.notes.into_iter().filter(|note| !all.notes.contains(note)).collect::<Vec<_>>());
        }
        vec![all]
    }
}

impl Transaction<'_> {
    /// The policy `migrate`.
    pub(super) async fn shift(&self, origin: Origin) -> Result<ReloadReport, ReloadFailure> {
        let listener = self.listener;
        let generation = self.trial(origin).await?;
        let before = listener.generation();
        let mut move_on = Move::new(listener, generation.clone(), self.ballot());
        let probed = move_on.probe().await;
        if let Some(refusal) = probed {
            return Err(self.refused(refusal));
        }
        if !self.options.dry_run {
            lock(&listener.roster).succeed(generation.clone(), None);
        }
        let shifted = move_on.run().await;
        if !self.options.dry_run {
            tokio::spawn(retire_generation(listener.clone(), before.clone(), None));
        }
        Ok(self.report(&before, &generation, shifted.summed()))
    }

    /// A generation that can be started.
    pub(super) async fn trial(&self, origin: Origin) -> Result<SharedGeneration, ReloadFailure> {
        let candidates = self.prepare(origin, 1).await?;
        let generation = self.generation_of(&candidates)?;
        self.throw_away(candidates);
        Ok(generation)
    }

    fn ballot(&self) -> Ballot {
        Ballot { sole: true, dry_run: self.options.dry_run, discard_state: self.options.discard_state }
    }
}

/// Connections on their way to `generation`.
pub(super) struct Move<'a> {
    listener: &'a Arc<Listener>,
    generation: SharedGeneration,
    ballot: Ballot,
    /// Of this generation alone.
    pub(super) only: Option<u64>,
    done: Shifted,
}

impl<'a> Move<'a> {
    pub(super) fn new(listener: &'a Arc<Listener>, generation: SharedGeneration, ballot: Ballot) -> Self {
        Self { listener, generation, ballot, only: None, done: Shifted::default() }
    }

    /// Tries a few; the refusal if none of them can go over.
    async fn probe(&mut self) -> Option<Refusal> {
        for nest in self.listener.shards() {
            for _ in 0..PROBES {
                // Asked again each time: those that are with the new generation already don't count.
                let keys = self.keys(&nest).await;
                let Some(key) = keys.get(self.done.refusals.len()).copied() else { break };
                self.slice(&nest, vec![key], 1).await;
                if !self.done.outcomes.is_empty() {
                    return None;
                }
                if self.done.refusals.len() >= PROBES {
                    return self.done.refusals.pop();
                }
            }
        }
        self.done.refusals.pop()
    }

    /// Moves all that are left.
    pub(super) async fn run(mut self) -> Shifted {
        // Those that were tried in vain are tried again: they are few.
        self.done.refusals.clear();
        if self.ballot.dry_run {
            self.done.outcomes.clear();
        }
        for nest in self.listener.shards() {
            let keys = self.keys(&nest).await;
            self.slice(&nest, keys, usize::MAX).await;
        }
        self.done
    }

    async fn keys(&self, nest: &ShardHandle) -> Vec<u64> {
        let (but, only) = (self.generation.number, self.only);
        nest.nest(move |nest| nest.keys(but, only)).await.unwrap_or_default()
    }

    /// Slice after slice; other tasks of the worker run in between.
    async fn slice(&mut self, nest: &ShardHandle, mut keys: Vec<u64>, most: usize) {
        let mut starved: Option<Instant> = None;
        while !keys.is_empty() {
            let (generation, ballot) = (self.generation.clone(), self.ballot);
            let shift = move |nest: &Rc<Nest>| nest.shift(&generation, keys, ballot, most);
            let Ok(moved) = nest.nest(shift).await else { return };
            if !moved.starved {
                starved = None;
            } else if starved.get_or_insert_with(Instant::now).elapsed() > self.listener.limits().reload_deadline {
                let error = || {
                    Error::host("there is no room for another instance")
                        .hint("raise max-instances: a reload needs one more than there are connections")
                };
                self.done.refusals.extend(moved.rest.iter().map(|_| Refusal::new("prepare", error())));
                return;
            } else {
                tokio::time::sleep(PAUSE).await;
            }
            keys = self.done.add(moved);
        }
    }
}
