//! A shard: one of a listener's instances on its worker. The instance, its connections, its timers.

use super::counters::ShardCounters;
use super::driver::Driver;
use super::ends::Ends;
use super::generation::SharedGeneration;
use super::listener::Listener;
use super::meter::Meter;
use super::nest::Member;
use super::probation::Newcomers;
use super::recycle::Recycler;
use super::seat::Seat;
use super::sockets::Sockets;
use super::tally::Tally;
use super::vote::Pending;
use super::worker::Local;
use crate::guest::{GuestFault, Slot};
use crate::net::Stream;
use crate::pure::connection::Event;
use crate::pure::socket::SocketId;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

/// One of a listener's instances, and what belongs to it; lives on one worker.
pub(super) struct Shard {
    /// Its place, where each connection has an instance.
    pub(super) member: Option<Member>,
    pub(super) listener: Arc<Listener>,
    pub(super) counters: Arc<ShardCounters>,
    pub(super) local: Rc<Local>,
    pub(super) state: RefCell<State>,
}

/// The part that changes. Borrowed for one driver's turn at a time; nothing in a turn runs another task.
pub(super) struct State {
    /// Lent to the instance during a call, here otherwise.
    pub(super) sockets: Slot<Sockets>,
    pub(super) seat: Seat,
    pub(super) generation: SharedGeneration,
    /// What it does here.
    pub(super) tally: Arc<Tally>,
    /// A reload's candidate, voted for and waiting for the decision.
    pub(super) pending: Option<Pending>,
    /// A reload has stopped the guest's calls.
    pub(super) held: bool,
    /// The listener has stopped: drivers end.
    pub(super) closed: bool,
    /// Drivers that came by while the guest couldn't be called. A reload wakes these and no others, so that its pause
    /// doesn't grow with connections.
    pub(super) waiting: Vec<Waker>,
    /// Its instance's linear memory at the last look, bytes.
    pub(super) memory: u64,
    pub(super) newcomers: Newcomers,
    /// Whose turn it is has behaved well so far.
    pub(super) vouched: bool,
    /// Grows with each fault, shrinks with each call that goes well.
    pub(super) strikes: u32,
    /// Where it has a share of CPU time to keep to.
    pub(super) meter: Option<Box<Meter>>,
    /// Where instances are recycled.
    pub(super) recycler: Option<Box<Recycler>>,
}

impl Shard {
    /// Takes a connection in and starts its driver.
    pub(super) fn adopt(self: &Rc<Self>, stream: Stream, ends: Ends, ticket: super::counters::Ticket) {
        let inserted = {
            let mut state = self.state.borrow_mut();
            let closed = state.closed;
            match &mut state.sockets {
                Some(sockets) if !closed => sockets.insert(stream, ends, self.listener.allow_half_open),
                _ => None,
            }
        };
        if let Some(id) = inserted {
            tokio::task::spawn_local(Driver::new(self.clone(), id, ticket));
        }
    }

    /// Resets all connections; their plugin hears `close`.
    pub(super) fn terminate(&self) {
        let mut state = self.state.borrow_mut();
        // An end doesn't wait for a share of CPU time.
        state.meter = None;
        state.wake_waiting();
        if let Some(sockets) = &mut state.sockets {
            sockets.terminate_all();
        }
    }

    /// For what `generation` is going to do here.
    pub(super) fn tally(&self, generation: &SharedGeneration) -> Arc<Tally> {
        self.member.as_ref().map_or_else(|| generation.tally(), |member| member.nest.tally(generation))
    }

    /// Its end: the instance goes, drivers that are left end without a word.
    pub(super) fn close(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        state.closed = true;
        state.vacate(self, "stopped".to_owned());
        state.wake_waiting();
        if let Some(sockets) = &mut state.sockets {
            sockets.membership.leave();
            sockets.timer_waker.wake_by_ref();
            sockets.entries.iter().for_each(|(_, entry)| entry.waker.wake_by_ref());
        }
    }
}

impl State {
    /// Nobody sits there yet.
    pub(super) fn new(sockets: Box<Sockets>, generation: SharedGeneration, tally: Arc<Tally>) -> Self {
        Self {
            meter: Meter::new(&sockets.limits),
            recycler: Recycler::new(&sockets.limits),
            sockets: Some(sockets),
            seat: Seat::Down("starting".to_owned()),
            memory: 0,
            tally,
            generation,
            pending: None,
            held: false,
            closed: false,
            waiting: Vec::new(),
            newcomers: Newcomers::new(),
            vouched: false,
            strikes: 0,
        }
    }

    /// Whether the guest can't be called now.
    pub(super) fn is_held(&self) -> bool {
        self.held || !self.seat.is_up() || self.meter.as_ref().is_some_and(|meter| meter.paused)
    }

    /// Wakes the drivers that came by meanwhile.
    pub(super) fn wake_waiting(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }

    /// `data`.
    pub(super) fn data(&mut self, shard: &Rc<Shard>, id: SocketId, bytes: &[u8]) {
        let Seat::Up(instance) = &mut self.seat else { return };
        let began = self.tally.begin();
        let result = instance.data(&mut self.sockets, id, bytes);
        self.called(shard, Some(id), began, result);
    }

    /// Any other event of a connection.
    pub(super) fn tell(&mut self, shard: &Rc<Shard>, id: SocketId, event: &Event) {
        let Seat::Up(instance) = &mut self.seat else { return };
        let sockets = &mut self.sockets;
        if let Event::Close(info) = event {
            self.tally.closes.add(1);
            self.tally.close_errors.add(u64::from(info.error.is_some()));
        }
        let began = self.tally.begin();
        let result = match event {
            Event::Handshake => {
                let entry = sockets.as_deref_mut().and_then(|sockets| sockets.entry(id));
                let objection = entry.and_then(|entry| entry.stream.objection()).map(str::to_owned);
                instance.handshake(sockets, id, objection.as_deref().map_or(Ok(()), Err))
            }
            Event::Open => instance.open(sockets, id),
            Event::Drain => instance.drain(sockets, id),
            Event::Timeout => instance.timeout(sockets, id),
            Event::End => instance.end(sockets, id),
            Event::Error(error) => instance.error(sockets, id, error),
            Event::Close(info) => instance.close(sockets, id, info),
            Event::ConnectError(error) => instance.connect_error(sockets, id, error),
        };
        self.called(shard, Some(id), began, result);
    }

    /// `fired`.
    pub(super) fn fired(&mut self, shard: &Rc<Shard>, token: u64) {
        let Seat::Up(instance) = &mut self.seat else { return };
        let began = self.tally.begin();
        let result = instance.fired(&mut self.sockets, token);
        self.called(shard, None, began, result);
    }

    /// After each call: settle what it did, or undo it and put a fresh instance in its place.
    fn called(&mut self, shard: &Rc<Shard>, current: Option<SocketId>, began: Option<Instant>, result: Result<(), GuestFault>) {
        self.tally.end(began);
        match result {
            Ok(()) => {
                self.strikes = self.strikes.saturating_sub(1);
                if let Some(sockets) = &mut self.sockets {
                    sockets.settle(current);
                }
                self.dial(shard);
                if self.recycler.is_some() {
                    self.consider_recycling(shard);
                }
            }
            Err(fault) => self.faulted(shard, current, &fault),
        }
    }
}
