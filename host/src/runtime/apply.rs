//! Changes of several listeners at once: all of them are made, or none.

use super::changes::{Changed, Changes};
use super::host::Host;
use super::listen::{Instances, Listen};
use super::listener::Listener;
use super::options::{Policy, ReloadOptions};
use super::plugin::Plugin;
use super::prepare::{Candidate, Origin};
use super::rebind::Rebinding;
use super::reload::{Moving, Transaction, note_failure, note_success};
use super::report::ReloadFailure;
use super::rotate::reload_tls;
use super::server::{Server, Stop};
use super::start::begin;
use super::vote::Refusal;
use crate::pure::allow::AllowConnect;
use crate::pure::error::Error;
use crate::pure::limits::Limits;
use futures_util::future::join_all;
use std::sync::Arc;

/// A reload on its way.
enum Step {
    /// All its shards vote.
    Vote(Moving),
    /// Tried dry; there is nothing left in it that could refuse.
    Tried(Plugin),
}

impl Step {
    fn moving(&self) -> Option<&Moving> {
        match self {
            Self::Vote(moving) => Some(moving),
            Self::Tried(_) => None,
        }
    }
}

impl Host {
    /// Makes all the changes, or none: each is prepared and checked, the plugins that are replaced hand their state over, and only when
    /// all have agreed the first is carried out. It runs to its end even if this future is dropped.
    ///
    /// # Errors
    /// What stood in the way; nothing has changed.
    pub async fn apply(&self, changes: Changes) -> Result<Changed, ReloadFailure> {
        let host = self.clone();
        let gone = |error: Error| ReloadFailure::of("", "prepare", &error, 0);
        self.control(async move { host.apply_inner(changes).await }).await.unwrap_or_else(|error| Err(gone(error)))
    }

    async fn apply_inner(self, changes: Changes) -> Result<Changed, ReloadFailure> {
        let Changes { listen, mut reload, limits, rebind, allow, tls, stop } = changes;
        let listeners = concerned([
            reload.iter().map(|(server, ..)| server).collect(),
            limits.iter().map(|(server, _)| server).collect(),
            rebind.iter().map(|(server, _)| server).collect(),
        ])?;
        let mut one_at_a_time = Vec::new();
        for listener in &listeners {
            one_at_a_time.push(listener.transaction.lock().await);
        }
        let limits = Relimits::check(limits, &mut reload)?;
        for (server, change) in &tls {
            reload_tls(server.listener().clone(), change.clone().dry_run(true)).await?;
        }
        let mut rebindings = Vec::new();
        for (server, listen) in rebind {
            let prepared = Rebinding::prepare(server.listener(), listen).await;
            rebindings.extend(prepared.map_err(|error| ReloadFailure::of(server.name(), "prepare", &error, 0))?);
        }
        let mut opened = Vec::new();
        let decided = match self.set_up_all(listen, &mut opened).await {
            Ok(()) => self.decide(&reload, &limits).await,
            Err(failure) => Err(failure),
        };
        let mut changed = match decided {
            Ok(changed) => changed,
            Err(failure) => {
                for server in opened {
                    let _ = server.stop(Stop::Force).await;
                }
                return Err(failure);
            }
        };
        for (listener, limits) in limits.0 {
            listener.relimit(&limits).await;
            changed.limited.push(listener.name.to_string());
        }
        for (server, rules) in allow {
            tracing::info!(listener = server.name(), rules = rules.len(), "allow-connect changed");
            server.listener().grants.set_allow(AllowConnect::new(rules));
        }
        for rebinding in rebindings {
            changed.rebound.extend(rebinding.carry_out().await);
        }
        for (server, change) in tls {
            match reload_tls(server.listener().clone(), change).await {
                Ok(report) => changed.tls.push(report),
                Err(failure) => changed.failures.push(failure),
            }
        }
        for server in opened {
            match begin(server.listener()).await {
                Ok(()) => changed.listening.push(server),
                Err(error) => changed.failures.push(ReloadFailure::of(server.name(), "commit", &error, 0)),
            }
        }
        for server in stop {
            // Its connections may take a while; nobody has to wait for them.
            tokio::spawn(async move { server.stop(Stop::Graceful).await });
        }
        Ok(changed)
    }

    async fn set_up_all(&self, listen: Vec<(Listen, Plugin)>, opened: &mut Vec<Server>) -> Result<(), ReloadFailure> {
        for (listen, plugin) in listen {
            let name = listen.name.clone().unwrap_or_else(|| plugin.name().to_owned());
            let server = self.set_up(listen, plugin).await;
            opened.push(server.map_err(|error| ReloadFailure::of(&name, "prepare", &error, 0))?);
        }
        Ok(())
    }

