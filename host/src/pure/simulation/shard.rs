//! A shard: an instance on its seat or none, holds and votes as in `runtime::vote`, and its connections.

use super::Chance;
use super::connection::Wire;
use crate::pure::outbound::Pool;

/// An instance of a generation.
#[derive(Debug, Clone)]
pub(super) struct Guest {
    pub(super) generation: u64,
    /// Its state: bytes that it was given, and those before it whose state it has.
    pub(super) counted: u64,
    pub(super) dead: bool,
    retired: bool,
}

impl Guest {
    pub(super) fn new(generation: u64) -> Self {
        Self { generation, counted: 0, dead: false, retired: false }
    }

    pub(super) fn event(&mut self) {
        assert!(!self.dead && !self.retired, "an event to an instance that is gone: {self:?}");
    }
}

#[derive(Default)]
pub(super) struct Shard {
    seat: Option<Guest>,
    /// What the seat's generation is, whoever sits there.
    generation: u64,
    held: bool,
    pending: Option<Guest>,
    wires: Vec<Wire>,
    pool: Pool,
    arrived: u64,
    /// The next event traps.
    traps: bool,
    /// What the instance's state must be.
    due: u64,
}

impl Shard {
    pub(super) fn new(guest: Guest) -> Self {
        Self { generation: guest.generation, seat: Some(guest), ..Self::default() }
    }

    pub(super) fn arrive(&mut self, wire: Wire) {
        self.arrived += 1;
        self.wires.push(wire.numbered(self.arrived));
    }

    pub(super) fn peer(&mut self, chance: &mut Chance) {
        if !self.wires.is_empty() {
            let at = chance.below(self.wires.len());
            self.wires[at].peer_moves(chance);
        }
    }

    pub(super) fn turn(&mut self, chance: &mut Chance) {
        if !self.wires.is_empty() {
            self.turn_of(chance.below(self.wires.len()));
        }
    }

    fn turn_of(&mut self, at: usize) {
        let Self { seat, wires, pool, traps, held, due, .. } = self;
        let before = seat.as_ref().map_or(0, |guest| guest.counted);
        let guest = if *held { None } else { seat.as_mut() };
        if !wires[at].released {
            wires[at].turn(pool, guest, traps);
        }
        let Some(guest) = seat else { return };
        if guest.dead {
            // The state is lost with it.
            *due = 0;
            *seat = None;
        } else {
            *due += guest.counted - before;
            assert_eq!(guest.counted, *due, "the state isn't what the events made it");
        }
    }

    pub(super) fn trap_next(&mut self) {
        self.traps = true;
    }

    /// A fresh instance of the same generation where nobody sits.
    pub(super) fn restart(&mut self) {
        if self.seat.is_none() && !self.held {
            self.seat = Some(Guest::new(self.generation));
        }
    }

    /// A forced stop, of some.
    pub(super) fn terminate(&mut self, chance: &mut Chance) {
        for wire in self.wires.iter_mut().filter(|wire| !wire.released) {
            if chance.one_in(2) && wire.machine.terminate().is_ok() {
                wire.forced = true;
            }
        }
    }

    // ---- a reload

    pub(super) fn quiesce(&mut self, mut candidate: Guest) {
        assert!(self.pending.is_none(), "two reloads at a time");
        self.held = true;
        candidate.counted = self.seat.as_ref().map_or(0, |guest| guest.counted);
        self.pending = Some(candidate);
    }

    /// Says no; what asks for a snapshot may also kill who is asked.
    pub(super) fn refuse(&mut self, dies: bool) {
        self.held = true;
        if dies {
            self.seat = None;
            self.due = 0;
        }
    }

    pub(super) fn commit(&mut self) {
        let candidate = self.pending.take().expect("a vote before the commit");
        if let Some(old) = &mut self.seat {
            old.retired = true;
        }
        self.generation = candidate.generation;
        self.seat = Some(candidate);
        self.held = false;
    }

    pub(super) fn roll_back(&mut self) {
        self.pending = None;
        self.held = false;
        self.restart();
    }

    // ---- the end

    /// Turns until nothing changes any more.
    pub(super) fn drain(&mut self, chance: &mut Chance) {
        self.traps = false;
        for _ in 0..200 {
            for at in 0..self.wires.len() {
                self.wires[at].peer_goes();
                self.wires[at].end_if_half_open();
                self.turn_of(at);
            }
            if chance.one_in(8) && self.wires.iter().all(|wire| wire.released) {
                break;
            }
        }
    }

    pub(super) fn check(&mut self, generation: u64) {
        let guest = self.seat.as_ref().expect("somebody serves");
        assert_eq!((guest.generation, self.held, self.pending.is_none()), (generation, false, true), "one generation serves");
        self.wires.iter_mut().for_each(Wire::check);
    }
}
