//! A generation that is tried on a share of the new connections, and then takes over or gives way.

use super::blocking::blocking;
use super::branch::{enrol, staying};
use super::counters::{bump, read};
use super::generation::SharedGeneration;
use super::judge::{Verdict, judge};
use super::listen::Instances;
use super::listener::{Listener, ShardHandle, lock};
use super::options::ReloadOptions;
use super::prepare::{Candidate, Origin, candidate};
use super::reload::Transaction;
use super::report::{ReloadFailure, ReloadReport};
use super::retire::{bury, retire, retire_generation};
use super::roster::Trial;
use super::shift::Move;
use super::swap::Swap;
use super::vote::{Ballot, Outcome};
use crate::pure::error::{Error, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Why it ended, if it wasn't found out here.
const BY_COMMAND: &str = "as the operator said";

/// Looks during one watch; a trap is noticed at the next one.
const LOOKS: u32 = 20;

/// Begins a trial; it is watched from here on.
pub(super) async fn begin(transaction: &Transaction<'_>, origin: Origin) -> Result<ReloadReport, ReloadFailure> {
    let Transaction { listener, options, .. } = transaction;
    let (before, notes, generation, candidates) = transaction.prepare_beside(origin).await?;
    let (share, watch) = (options.percent(), options.watched());
    if !options.dry_run {
        let trial = Trial {
            percent: share,
            by: options.spread.unwrap_or_default(),
            until: Instant::now() + watch,
            drain_after: options.drain_after,
        };
        enrol(transaction, candidates, |roster, shards| roster.try_out(generation.clone(), shards, trial)).await?;
        tokio::spawn(watch_over((*listener).clone(), before.clone(), generation.clone(), options.clone()));
        tracing::info!(listener = %listener.name, generation = generation.number, share, ?watch, "canary: a new generation is tried");
    }
    let mut report = transaction.report(&before, &generation, Vec::new());
    report.notes.push(format!(
        "tried on {share}% of the new connections, for {watch:?}; generation {} goes on with the others",
        before.number
    ));
    report.notes.extend(notes);
    Ok(report)
}

/// What `sockdock promote` does.
pub(super) async fn promote(listener: Arc<Listener>) -> Result<ReloadReport, ReloadFailure> {
    let _one_at_a_time = listener.transaction.lock().await;
    let transaction = Transaction::new(&listener, ReloadOptions::default());
    let drain_after = lock(&listener.roster).trial_drain();
    match decide(&listener, true, drain_after, BY_COMMAND).await {
        Some(decided) => Ok(decided.report(&transaction)),
        None => {
            let error = Error::configuration("no canary is under way, so there is none to promote");
            Err(transaction.failure("prepare", error.hint("begin one: sockdock reload PLUGIN --policy canary --share 10%")))
        }
    }
}

/// Ends a trial as the operator wants; none if there is no trial.
pub(super) async fn call_off(transaction: &Transaction<'_>) -> Option<ReloadReport> {
    let drain_after = lock(&transaction.listener.roster).trial_drain();
    let decided = decide(transaction.listener, false, drain_after, BY_COMMAND).await?;
    Some(decided.report(transaction))
}

/// Looks at how the two do until one of them has won.
async fn watch_over(listener: Arc<Listener>, old: SharedGeneration, new: SharedGeneration, options: ReloadOptions) {
    let watch = options.watched();
    let until = Instant::now() + watch;
    let before = old.sum();
    let look = (watch / LOOKS).clamp(Duration::from_millis(20), Duration::from_secs(1));
    loop {
        tokio::time::sleep(look.min(until.saturating_duration_since(Instant::now()))).await;
        let _transaction = listener.transaction.lock().await;
        let tried = lock(&listener.roster).trial().is_some_and(|live| live.generation.number == new.number);
        if !tried || listener.is_stopping() {
            return;
        }
        let over = Instant::now() >= until;
        match judge(&old.sum().since(&before), &new.sum(), over) {
            Verdict::Wait => {}
            Verdict::Promote => {
                decide(&listener, true, options.drain_after, "it did no worse than the old one").await;
                return;
            }
            Verdict::Back(why) => {
                decide(&listener, false, options.drain_after, &why).await;
                return;
            }
        }
    }
}

/// How a trial ended.
struct Decided {
    winner: SharedGeneration,
    loser: SharedGeneration,
    outcomes: Vec<Outcome>,
}

impl Decided {
    fn report(self, transaction: &Transaction<'_>) -> ReloadReport {
        let mut report = transaction.report(&self.loser, &self.winner, self.outcomes);
        report.notes.insert(
            0,
            format!("the canary is over: generation {} gives way to generation {}", self.loser.number, self.winner.number),
        );
        report
    }
}

/// Ends a trial: the winner gets the new connections, and those of the loser; where they can't go over, they stay until they end.
async fn decide(listener: &Arc<Listener>, promote: bool, drain_after: Option<Duration>, why: &str) -> Option<Decided> {
    let (winner, loser, shards) = lock(&listener.roster).decide(promote, drain_after)?;
    let outcomes = if listener.instances == Instances::PerConnection {
        let ballot = Ballot { sole: true, dry_run: false, discard_state: false };
        let mut moving = Move::new(listener, winner.clone(), ballot);
        moving.only = Some(loser.number);
        let outcomes = moving.run().await.summed();
        tokio::spawn(retire_generation(listener.clone(), loser.clone(), drain_after));
        outcomes
    } else {
        let outcomes = take_over(listener, &winner, &loser, &shards, drain_after).await;
        tokio::spawn(retire(listener.clone(), shards, drain_after));
        outcomes
    };
    for note in outcomes.iter().flat_map(|outcome| &outcome.notes) {
        tracing::warn!(listener = %listener.name, "at the end of the canary: {note}");
    }
    let (won, lost) = (winner.number, loser.number);
    // Its faults were counted with the others'.
    listener.containment.close_breaker(&listener.name);
    if promote {
        bump(&listener.counters.reloads);
        tracing::info!(listener = %listener.name, generation = won, old = lost, "canary promoted: {why}");
    } else if why == BY_COMMAND {
        tracing::info!(listener = %listener.name, generation = won, canary = lost, "canary rolled back: {why}");
    } else {
        bump(&listener.counters.reloads_failed);
        tracing::error!(listener = %listener.name, generation = won, canary = lost, "canary rolled back: {why}");
    }
    Some(Decided { winner, loser, outcomes })
}

/// Puts fresh instances of the winner behind the loser's connections.
async fn take_over(
    listener: &Arc<Listener>,
    winner: &SharedGeneration,
    loser: &SharedGeneration,
    shards: &[ShardHandle],
    drain_after: Option<Duration>,
) -> Vec<Outcome> {
    let (name, limits, generation, count) = (listener.name.clone(), Arc::clone(&listener.limits()), winner.clone(), shards.len());
    let work = move || (0..count).map(|_| candidate(&generation, &name, &limits)).collect::<Result<Vec<Candidate>>>();
    let swapped = match blocking(work).await {
        Ok(candidates) => {
            let swap = Swap { listener, shards, dry_run: false, discard_state: false };
            swap.run(candidates).await.map_err(|refusal| refusal.error)
        }
        Err(error) => Err(error),
    };
    match swapped {
        Ok(outcomes) => {
            lock(&listener.roster).joined(shards, winner.number);
            bury(listener);
            outcomes
        }
        Err(error) => {
            let connections = shards.iter().map(|shard| read(&shard.counters.connections)).sum();
            let mut note = staying(loser.number, connections, drain_after);
            note.push_str(&format!("; they can't go over: {}", error.message()));
            tracing::warn!(listener = %listener.name, "{note}");
            vec![Outcome { notes: vec![note], ..Outcome::default() }]
        }
    }
}
