//! Phases 2 and 3 of a reload: all shards vote, then all commit or all roll back.

use super::listener::{Listener, ShardHandle};
use super::prepare::Candidate;
use super::shard::Shard;
use super::vote::{self, Ballot, Outcome, Refusal, Vote};
use crate::pure::error::Error;
use std::rc::Rc;
use std::time::Duration;

/// How much longer than the deadline votes are awaited: a worker that missed it says which call took too long.
const GRACE: Duration = Duration::from_millis(250);

/// What a shard will answer.
type Answer<T> = tokio::task::JoinHandle<crate::pure::error::Result<T>>;

/// A candidate for each of some shards.
pub(super) struct Swap<'a> {
    pub(super) listener: &'a Listener,
    pub(super) shards: &'a [ShardHandle],
    pub(super) dry_run: bool,
    pub(super) discard_state: bool,
}

impl Swap<'_> {
    /// # Errors
    /// All are as they were.
    pub(super) async fn run(&self, candidates: Vec<Candidate>) -> Result<Vec<Outcome>, Refusal> {
        let decided = if self.shards.len() == 1 {
            // A sole voter's yes is the decision: it commits at once, without waiting to be told. It keeps the deadline itself, and has
            // rolled back if it says no; unless it couldn't say anything.
            count(self.ask(candidates, true)).await
        } else {
            match self.vote(candidates).await {
                Ok(()) if self.dry_run => Ok(self.roll_back().await),
                Ok(()) => Ok(self.commit().await),
                Err(refusal) => Err(refusal),
            }
        };
        if decided.is_err() {
            self.roll_back().await;
        }
        decided
    }

    /// Phase 2. After it, whatever the votes are, [`Self::commit`] or [`Self::roll_back`] has to come.
    ///
    /// # Errors
    /// The first no.
    pub(super) async fn vote(&self, candidates: Vec<Candidate>) -> Result<(), Refusal> {
        let votes = self.ask(candidates, false);
        match tokio::time::timeout(self.listener.limits().reload_deadline + GRACE, count(votes)).await {
            Ok(votes) => votes.map(drop),
            Err(_) => Err(Refusal::late(self.listener.limits().reload_deadline)),
        }
    }

    fn ask(&self, candidates: Vec<Candidate>, sole: bool) -> Vec<Answer<Vote>> {
        let ballot = Ballot { sole, dry_run: self.dry_run, discard_state: self.discard_state };
        let shards = self.shards.iter().zip(candidates);
        shards
            .map(|(shard, candidate)| tokio::spawn(shard.clone().ask(move |shard| vote::quiesce(shard, candidate, ballot))))
            .collect()
    }

    /// Phase 3, yes.
    pub(super) async fn commit(&self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for asked in self.on_all(vote::commit) {
            // Decided is decided: a worker that is gone has no connections left, the others serve the new generation.
            match asked.await {
                Ok(Ok(Some(outcome))) => outcomes.push(outcome),
                _ => tracing::error!(listener = %self.listener.name, "a worker didn't take part in the commit: it has stopped"),
            }
        }
        outcomes
    }

    /// Phase 3, no; or the end of a dry run.
    pub(super) async fn roll_back(&self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for asked in self.on_all(vote::roll_back) {
            if let Ok(Ok(Some(outcome))) = asked.await {
                outcomes.push(outcome);
            }
        }
        outcomes
    }

    /// Has every shard do `job`, all at once.
    fn on_all<T: Send + 'static>(&self, job: fn(&Rc<Shard>) -> T) -> Vec<Answer<T>> {
        self.shards.iter().map(|shard| tokio::spawn(shard.clone().ask(job))).collect()
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
