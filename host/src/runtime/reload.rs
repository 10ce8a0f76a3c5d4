//! Reload as a transaction: prepare, quiesce, then commit or roll back, on all of a listener's workers.

use super::counters::bump;
use super::listener::Listener;
use super::plugin::Plugin;
use super::prepare::{Candidate, prepare};
use super::report::{ReloadFailure, ReloadReport};
use super::shard::Shard;
use super::vote::{self, Ballot, Outcome, Refusal, Vote};
use crate::guest::Engine;
use crate::pure::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How a reload goes about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadOptions {
    /// Prepare, snapshot and restore, report, change nothing.
    pub dry_run: bool,
    /// Go on though the new component can't take the old one's snapshot over; the state is lost.
    pub discard_state: bool,
}

impl ReloadOptions {
    /// Sets `dry_run`.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Sets `discard_state`.
    #[must_use]
    pub fn discard_state(mut self, discard_state: bool) -> Self {
        self.discard_state = discard_state;
        self
    }
}

/// How much longer than the deadline votes are awaited: a worker that missed it says which call took too long.
const GRACE: Duration = Duration::from_millis(250);

/// Runs one reload to its end; its caller may go away meanwhile, it may not.
pub(super) async fn reload(
    engine: Engine,
    listener: Arc<Listener>,
    plugin: Plugin,
    options: ReloadOptions,
) -> Result<ReloadReport, ReloadFailure> {
    let _one_at_a_time = listener.transaction.lock().await;
    let result = Transaction { listener: &listener, options }.run(engine, plugin).await;
    result.inspect(|report| note_success(&listener, report)).inspect_err(|failure| note_failure(&listener, failure))
}

/// A reload that had no plugin to begin with: counted, logged and reported as one that failed in `prepare`.
pub(super) fn refuse(listener: &Arc<Listener>, error: Error) -> ReloadFailure {
    let failure = Transaction { listener, options: ReloadOptions::default() }.failure("prepare", error);
    note_failure(listener, &failure);
    failure
}

fn note_success(listener: &Listener, report: &ReloadReport) {
    if report.dry_run {
        tracing::info!(listener = %listener.name, "dry run of a reload: it would work");
        return;
    }
    bump(&listener.counters.reloads);
    let ReloadReport { generation, to_digest, connections, pause_us, .. } = report;
    tracing::info!(listener = %listener.name, generation, digest = %to_digest, connections, ?pause_us, "reloaded");
}

fn note_failure(listener: &Listener, failure: &ReloadFailure) {
    bump(&listener.counters.reloads_failed);
    let ReloadFailure { generation, phase, reason, .. } = failure;
    tracing::error!(listener = %listener.name, generation, %phase, "reload failed, the old generation goes on: {reason}");
}

/// What a shard will answer.
type Answer<T> = tokio::task::JoinHandle<crate::pure::error::Result<T>>;

struct Transaction<'a> {
    listener: &'a Arc<Listener>,
    options: ReloadOptions,
}

