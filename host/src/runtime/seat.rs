//! Who sits at a shard: an instance, or nobody until the next try. Restarts after faults.

use super::evidence;
use super::shard::{Shard, State};
use super::sockets::{Phase, Sockets};
use crate::guest::{GuestFault, Instance};
use crate::pure::socket::SocketId;
use std::rc::{Rc, Weak};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// What a fault without a connection to blame (a timer's) counts against one call that goes well: where these are fewer than four to one,
/// restarts come to wait. Faults that connections bring about have a pace of their own: see `probation.rs`.
const FAULT: u32 = 4;
/// Strikes that are answered by a fresh instance at once: some sixteen faults in a row.
const FREE_STRIKES: u32 = 16 * FAULT;
/// First and longest wait before a further try. Others wait, too: hence not long.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// A shard's instance.
pub(super) enum Seat {
    /// It can be called.
    Up(Box<Instance<Sockets>>),
    /// It has died, and so have its successors so far; why.
    Down(String),
}

impl Seat {
    pub(super) fn is_up(&self) -> bool {
        matches!(self, Self::Up(_))
    }
}

impl State {
    /// A call failed: undo it, let its connection go, and go on with a fresh instance.
    pub(super) fn faulted(&mut self, shard: &Rc<Shard>, current: Option<SocketId>, fault: &GuestFault) {
        self.tally.traps.add(1);
        self.record(shard, current, fault);
        shard.listener.containment.faulted(&shard.listener.name, fault.kind);
        if let Some(sockets) = &mut self.sockets {
            sockets.undo(current);
        }
        self.vacate(shard, fault.message.clone());
        if shard.member.is_some() {
            // Nobody else is concerned: the connection ends, and what it has made.
            self.condemn_all();
            return;
        }
        if current.is_some() {
            // Whoever did it is gone, and others like it wait for their turn.
            self.newcomers.fault();
        } else {
            self.strikes = self.strikes.saturating_add(FAULT);
        }
        if self.strikes <= FREE_STRIKES {
            self.restart(shard);
        } else {
            self.restart_later(shard);
        }
    }

    /// The log's record of a fault of the instance that sits there.
    pub(super) fn record(&mut self, shard: &Shard, current: Option<SocketId>, fault: &GuestFault) {
        let instance = match &mut self.seat {
            Seat::Up(instance) => Some(&mut **instance),
            Seat::Down(_) => None,
        };
        evidence::record(&shard.listener, &self.generation, instance, current, fault, "the plugin failed");
    }

    /// The last connection has ended: an instance that was there for one ends with it.
    pub(super) fn emptied(&mut self, shard: &Rc<Shard>) {
        let Some(member) = &shard.member else { return };
        self.closed = true;
        self.generation.instances.fetch_sub(1, Relaxed);
        self.vacate(shard, "ended".to_owned());
        if let Some(sockets) = &self.sockets {
            sockets.membership.leave();
            sockets.timer_waker.wake_by_ref();
        }
        member.leave();
    }

    fn condemn_all(&mut self) {
        let entries = self.sockets.iter_mut().flat_map(|sockets| sockets.entries.iter_mut());
        for (_, entry) in entries {
            entry.machine.condemn();
            entry.waker.wake_by_ref();
        }
    }

    /// Takes the instance away; its memory is given back off the worker.
    pub(super) fn vacate(&mut self, shard: &Rc<Shard>, why: String) {
        if let Seat::Up(mut instance) = std::mem::replace(&mut self.seat, Seat::Down(why)) {
            instance.leave();
            shard.counters.up.add(1_u64.wrapping_neg());
            self.note_memory(shard, 0);
            shard.listener.dispose(instance);
        }
    }

    /// The instance has so much linear memory now. Shards may share their counters.
    pub(super) fn note_memory(&mut self, shard: &Shard, bytes: usize) {
        let before = std::mem::replace(&mut self.memory, bytes as u64);
        shard.counters.memory.add(self.memory.wrapping_sub(before));
    }

    /// Puts a fresh instance of the same generation in place: it gets `start`, finds its sockets by `live` and their contexts as
    /// they were. Nothing happens where one sits already, or mustn't now.
    pub(super) fn restart(&mut self, shard: &Rc<Shard>) {
        if self.closed || self.held || self.seat.is_up() {
            return;
        }
        let generation = self.generation.clone();
        let mut made = None;
        let started = Instance::new(&generation.component, &generation.settings, &mut self.sockets)
            .and_then(|instance| made.insert(Box::new(instance)).start(&mut self.sockets, generation.plugin.configuration()));
        match (started, made) {
            (Ok(()), Some(instance)) => {
                shard.listener.containment.restarted();
                self.seat_instance(shard, instance);
            }
            (Ok(()), None) => {}
            (Err(fault), mut failed) => {
                let instance = failed.as_deref_mut();
                evidence::record(&shard.listener, &generation, instance, None, &fault, "the plugin can't be restarted");
                failed.into_iter().for_each(|instance| shard.listener.dispose(instance));
                shard.listener.containment.restart_failed(&shard.listener.name, fault.kind);
                if let Some(sockets) = &mut self.sockets {
                    sockets.undo(None);
                }
                self.seat = Seat::Down(fault.message);
                self.strikes = self.strikes.saturating_add(FAULT).max(FREE_STRIKES + FAULT);
                self.restart_later(shard);
            }
        }
    }

    /// `instance` serves from now on.
    pub(super) fn seat_instance(&mut self, shard: &Rc<Shard>, instance: Box<Instance<Sockets>>) {
        self.note_memory(shard, instance.memory_bytes());
        shard.counters.up.add(1);
        self.seat = Seat::Up(instance);
        if let Some(recycler) = &mut self.recycler {
            recycler.seated();
        }
        if let Some(sockets) = &mut self.sockets {
            sockets.phase = Phase::Acting;
            sockets.timer_handler = self.generation.component.has_timer_handler();
            sockets.settle(None);
        }
        self.dial(shard);
        self.wake_waiting();
    }

    fn restart_later(&mut self, shard: &Rc<Shard>) {
        let doublings = (self.strikes.saturating_sub(FREE_STRIKES + FAULT) / FAULT).min(16);
        let wait = (BACK_OFF.0 * 2u32.saturating_pow(doublings)).min(BACK_OFF.1);
        tracing::warn!(listener = %shard.listener.name, ?wait, "the plugin fails again and again; its next restart waits");
        let shard: Weak<Shard> = Rc::downgrade(shard);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(wait).await;
            if let Some(shard) = shard.upgrade() {
                shard.state.borrow_mut().restart(&shard);
            }
        });
    }
}
