//! A new generation beside the old one: it has shards of its own and gets the new connections.

use super::counters::read;
use super::generation::SharedGeneration;
use super::listen::Instances;
use super::listener::{ShardHandle, lock};
use super::prepare::{Candidate, Origin};
use super::reload::Transaction;
use super::report::{ReloadFailure, ReloadReport};
use super::retire::{retire, retire_generation};
use super::roster::Roster;
use super::start::settle;
use super::vote::{self, Refusal};
use crate::pure::error::Error;
use std::time::Duration;

/// Runs such a reload.
pub(super) async fn branch(transaction: &Transaction<'_>, origin: Origin) -> Result<ReloadReport, ReloadFailure> {
    let Transaction { listener, options, .. } = transaction;
    let (before, mut notes, generation, candidates) = transaction.prepare_beside(origin).await?;
    if !options.dry_run {
        let (after, per_connection) = (options.drain_after, listener.instances == Instances::PerConnection);
        let old = lock(&listener.roster).shards_of(before.number);
        enrol(transaction, candidates, |roster, shards| match per_connection {
            true => roster.succeed(generation.clone(), after),
            false => roster.branch(generation.clone(), shards, after),
        })
        .await?;
        if per_connection {
            notes.push(staying(before.number, read(&before.connections), after));
            tokio::spawn(retire_generation((*listener).clone(), before.clone(), after));
        } else {
            notes.push(staying(before.number, old.iter().map(|shard| read(&shard.counters.connections)).sum(), after));
            tokio::spawn(retire((*listener).clone(), old, after));
        }
    }
    let mut report = transaction.report(&before, &generation, Vec::new());
    report.notes.extend(notes);
    Ok(report)
}

/// Makes shards of the candidates, and puts the generation on the roster by `place`.
///
/// # Errors
/// When the listener stops meanwhile.
pub(super) async fn enrol(
    transaction: &Transaction<'_>,
    candidates: Vec<Candidate>,
    place: impl FnOnce(&mut Roster, Vec<ShardHandle>),
) -> Result<(), ReloadFailure> {
    let listener = transaction.listener;
    let workers = lock(&listener.roster).open_shards().iter().map(|shard| shard.worker.clone()).collect();
    let settled = settle(listener, workers, candidates).await;
    let shards = settled.map_err(|error| transaction.failure("prepare", error))?;
    {
        // Whoever stops the listener says so before looking who is there.
        let mut roster = lock(&listener.roster);
        if !listener.is_stopping() {
            place(&mut roster, shards);
            return Ok(());
        }
    }
    for shard in shards {
        listener.dismiss(shard).await;
    }
    Err(transaction.failure("prepare", transaction.stopping()))
}

/// The generation that serves, what is to be said, the one that comes beside it, and an instance for each of its shards.
type Beside = (SharedGeneration, Vec<String>, SharedGeneration, Vec<Candidate>);

impl Transaction<'_> {
    /// Whether there may be another generation beside the one that serves; and its instances.
    pub(super) async fn prepare_beside(&self, origin: Origin) -> Result<Beside, ReloadFailure> {
        self.may_branch().map_err(|error| self.failure("prepare", error))?;
        let (before, open) = {
            let roster = lock(&self.listener.roster);
            (roster.serving().clone(), roster.open_shards())
        };
        if self.listener.instances == Instances::PerConnection {
            // Each connection has a state of its own anyway.
            return Ok((before, Vec::new(), self.trial(origin).await?, Vec::new()));
        }
        let notes = self.check_state(&open).await.map_err(|refusal| self.refused(*refusal))?;
        let candidates = self.prepare(origin, open.len()).await?;
        let generation = self.generation_of(&candidates)?;
        if self.options.dry_run {
            self.throw_away(candidates);
            return Ok((before, notes, generation, Vec::new()));
        }
        Ok((before, notes, generation, candidates))
    }
}

pub(super) fn staying(generation: u64, connections: u64, drain_after: Option<Duration>) -> String {
    let limit = drain_after.map_or_else(String::new, |after| format!(", for {after:?} at most (drain-after)"));
    format!("connections that stay with generation {generation} until they end: {connections}{limit}")
}

impl Transaction<'_> {
    /// Whether there may be one more generation.
    fn may_branch(&self) -> Result<(), Error> {
        if self.listener.client {
            return Err(Error::configuration("a client gets no new connections that another generation could have")
                .hint("use the policy migrate"));
        }
        let (live, limit) = (lock(&self.listener.roster).generations().len(), self.listener.limits().generations);
        if live >= limit {
            return Err(Error::configuration(format!("{live} generations are live already (max-generations)"))
                .hint("wait until the connections of the oldest have ended, take all over (the policy migrate), or raise max-generations"));
        }
        Ok(())
    }

    /// Two generations at a time would each have a state of their own.
    async fn check_state(&self, shards: &[ShardHandle]) -> Result<Vec<String>, Box<Refusal>> {
        for shard in shards {
            let state = shard.clone().ask(vote::state).await.map_err(|error| Box::new(Refusal::new("snapshot", error)))??;
            let Some((bytes, version)) = state else { continue };
            if self.options.split_state {
                return Ok(vec![format!(
                    "state was split: generations go on with states of their own ({bytes} bytes, version '{version}')"
                )]);
            }
            let message = format!("the plugin has state ({bytes} bytes, version '{version}'), which two generations can't share");
            let hint = "use the policy migrate, or let each generation have a state of its own: --split-state";
            return Err(Box::new(Refusal::new("snapshot", Error::configuration(message).hint(hint))));
        }
        Ok(Vec::new())
    }

    pub(super) fn throw_away(&self, candidates: Vec<Candidate>) {
        candidates.into_iter().for_each(|candidate| self.listener.dispose(candidate.instance));
    }
}
