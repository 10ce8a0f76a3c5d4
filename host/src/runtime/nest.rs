//! Instances of their own for each connection: where a worker makes them, and moves them to another generation.
//!
//! Each is a shard with one accepted connection and those that it makes itself; it ends with the last of them. Instances are made on the
//! worker, when the connection stands: from a compiled component that takes some 20 µs, less than a way to another thread and back
//! costs a busy worker.

use super::counters::{ShardCounters, Ticket, bump};
use super::ends::Ends;
use super::evidence;
use super::generation::SharedGeneration;
use super::listener::{Listener, ShardHandle};
use super::prepare::candidate;
use super::seat::Seat;
use super::shard::{Shard, State};
use super::sockets::Sockets;
use super::tally::Tally;
use super::topics::Membership;
use super::vote::{self, Ballot, Outcome, Refusal, Vote};
use super::worker::Local;
use crate::guest::{FaultKind, GuestFault, Instance, Slot};
use crate::net::Stream;
use crate::pure::error::Fault;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long connections are moved before others of the worker get their turn.
const SLICE: Duration = Duration::from_millis(1);

/// A worker's instances of one listener that has one per connection.
pub(super) struct Nest {
    pub(super) listener: Arc<Listener>,
    pub(super) counters: Arc<ShardCounters>,
    /// Itself, seen from other threads.
    handle: ShardHandle,
    pub(super) local: Rc<Local>,
    pub(super) members: RefCell<HashMap<u64, Rc<Shard>>>,
    next: Cell<u64>,
    /// Of each generation that has members here, by its number.
    tallies: RefCell<HashMap<u64, Arc<Tally>>>,
}

/// A shard's place in its nest.
pub(super) struct Member {
    pub(super) nest: Rc<Nest>,
    key: u64,
}

/// What a slice of moving has done.
#[derive(Default)]
pub(super) struct Moved {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) refusals: Vec<Refusal>,
    /// Still to be moved.
    pub(super) rest: Vec<u64>,
    /// There was no room for another instance.
    pub(super) starved: bool,
}

impl Nest {
    pub(super) fn new(listener: Arc<Listener>, handle: ShardHandle, local: Rc<Local>) -> Self {
        let (members, tallies) = Default::default();
        Self { listener, counters: handle.counters.clone(), handle, local, members, next: Cell::new(0), tallies }
    }

    /// Makes an instance for a connection; one that can't have one is closed, and counted as refused.
    pub(super) fn adopt(self: &Rc<Self>, stream: Stream, ends: Ends, ticket: Ticket) {
        let generation = self.listener.pick(ends.remote.ip());
        let key = self.next.replace(self.next.get() + 1);
        let mut sockets = self.listener.table(self.counters.clone(), self.membership(key));
        sockets.timer_handler = generation.component.has_timer_handler();
        sockets.census = Some(generation.connections.clone());
        let mut slot = Some(Box::new(sockets));
        match hatch(&generation, &mut slot) {
            Ok(instance) => self.settle(key, generation, Box::new(instance), slot, (stream, ends, ticket)),
            Err(fault) => {
                slot.iter().for_each(|sockets| sockets.membership.leave());
                self.refuse(&generation, &fault);
            }
        }
    }

    fn settle(
        self: &Rc<Self>,
        key: u64,
        generation: SharedGeneration,
        instance: Box<Instance<Sockets>>,
        slot: Slot<Sockets>,
        (stream, ends, ticket): (Stream, Ends, Ticket),
    ) {
        let Some(sockets) = slot else { return };
        let tally = self.tally(&generation);
        bump(&generation.instances);
        let state = State::new(sockets, generation, tally);
        let shard = Rc::new(Shard {
            member: Some(Member { nest: self.clone(), key }),
            listener: self.listener.clone(),
            counters: self.counters.clone(),
            local: self.local.clone(),
            state: RefCell::new(state),
        });
        shard.state.borrow_mut().seat_instance(&shard, instance);
        tokio::task::spawn_local(super::alarm::TimerDriver::new(shard.clone()));
        self.members.borrow_mut().insert(key, shard.clone());
        shard.adopt(stream, ends, ticket);
    }

