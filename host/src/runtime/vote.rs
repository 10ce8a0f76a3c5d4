//! A worker's part in a reload. Each step is a job between two events, so every one is an event boundary.

use super::counters::bump;
use super::evidence;
use super::prepare::Candidate;
use super::seat::Seat;
use super::shard::{Shard, State};
use super::sockets::{Phase, Sockets};
use crate::guest::{FaultKind, GuestFault, Slot};
use crate::pure::error::Error;
use crate::pure::socket;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// What is voted on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ballot {
    /// There is no other voter.
    pub(super) sole: bool,
    pub(super) dry_run: bool,
    pub(super) discard_state: bool,
}

/// A worker's answer.
pub(super) enum Vote {
    Yes(Outcome),
    No(Box<Refusal>),
}

/// What a worker reports of a reload.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) connections: u64,
    pub(super) pause: Duration,
    /// Before the pause: the new instance and its `start`.
    pub(super) made_in: Duration,
    /// Of the pause.
    pub(super) snapshot: Duration,
    /// Of the pause.
    pub(super) restore: Duration,
    pub(super) snapshot_bytes: u64,
    pub(super) version: Option<String>,
    pub(super) notes: Vec<String>,
}

/// Why a worker says no.
pub(super) struct Refusal {
    pub(super) phase: &'static str,
    pub(super) error: Error,
    pub(super) lost: Vec<String>,
}

impl Refusal {
    pub(super) fn new(phase: &'static str, error: Error) -> Self {
        Self { phase, error, lost: Vec::new() }
    }

    pub(super) fn late(deadline: Duration) -> Self {
        let error = Error::guest(format!("not all workers had voted within {deadline:?} (reload-deadline)"));
        Self::new(
            "quiesce",
            error.hint("a handler, `snapshot` or `restore` takes too long; make it quicker or raise reload-deadline"),
        )
    }

    fn of(phase: &'static str, fault: GuestFault) -> Self {
        let what = if fault.kind == FaultKind::Refused { "refused" } else { "failed" };
        let error = Error::guest(format!("`{}` {what}: {fault}", fault.handler));
        Self::new(
            phase,
            match fault.hint {
                Some(hint) => error.hint(hint),
                None => error,
            },
        )
    }
}

/// A reload under way on one shard: between its vote and the decision.
pub(super) struct Pending {
    candidate: Candidate,
    began: Instant,
    outcome: Outcome,
}

/// Phase 2: stops the guest's calls, carries the state over, votes. A sole voter's yes is carried out at once.
pub(super) fn quiesce(shard: &Rc<Shard>, mut candidate: Candidate, ballot: Ballot) -> Vote {
    let began = Instant::now();
    let mut state = shard.state.borrow_mut();
    state.held = true;
    let deadline = shard.listener.limits().reload_deadline;
    let carried = state.carry_over(shard, &mut candidate, ballot);
    match carried
        .and_then(|outcome| if began.elapsed() <= deadline { Ok(outcome) } else { Err(Box::new(Refusal::late(deadline))) })
    {
        Ok(outcome) => {
            state.pending = Some(Pending { candidate, began, outcome });
            match (ballot.sole, ballot.dry_run) {
                (true, false) => Vote::Yes(state.commit(shard).unwrap_or_default()),
                (true, true) => Vote::Yes(state.roll_back(shard).unwrap_or_default()),
                (false, _) => Vote::Yes(Outcome::default()),
            }
        }
        Err(refusal) => {
            shard.listener.dispose(candidate.instance);
            if ballot.sole {
                state.roll_back(shard);
            }
            Vote::No(refusal)
        }
    }
}

/// Phase 3, yes.
pub(super) fn commit(shard: &Rc<Shard>) -> Option<Outcome> {
    shard.state.borrow_mut().commit(shard)
}

/// Phase 3, no: also for a worker that said no, or hasn't got round to its vote's effect.
pub(super) fn roll_back(shard: &Rc<Shard>) -> Option<Outcome> {
    shard.state.borrow_mut().roll_back(shard)
}

/// What state the instance would hand on, without doing so: its size and version.
pub(super) fn state(shard: &Rc<Shard>) -> Result<Option<(u64, String)>, Box<Refusal>> {
    let mut state = shard.state.borrow_mut();
    let snapshot = state.snapshot(shard);
    // Whoever fell gets up again.
    state.restart(shard);
    Ok(snapshot?.map(|snapshot| (snapshot.data.len() as u64, snapshot.version)))
}

impl State {
    /// `restore(old.snapshot())`.
    fn carry_over(&mut self, shard: &Rc<Shard>, candidate: &mut Candidate, ballot: Ballot) -> Result<Outcome, Box<Refusal>> {
        let mut outcome = Outcome { made_in: candidate.made_in, ..Outcome::default() };
        let begun = Instant::now();
        let snapshot = self.snapshot(shard)?;
        outcome.snapshot = begun.elapsed();
        if let Some(snapshot) = &snapshot {
            outcome.snapshot_bytes = snapshot.data.len() as u64;
            outcome.version = Some(snapshot.version.clone());
            let restores = candidate.generation.component.has_restore();
            let begun = Instant::now();
            let restored =
                if restores { restore(shard, &mut self.sockets, candidate, snapshot) } else { Err(no_restore(snapshot)) };
            outcome.restore = begun.elapsed();
            match restored {
                Ok(()) => {}
                Err(refusal) if ballot.discard_state && refusal.survivable => {
                    outcome.notes.push(format!(
                        "{} bytes of state (version '{}') were discarded: {}",
                        snapshot.data.len(),
                        snapshot.version,
                        refusal.refusal.error.message()
                    ));
                }
                Err(refusal) => return Err(Box::new(refusal.refusal)),
            }
        }
        Ok(outcome)
    }