    /// Prepares all reloads, has all shards vote, and carries all out or rolls all back.
    async fn decide(&self, reload: &[(Server, Plugin, ReloadOptions)], limits: &Relimits) -> Result<Changed, ReloadFailure> {
        let (mut steps, mut candidates) = (Vec::new(), Vec::new());
        for (server, plugin, options) in reload {
            let listener = server.listener();
            let transaction = limits.bound(Transaction::new(listener, options.clone()));
            let prepared = self.prepare_step(&transaction, plugin.clone()).await;
            let (step, own) = prepared.inspect_err(|failure| note_failure(listener, failure))?;
            steps.push((transaction, step));
            candidates.extend(own);
        }
        let voters = steps.iter().filter_map(|(transaction, step)| Some((transaction, step.moving()?)));
        let votes =
            voters.zip(candidates).map(async |((transaction, moving), own)| transaction.swap(&moving.shards).vote(own).await);
        let no = join_all(votes).await.into_iter().enumerate().find_map(|(place, vote)| Some((place, vote.err()?)));
        if let Some((place, refusal)) = no {
            return Err(roll_back(&steps, place, refusal).await);
        }
        let mut changed = Changed::default();
        for (transaction, step) in steps {
            let done = match step {
                Step::Vote(moving) => {
                    let outcomes = transaction.swap(&moving.shards).commit().await;
                    Ok(transaction.moved(&moving, outcomes))
                }
                Step::Tried(plugin) => transaction.run(Origin::Plugin(self.inner.engine.clone(), plugin)).await,
            };
            match done {
                Ok(report) => {
                    note_success(transaction.listener, &report);
                    changed.reports.push(report);
                }
                Err(failure) => {
                    note_failure(transaction.listener, &failure);
                    changed.failures.push(failure);
                }
            }
        }
        Ok(changed)
    }

    async fn prepare_step(
        &self,
        transaction: &Transaction<'_>,
        plugin: Plugin,
    ) -> Result<(Step, Option<Vec<Candidate>>), ReloadFailure> {
        transaction.check()?;
        let origin = Origin::Plugin(self.inner.engine.clone(), plugin.clone());
        let together =
            transaction.options.policy == Policy::Migrate && transaction.listener.instances != Instances::PerConnection;
        if together {
            let (moving, candidates) = transaction.prepare_to_move(origin).await?;
            return Ok((Step::Vote(moving), Some(candidates)));
        }
        // What lets both generations live takes nobody's vote.
        transaction.dry().run(origin).await?;
        Ok((Step::Tried(plugin), None))
    }
}

/// The listeners that are to change, by each kind of change, sorted by name: two that want the same ones mustn't wait for each other.
///
/// # Errors
/// For one that is named twice with the same kind of change: which of the two should hold?
fn concerned(kinds: [Vec<&Server>; 3]) -> Result<Vec<Arc<Listener>>, ReloadFailure> {
    let same = |one: &Arc<Listener>, other: &Arc<Listener>| Arc::ptr_eq(one, other);
    let mut all = Vec::new();
    for servers in kinds {
        let mut listeners: Vec<_> = servers.into_iter().map(|server| server.listener().clone()).collect();
        listeners.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some([listener, _]) = listeners.array_windows().find(|[one, other]| same(one, other)) {
            let error = Error::configuration(format!("listener '{}' is to be changed to two things at once", listener.name));
            return Err(ReloadFailure::of(&listener.name, "prepare", &error.hint("ask for one of them"), 0));
        }
        all.append(&mut listeners);
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all.dedup_by(|one, other| same(one, other));
    Ok(all)
}

/// Limits that differ from those that hold.
struct Relimits(Vec<(Arc<Listener>, Arc<Limits>)>);

impl Relimits {
    /// Adds to the reloads what limits of instances need.
    fn check(limits: Vec<(Server, Limits)>, reload: &mut Vec<(Server, Plugin, ReloadOptions)>) -> Result<Self, ReloadFailure> {
        let mut changed = Vec::new();
        for (server, limits) in limits {
            let listener = server.listener();
            listener.may_have(&limits).map_err(|error| ReloadFailure::of(server.name(), "prepare", &error, 0))?;
            let reloads = reload.iter().any(|(other, ..)| Arc::ptr_eq(other.listener(), listener));
            if !reloads && listener.bounds_instances_anew(&limits) {
                reload.push((server.clone(), server.plugin(), ReloadOptions::default()));
            }
            if **listener.limits() != limits {
                changed.push((listener.clone(), Arc::new(limits)));
            }
        }
        Ok(Self(changed))
    }

    /// The transaction, under the limits that its listener is going to have.
    fn bound<'a>(&self, transaction: Transaction<'a>) -> Transaction<'a> {
        let own = self.0.iter().find(|(listener, _)| Arc::ptr_eq(listener, transaction.listener));
        match own {
            Some((_, limits)) => transaction.limits(limits.clone()),
            None => transaction,
        }
    }
}

/// Has all shards go on as they were. `place` counts those that voted.
async fn roll_back(steps: &[(Transaction<'_>, Step)], place: usize, refusal: Refusal) -> ReloadFailure {
    let mut voted = Vec::new();
    for (transaction, step) in steps {
        if let Some(moving) = step.moving() {
            transaction.swap(&moving.shards).roll_back().await;
            voted.push(transaction);
        }
    }
    let Some(transaction) = voted.get(place) else {
        return ReloadFailure::of("", "quiesce", &refusal.error, 0);
    };
    let failure = transaction.refused(refusal);
    note_failure(transaction.listener, &failure);
    failure
}