    /// The member's place among all instances of the listener.
    fn membership(&self, key: u64) -> Membership {
        let (number, worker) = (self.handle.number, self.handle.worker.clone());
        self.listener.membership(move || {
            worker.send(move |local| {
                let nest = local.nests.borrow().get(&number).cloned();
                let member = nest.and_then(|nest| nest.members.borrow().get(&key).cloned());
                if let Some(member) = member {
                    member.deliver();
                }
            });
        })
    }

    fn refuse(&self, generation: &SharedGeneration, fault: &GuestFault) {
        bump(&self.listener.counters.refused);
        if fault.kind == FaultKind::Host {
            let advice = fault.hint.as_deref().unwrap_or_default();
            tracing::warn!(listener = %self.listener.name, "connection refused: {fault}; {advice}");
            return;
        }
        if fault.kind != FaultKind::Refused {
            self.tally(generation).traps.add(1);
        }
        evidence::record(&self.listener, generation, None, None, fault, "connection refused: the plugin can't be started");
    }

    /// Its members' counts of what `generation` does here.
    pub(super) fn tally(&self, generation: &SharedGeneration) -> Arc<Tally> {
        let mut tallies = self.tallies.borrow_mut();
        if !tallies.contains_key(&generation.number) {
            // Those whose generation is gone, and its members with it.
            tallies.retain(|_, tally| Arc::strong_count(tally) > 1);
        }
        tallies.entry(generation.number).or_insert_with(|| generation.tally()).clone()
    }

    /// Members, as they are now: what is done with one may end it.
    pub(super) fn all(&self) -> Vec<Rc<Shard>> {
        self.members.borrow().values().cloned().collect()
    }

    /// Members that aren't of generation `but`; of `only`, if one is given.
    pub(super) fn keys(&self, but: u64, only: Option<u64>) -> Vec<u64> {
        let meant = |shard: &Rc<Shard>| {
            let number = shard.state.borrow().generation.number;
            number != but && only.is_none_or(|only| number == only)
        };
        self.members.borrow().iter().filter(|(_, shard)| meant(shard)).map(|(key, _)| *key).collect()
    }

    /// Moves members to `generation`, each by itself at an event boundary, until there are none left or the slice of time is over.
    pub(super) fn shift(&self, generation: &SharedGeneration, mut keys: Vec<u64>, ballot: Ballot, most: usize) -> Moved {
        let (began, mut moved) = (Instant::now(), Moved::default());
        while let Some(key) = keys.pop() {
            let shard = self.members.borrow().get(&key).cloned();
            // It has ended meanwhile.
            let Some(shard) = shard else { continue };
            let listener = &self.listener;
            match candidate(generation, &listener.name, &listener.limits()) {
                Ok(candidate) => match vote::quiesce(&shard, candidate, ballot) {
                    Vote::Yes(outcome) => moved.outcomes.push(outcome),
                    Vote::No(refusal) => moved.refusals.push(*refusal),
                },
                Err(error) if error.fault() == Fault::Host => {
                    keys.push(key);
                    moved.starved = true;
                    break;
                }
                Err(error) => moved.refusals.push(Refusal::new("prepare", error)),
            }
            if began.elapsed() >= SLICE || moved.outcomes.len() + moved.refusals.len() >= most {
                break;
            }
        }
        moved.rest = keys;
        moved
    }

    /// What is shown as the reason while instances are down; memory as it is now.
    pub(super) fn look(&self) {
        for shard in self.all() {
            let mut state = shard.state.borrow_mut();
            if let Seat::Up(instance) = &state.seat {
                let bytes = instance.memory_bytes();
                state.note_memory(&shard, bytes);
            }
        }
    }
}

impl Member {
    /// The shard's last connection has ended.
    pub(super) fn leave(&self) {
        self.nest.members.borrow_mut().remove(&self.key);
        self.nest.listener.drained.notify_waiters();
    }
}

/// An instance that has had its `start`.
fn hatch(generation: &SharedGeneration, slot: &mut Slot<Sockets>) -> Result<Instance<Sockets>, GuestFault> {
    let mut instance = Instance::new(&generation.component, &generation.settings, slot)?;
    instance.start(slot, generation.plugin.configuration())?;
    Ok(instance)
}