    /// The old instance's state. One that has died has none to give; one that dies of it is replaced by a fresh one.
    fn snapshot(&mut self, shard: &Rc<Shard>) -> Result<Option<socket::State>, Box<Refusal>> {
        let Seat::Up(instance) = &mut self.seat else { return Ok(None) };
        enter(&mut self.sockets, Phase::Asking);
        let result = instance.snapshot(&mut self.sockets);
        enter(&mut self.sockets, Phase::Acting);
        match result {
            Ok(snapshot) => Ok(snapshot),
            Err(fault) => {
                let died = instance.is_dead();
                let mut refusal = Refusal::of("snapshot", fault.clone());
                if died {
                    self.tally.traps.add(1);
                    self.record(shard, None, &fault);
                    shard.listener.containment.faulted(&shard.listener.name, fault.kind);
                    if let Some(sockets) = &mut self.sockets {
                        sockets.undo(None);
                    }
                    self.vacate(shard, fault.message);
                    refusal.lost.push("the memory and timers of the old instance, which died in `snapshot`: a fresh one goes on, connections and their contexts are kept".to_owned());
                }
                Err(Box::new(refusal))
            }
        }
    }

    fn commit(&mut self, shard: &Rc<Shard>) -> Option<Outcome> {
        let Pending { candidate, began, mut outcome } = self.pending.take()?;
        self.vacate(shard, String::new());
        self.tally = shard.tally(&candidate.generation);
        if shard.member.is_some() {
            self.generation.instances.fetch_sub(1, Relaxed);
            bump(&candidate.generation.instances);
        }
        self.generation = candidate.generation;
        self.strikes = 0;
        self.held = false;
        if let Some(sockets) = self.sockets.as_deref_mut() {
            sockets.move_census(&self.generation.connections);
            outcome.connections = sockets.entries.len() as u64;
            if !self.generation.component.has_timer_handler() && sockets.timers.len() > 0 {
                outcome.notes.push(format!(
                    "{} timers were cancelled: the new component exports no `timer-handler`",
                    sockets.timers.len()
                ));
                sockets.timers.clear_all();
            }
            candidate.staged.apply(sockets);
        }
        self.seat_instance(shard, candidate.instance);
        outcome.pause = began.elapsed();
        Some(outcome)
    }

    fn roll_back(&mut self, shard: &Rc<Shard>) -> Option<Outcome> {
        let outcome = self.pending.take().map(|Pending { candidate, began, mut outcome }| {
            shard.listener.dispose(candidate.instance);
            outcome.connections = self.sockets.as_ref().map_or(0, |sockets| sockets.entries.len() as u64);
            outcome.pause = began.elapsed();
            outcome
        });
        self.held = false;
        // Whoever fell meanwhile gets up again.
        self.restart(shard);
        self.wake_waiting();
        outcome
    }
}

/// A `restore` that failed, and whether the candidate could serve all the same, without the state.
struct NotRestored {
    refusal: Refusal,
    survivable: bool,
}

/// `restore`, with the candidate's wishes staged.
fn restore(
    shard: &Shard,
    slot: &mut Slot<Sockets>,
    candidate: &mut Candidate,
    snapshot: &socket::State,
) -> Result<(), NotRestored> {
    if let Some(sockets) = slot {
        sockets.staged = std::mem::take(&mut candidate.staged);
    }
    let had_timers = slot
        .as_mut()
        .map(|sockets| std::mem::replace(&mut sockets.timer_handler, candidate.generation.component.has_timer_handler()));
    enter(slot, Phase::Candidate);
    let result = candidate.instance.restore(slot, snapshot);
    enter(slot, Phase::Acting);
    if let Some(sockets) = slot {
        candidate.staged = std::mem::take(&mut sockets.staged);
        sockets.timer_handler = had_timers.unwrap_or_default();
    }
    result.map_err(|mut fault| {
        let survivable = !candidate.instance.is_dead();
        if !survivable {
            let instance = Some(&mut *candidate.instance);
            evidence::record(&shard.listener, &candidate.generation, instance, None, &fault, evidence::CANDIDATE);
        }
        if survivable && fault.hint.is_none() {
            fault.hint = Some("see what the plugin says, or give the state up: --discard-state".to_owned());
        }
        NotRestored { survivable, refusal: Refusal::of("restore", fault) }
    })
}

fn no_restore(snapshot: &socket::State) -> NotRestored {
    let error = Error::guest(format!(
        "the old component has {} bytes of state (version '{}'), and the new one exports no `lifecycle` to restore it",
        snapshot.data.len(),
        snapshot.version
    ));
    NotRestored {
        refusal: Refusal::new(
            "restore",
            error.hint("have the new component export lifecycle, or give the state up: --discard-state"),
        ),
        survivable: true,
    }
}

fn enter(slot: &mut Slot<Sockets>, phase: Phase) {
    if let Some(sockets) = slot {
        sockets.phase = phase;
    }
}