impl Transaction<'_> {
    async fn run(&self, engine: Engine, plugin: Plugin) -> Result<ReloadReport, ReloadFailure> {
        if self.listener.is_stopping() {
            return Err(self.failure("prepare", Error::configuration(format!("listener '{}' is stopping", self.listener.name))));
        }
        let candidates = self.prepare(engine, plugin).await?;
        let Some(generation) = candidates.first().map(|candidate| candidate.generation.clone()) else {
            return Err(self.failure("prepare", Error::host("the listener has no instances")));
        };
        let before = self.listener.generation();
        let outcomes = self.swap(candidates).await?;
        if !self.options.dry_run {
            self.listener.set_generation(generation.clone());
        }
        let stats = generation.component.stats();
        Ok(ReloadReport {
            listener: self.listener.name.to_string(),
            generation: if self.options.dry_run { before.number } else { generation.number },
            from_digest: before.component.digest().to_string(),
            to_digest: generation.component.digest().to_string(),
            from_version: outcomes.iter().find_map(|outcome| outcome.version.clone()),
            connections: outcomes.iter().map(|outcome| outcome.connections).sum(),
            pause_us: outcomes.iter().map(|outcome| micros(outcome.pause)).collect(),
            snapshot_us: outcomes.iter().map(|outcome| micros(outcome.snapshot)).collect(),
            restore_us: outcomes.iter().map(|outcome| micros(outcome.restore)).collect(),
            snapshot_bytes: outcomes.iter().map(|outcome| outcome.snapshot_bytes).sum(),
            compile_us: micros(stats.compile),
            cached: stats.cached,
            dry_run: self.options.dry_run,
            notes: outcomes.into_iter().flat_map(|outcome| outcome.notes).collect(),
        })
    }

    /// Phase 1. Nothing that serves is touched.
    async fn prepare(&self, engine: Engine, plugin: Plugin) -> Result<Vec<Candidate>, ReloadFailure> {
        let (name, limits) = (self.listener.name.clone(), self.listener.limits.clone());
        let (number, count) = (self.listener.generation().number + 1, self.listener.shards().len());
        let work = move || prepare(&engine, &plugin, number, &name, &limits, count);
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(candidates)) => Ok(candidates),
            Ok(Err(error)) => Err(self.failure("prepare", error)),
            Err(error) => Err(self.failure("prepare", Error::host(format!("a bug in sockdock: preparing panicked: {error}")))),
        }
    }

    /// Phases 2 and 3: all workers vote, then all commit or all roll back.
    async fn swap(&self, candidates: Vec<Candidate>) -> Result<Vec<Outcome>, ReloadFailure> {
        let shards = self.listener.shards();
        // A sole voter's yes is the decision: it commits at once, without waiting to be told.
        let ballot = Ballot { sole: shards.len() == 1, dry_run: self.options.dry_run, discard_state: self.options.discard_state };
        let votes: Vec<_> = shards
            .iter()
            .zip(candidates)
            .map(|(shard, candidate)| tokio::spawn(shard.clone().ask(move |shard| vote::quiesce(shard, candidate, ballot))))
            .collect();
        if ballot.sole {
            // It keeps the deadline itself, and has rolled back if it says no; unless it couldn't say anything.
            return match count(votes).await {
                Ok(outcomes) => Ok(outcomes),
                Err(refusal) => self.roll_back(Some(refusal)).await,
            };
        }
        let refusal = match tokio::time::timeout(self.listener.limits.reload_deadline + GRACE, count(votes)).await {
            Ok(Ok(_)) if self.options.dry_run => None,
            Ok(Ok(_)) => return self.commit().await,
            Ok(Err(refusal)) => Some(refusal),
            Err(_) => Some(Refusal::late(self.listener.limits.reload_deadline)),
        };
        self.roll_back(refusal).await
    }

    async fn commit(&self) -> Result<Vec<Outcome>, ReloadFailure> {
        let mut outcomes = Vec::new();
        for asked in self.on_all(vote::commit) {
            // Decided is decided: a worker that is gone has no connections left, the others serve the new generation.
            match asked.await {
                Ok(Ok(Some(outcome))) => outcomes.push(outcome),
                _ => tracing::error!(listener = %self.listener.name, "a worker didn't take part in the commit: it has stopped"),
            }
        }
        Ok(outcomes)
    }

    /// After a no, or after a dry run's yes.
    async fn roll_back(&self, refusal: Option<Refusal>) -> Result<Vec<Outcome>, ReloadFailure> {
        let mut outcomes = Vec::new();
        for asked in self.on_all(vote::roll_back) {
            if let Ok(Ok(Some(outcome))) = asked.await {
                outcomes.push(outcome);
            }
        }
        match refusal {
            None => Ok(outcomes),
            Some(refusal) => Err(self.refused(refusal)),
        }
    }

    fn refused(&self, refusal: Refusal) -> ReloadFailure {
        ReloadFailure { lost: refusal.lost, ..self.failure(refusal.phase, refusal.error) }
    }

    /// Has every shard do `job`, all at once.
    fn on_all<T: Send + 'static>(&self, job: fn(&Rc<Shard>) -> T) -> Vec<Answer<T>> {
        self.listener.shards().iter().map(|shard| tokio::spawn(shard.clone().ask(job))).collect()
    }

    fn failure(&self, phase: &str, error: Error) -> ReloadFailure {
        ReloadFailure {
            listener: self.listener.name.to_string(),
            phase: phase.to_owned(),
            reason: error.message().to_owned(),
            hint: error.advice().map(str::to_owned),
            generation: self.listener.generation().number,
            lost: Vec::new(),
        }
    }
}

/// All the yeses, or the first no.
async fn count(votes: Vec<Answer<Vote>>) -> Result<Vec<Outcome>, Refusal> {
    let mut outcomes = Vec::new();
    for vote in votes {
        match vote.await {
            Ok(Ok(Vote::Yes(outcome))) => outcomes.push(outcome),
            Ok(Ok(Vote::No(refusal))) => return Err(*refusal),
            Ok(Err(error)) => return Err(Refusal::new("quiesce", error)),
            Err(error) => return Err(Refusal::new("quiesce", Error::host(format!("a bug in sockdock: {error}")))),
        }
    }
    Ok(outcomes)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
