//! A new generation beside the old one: it has shards of its own and gets the new connections.

use super::listener::{ShardHandle, lock};
use super::prepare::{Candidate, Origin};
use super::reload::Transaction;
use super::report::{ReloadFailure, ReloadReport};
use super::retire::retire;
use super::start::settle;
use super::vote::{self, Refusal};
use crate::pure::error::Error;

/// Runs such a reload.
pub(super) async fn branch(transaction: &Transaction<'_>, origin: Origin) -> Result<ReloadReport, ReloadFailure> {
    let Transaction { listener, options } = transaction;
    let failed = |error| transaction.failure("prepare", error);
    transaction.may_branch().map_err(failed)?;
    let (before, open) = {
        let roster = lock(&listener.roster);
        (roster.serving().clone(), roster.open_shards())
    };
    let mut notes = transaction.check_state(&open).await.map_err(|refusal| transaction.refused(*refusal))?;
    let candidates = transaction.prepare(origin, open.len()).await?;
    let generation = transaction.generation_of(&candidates)?;
    if options.dry_run {
        transaction.throw_away(candidates);
        return Ok(transaction.report(&before, &generation, Vec::new()));
    }
    let workers = open.iter().map(|shard| shard.worker.clone()).collect();
    let shards = settle(listener, workers, candidates).await.map_err(failed)?;
    // Whoever stops the listener says so before looking who is there.
    let too_late = {
        let mut roster = lock(&listener.roster);
        let stopping = listener.is_stopping();
        if !stopping {
            roster.branch(generation.clone(), shards.clone(), options.drain_after);
        }
        stopping
    };
    if too_late {
        for shard in shards {
            listener.dismiss(shard).await;
        }
        return Err(failed(transaction.stopping()));
    }
    let staying: u64 = open.iter().map(|shard| super::counters::read(&shard.counters.connections)).sum();
    let limit = options.drain_after.map_or_else(String::new, |after| format!(", for {after:?} at most (drain-after)"));
    notes.push(format!("connections that stay with generation {} until they end: {staying}{limit}", before.number));
    tokio::spawn(retire((*listener).clone(), open, options.drain_after));
    let mut report = transaction.report(&before, &generation, Vec::new());
    report.notes.extend(notes);
    Ok(report)
}

impl Transaction<'_> {
    /// Whether there may be one more generation.
    fn may_branch(&self) -> Result<(), Error> {
        if self.listener.client {
            return Err(Error::configuration("a client gets no new connections that another generation could have")
                .hint("use the policy migrate"));
        }
        let (live, limit) = (lock(&self.listener.roster).generations().len(), self.listener.limits.generations);
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

    fn throw_away(&self, candidates: Vec<Candidate>) {
        candidates.into_iter().for_each(|candidate| self.listener.dispose(candidate.instance));
    }
}
