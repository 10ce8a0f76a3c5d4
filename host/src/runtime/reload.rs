//! Reload as a transaction: prepare, then a swap under the live connections, or a generation beside them.

use super::blocking::blocking;
use super::branch;
use super::canary;
use super::counters::bump;
use super::generation::SharedGeneration;
use super::listen::Instances;
use super::listener::{Listener, ShardHandle, lock};
use super::options::{Policy, ReloadOptions};
use super::prepare::{Candidate, Origin, prepare};
use super::report::{ReloadFailure, ReloadReport};
use super::swap::Swap;
use super::vote::{Outcome, Refusal};
use crate::pure::error::Error;
use crate::pure::limits::Limits;
use std::sync::Arc;
use std::time::Duration;

/// Runs one reload to its end; its caller may go away meanwhile, it may not.
pub(super) async fn reload(
    listener: Arc<Listener>,
    origin: Origin,
    options: ReloadOptions,
) -> Result<ReloadReport, ReloadFailure> {
    let _one_at_a_time = listener.transaction.lock().await;
    let result = Transaction::new(&listener, options).run(origin).await;
    result.inspect(|report| note_success(&listener, report)).inspect_err(|failure| note_failure(&listener, failure))
}

/// Calls a canary off; or goes back to the previous generation's component and settings, with all connections.
pub(super) async fn roll_back(listener: Arc<Listener>, discard_state: bool) -> Result<ReloadReport, ReloadFailure> {
    let _one_at_a_time = listener.transaction.lock().await;
    let options = ReloadOptions::default().discard_state(discard_state);
    let transaction = Transaction::new(&listener, options);
    if let Some(report) = canary::call_off(&transaction).await {
        return Ok(report);
    }
    let result = transaction.back().await;
    result.inspect(|report| note_success(&listener, report)).inspect_err(|failure| note_failure(&listener, failure))
}

/// A reload that had no plugin to begin with: counted, logged and reported as one that failed in `prepare`.
pub(super) fn refuse(listener: &Arc<Listener>, error: Error) -> ReloadFailure {
    let failure = Transaction::new(listener, ReloadOptions::default()).failure("prepare", error);
    note_failure(listener, &failure);
    failure
}

pub(super) fn note_success(listener: &Listener, report: &ReloadReport) {
    if report.policy == Policy::Canary.to_string() && !report.dry_run {
        // It isn't decided yet.
        return;
    }
    if report.dry_run {
        tracing::info!(listener = %listener.name, "dry run of a reload: it would work");
        return;
    }
    bump(&listener.counters.reloads);
    listener.containment.close_breaker(&listener.name);
    let ReloadReport { generation, to_digest, policy, connections, pause_us, .. } = report;
    tracing::info!(listener = %listener.name, generation, digest = %to_digest, policy, connections, ?pause_us, "reloaded");
}

pub(super) fn note_failure(listener: &Listener, failure: &ReloadFailure) {
    bump(&listener.counters.reloads_failed);
    let ReloadFailure { generation, phase, reason, .. } = failure;
    tracing::error!(listener = %listener.name, generation, %phase, "reload failed, the old generation goes on: {reason}");
}

/// A migration that is prepared.
pub(super) struct Moving {
    pub(super) shards: Vec<ShardHandle>,
    from: SharedGeneration,
    to: SharedGeneration,
}

pub(super) struct Transaction<'a> {
    pub(super) listener: &'a Arc<Listener>,
    pub(super) options: ReloadOptions,
    /// What bounds the new generation.
    pub(super) limits: Arc<Limits>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(listener: &'a Arc<Listener>, options: ReloadOptions) -> Self {
        let limits = Arc::clone(&listener.limits());
        Self { listener, options, limits }
    }

    /// Under these limits, which the listener is going to have.
    pub(super) fn limits(mut self, limits: Arc<Limits>) -> Self {
        self.limits = limits;
        self
    }

    /// The same, changing nothing.
    pub(super) fn dry(&self) -> Self {
        Self { listener: self.listener, options: self.options.clone().dry_run(true), limits: self.limits.clone() }
    }
}

impl Transaction<'_> {
    pub(super) async fn run(&self, origin: Origin) -> Result<ReloadReport, ReloadFailure> {
        self.check()?;
        match self.options.policy {
            Policy::Migrate if self.listener.instances == Instances::PerConnection => self.shift(origin).await,
            Policy::Migrate => self.migrate(origin).await,
            Policy::NewConnections => branch::branch(self, origin).await,
            Policy::Canary => canary::begin(self, origin).await,
        }
    }

    /// Whether there may be a reload at all.
    pub(super) fn check(&self) -> Result<(), ReloadFailure> {
        self.options.check().map_err(|error| self.failure("prepare", error))?;
        if self.listener.is_stopping() {
            return Err(self.failure("prepare", self.stopping()));
        }
        if lock(&self.listener.roster).trial().is_some() {
            let error = Error::configuration("a canary is under way")
                .hint("wait for its end, or end it: sockdock promote, sockdock rollback");
            return Err(self.failure("prepare", error));
        }
        Ok(())
    }

    /// To the previous generation.
    async fn back(&self) -> Result<ReloadReport, ReloadFailure> {
        let previous = lock(&self.listener.roster).previous().cloned();
        let Some(previous) = previous else {
            let error = Error::configuration("there is no previous generation to go back to");
            return Err(self.failure("prepare", error.hint("nothing has been reloaded since the start")));
        };
        let number = previous.number;
        let mut report = self.run(Origin::Earlier(previous)).await?;
        report.notes.insert(0, format!("the component and settings are those of generation {number}"));
        Ok(report)
    }

    /// Every connection goes over, those of older generations too.
    async fn migrate(&self, origin: Origin) -> Result<ReloadReport, ReloadFailure> {
        let (moving, candidates) = self.prepare_to_move(origin).await?;
        let outcomes = self.swap(&moving.shards).run(candidates).await.map_err(|refusal| self.refused(refusal))?;
        Ok(self.moved(&moving, outcomes))
    }

    /// Phase 1 of a migration.
    pub(super) async fn prepare_to_move(&self, origin: Origin) -> Result<(Moving, Vec<Candidate>), ReloadFailure> {
        let shards = self.listener.shards();
        let candidates = self.prepare(origin, shards.len()).await?;
        let to = self.generation_of(&candidates)?;
        Ok((Moving { shards, from: self.listener.generation(), to }, candidates))
    }

    /// Phases 2 and 3.
    pub(super) fn swap<'s>(&'s self, shards: &'s [ShardHandle]) -> Swap<'s> {
        let ReloadOptions { dry_run, discard_state, .. } = self.options;
        Swap { listener: self.listener, shards, dry_run, discard_state }
    }

    /// After the commit.
    pub(super) fn moved(&self, moving: &Moving, outcomes: Vec<Outcome>) -> ReloadReport {
        if !self.options.dry_run {
            let gone = lock(&self.listener.roster).migrated(moving.to.clone());
            gone.iter().for_each(|live| self.listener.remember(&live.generation.sum()));
        }
        self.report(&moving.from, &moving.to, outcomes)
    }

    /// Phase 1. Nothing that serves is touched.
    pub(super) async fn prepare(&self, origin: Origin, count: usize) -> Result<Vec<Candidate>, ReloadFailure> {
        let (name, limits) = (self.listener.name.clone(), self.limits.clone());
        let number = lock(&self.listener.roster).next_number();
        let account = self.listener.containment.account();
        let work = move || prepare(&origin, number, &name, &limits, count, account);
        blocking(work).await.map_err(|error| self.failure("prepare", error))
    }

    pub(super) fn generation_of(&self, candidates: &[Candidate]) -> Result<SharedGeneration, ReloadFailure> {
        let first = candidates.first().map(|candidate| candidate.generation.clone());
        first.ok_or_else(|| self.failure("prepare", Error::host("the listener has no instances")))
    }

    pub(super) fn report(
        &self,
        before: &SharedGeneration,
        generation: &SharedGeneration,
        outcomes: Vec<Outcome>,
    ) -> ReloadReport {
        let stats = generation.component.stats();
        ReloadReport {
            listener: self.listener.name.to_string(),
            generation: if self.options.dry_run { before.number } else { generation.number },
            policy: self.options.policy.to_string(),
            from_digest: before.component.digest().to_string(),
            to_digest: generation.component.digest().to_string(),
            from_version: outcomes.iter().find_map(|outcome| outcome.version.clone()),
            connections: outcomes.iter().map(|outcome| outcome.connections).sum(),
            pause_us: outcomes.iter().map(|outcome| micros(outcome.pause)).collect(),
            snapshot_us: outcomes.iter().map(|outcome| micros(outcome.snapshot)).collect(),
            restore_us: outcomes.iter().map(|outcome| micros(outcome.restore)).collect(),
            snapshot_bytes: outcomes.iter().map(|outcome| outcome.snapshot_bytes).sum(),
            compile_us: micros(stats.compile),
            start_us: outcomes.iter().map(|outcome| micros(outcome.made_in)).collect(),
            cached: stats.cached,
            dry_run: self.options.dry_run,
            notes: outcomes.into_iter().flat_map(|outcome| outcome.notes).collect(),
        }
    }

    pub(super) fn stopping(&self) -> Error {
        Error::configuration(format!("listener '{}' is stopping", self.listener.name))
    }

    pub(super) fn refused(&self, refusal: Refusal) -> ReloadFailure {
        ReloadFailure { lost: refusal.lost, ..self.failure(refusal.phase, refusal.error) }
    }

    pub(super) fn failure(&self, phase: &str, error: Error) -> ReloadFailure {
        ReloadFailure::of(&self.listener.name, phase, &error, self.listener.generation().number)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
