//! One connection: the real state machine and queue, a kernel with little room, and a peer that knows which bytes are due.

use super::Chance;
use super::shard::Guest;
use crate::pure::connection::{Conditions, Connection, Event, Step};
use crate::pure::outbound::{Outbound, Pool};
use crate::pure::socket::{ErrorCode, SocketError};
use std::collections::VecDeque;

/// Bytes that the kernel takes from us before the peer reads.
const KERNEL: usize = 300;
/// The most that is read at once.
const READ: usize = 100;
const HIGH_WATER: usize = 200;
/// As the configuration must have it: an echo never sees a short write.
const WRITE_BUFFER: usize = HIGH_WATER + READ;

pub(super) struct Wire {
    pub(super) machine: Connection,
    out: Outbound,
    number: u64,
    /// From the peer, unread.
    inbound: VecDeque<u8>,
    /// To the peer, unread.
    outbound: VecDeque<u8>,
    /// Bytes that the peer has sent, and that it has got back.
    sent: u64,
    back: u64,
    /// Bytes that the guest was given.
    given: u64,
    fin: bool,
    fin_read: bool,
    reset_by_peer: bool,
    /// The host has sent its FIN.
    finished: bool,
    severed: bool,
    pub(super) condemned: bool,
    pub(super) forced: bool,
    pub(super) released: bool,
    heard: Vec<Event>,
    half_open: bool,
}

/// Which byte is due at this place.
fn byte(connection: u64, at: u64) -> u8 {
    (connection.wrapping_mul(31).wrapping_add(at).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

impl Wire {
    pub(super) fn new(tls: bool, half_open: bool) -> Self {
        Self {
            machine: Connection::accepted(tls, half_open),
            out: Outbound::default(),
            number: 0,
            inbound: VecDeque::new(),
            outbound: VecDeque::new(),
            sent: 0,
            back: 0,
            given: 0,
            fin: false,
            fin_read: false,
            reset_by_peer: false,
            finished: false,
            severed: false,
            condemned: false,
            forced: false,
            released: false,
            heard: Vec::new(),
            half_open,
        }
    }

    pub(super) fn numbered(mut self, number: u64) -> Self {
        self.number = number;
        self
    }

    // ---- the peer

    pub(super) fn peer_moves(&mut self, chance: &mut Chance) {
        match chance.below(40) {
            0 => self.fin = true,
            1 if chance.one_in(4) => self.reset_by_peer = true,
            2..=20 if !self.fin && !self.reset_by_peer => self.peer_sends(1 + chance.below(150) as u64),
            _ => self.peer_reads(1 + chance.below(120)),
        }
    }

    fn peer_sends(&mut self, length: u64) {
        self.inbound.extend((self.sent..self.sent + length).map(|at| byte(self.number, at)));
        self.sent += length;
    }

    fn peer_reads(&mut self, length: usize) {
        for got in self.outbound.drain(..length.min(self.outbound.len())) {
            assert_eq!(
                got,
                byte(self.number, self.back),
                "connection {}: another byte than is due at {}",
                self.number,
                self.back
            );
            self.back += 1;
        }
    }

    /// The peer reads all, has nothing more to say, and goes.
    pub(super) fn peer_goes(&mut self) {
        self.peer_reads(usize::MAX);
        self.fin = true;
    }

    // ---- the host

    fn conditions(&self, held: bool) -> Conditions {
        Conditions { queued: self.out.len(), held, high_water: HIGH_WATER }
    }

    fn flush(&mut self, pool: &mut Pool) -> usize {
        if !self.machine.is_sending() {
            return 0;
        }
        let room = KERNEL.saturating_sub(self.outbound.len()).min(self.out.len());
        if let Some(slices) = self.out.ring(room) {
            slices.iter().for_each(|slice| self.outbound.extend(slice.iter()));
        }
        self.out.sent(pool, room);
        room
    }

    /// The driver's turn, as `runtime::turn` has it. `traps`: the next event does.
    pub(super) fn turn(&mut self, pool: &mut Pool, mut guest: Option<&mut Guest>, traps: &mut bool) {
        self.flush(pool);
        if self.reset_by_peer {
            self.machine.failed(SocketError { code: ErrorCode::Reset, message: "reset".into() });
        }
        for _ in 0..500 {
            let held = guest.is_none();
            match self.machine.next(self.conditions(held)) {
                Step::Tell(event) => {
                    let Some(guest) = guest.as_deref_mut() else { panic!("{event:?} while nobody may be called") };
                    guest.event();
                    let last = matches!(event, Event::Close(_));
                    self.heard.push(event);
                    if std::mem::take(traps) {
                        // It has been told, whatever became of that.
                        self.condemned = !last;
                        return self.trap(guest);
                    }
                }
                step @ (Step::Read | Step::Discard) => {
                    let length = READ.min(self.inbound.len());
                    let bytes: Vec<u8> = self.inbound.drain(..length).collect();
                    if bytes.is_empty() {
                        if self.fin && !self.fin_read {
                            self.fin_read = true;
                            self.machine.peer_finished();
                        } else if !self.machine.read_dry() {
                            return;
                        }
                    } else if step == Step::Read {
                        let Some(guest) = guest.as_deref_mut() else { panic!("read while nobody may be called") };
                        guest.event();
                        self.data(pool, &bytes, guest);
                        if std::mem::take(traps) {
                            self.out.truncate(pool, self.out.len().saturating_sub(bytes.len()));
                            self.condemned = true;
                            return self.trap(guest);
                        }
                        // What the call wrote leaves when it returns.
                        self.flush(pool);
                    }
                }
                Step::Finish => {
                    assert_eq!(self.out.len(), 0, "FIN before what is queued");
                    assert!(!self.finished, "two FINs");
                    self.finished = true;
                    self.machine.finished();
                }
                Step::Reset => {
                    assert!(!self.severed, "reset twice");
                    self.severed = true;
                    self.machine.lost(self.out.len() as u64);
                    self.out.truncate(pool, 0);
                }
                Step::Release => {
                    self.released = true;
                    return;
                }
                Step::Wait => return,
                Step::Upgrade => panic!("nobody asked for TLS"),
            }
        }
        panic!("a turn never ends: {:?}", self.machine);
    }

    /// An echo.
    fn data(&mut self, pool: &mut Pool, bytes: &[u8], guest: &mut Guest) {
        for (at, got) in bytes.iter().enumerate() {
            assert_eq!(*got, byte(self.number, self.given + at as u64), "the guest is given another byte than is due");
        }
        self.given += bytes.len() as u64;
        guest.counted += bytes.len() as u64;
        match self.machine.write(bytes.len(), self.out.len(), WRITE_BUFFER) {
            Ok(taken) => {
                assert_eq!(taken, bytes.len(), "a short write to an echo");
                self.out.push(pool, bytes);
                if self.out.len() > HIGH_WATER {
                    self.machine.crossed_high_water();
                }
            }
            // What had come before a reset is delivered; there is nobody to answer.
            Err(_) => assert!(self.reset_by_peer || self.finished || self.forced),
        }
    }

    fn trap(&mut self, guest: &mut Guest) {
        guest.dead = true;
        self.machine.condemn();
    }

    /// What a connection that is over has come to.
    pub(super) fn check(&mut self) {
        let heard = &self.heard;
        let count = |which: fn(&Event) -> bool| heard.iter().filter(|event| which(event)).count();
        let (opens, closes) = (count(|event| matches!(event, Event::Open)), count(|event| matches!(event, Event::Close(_))));
        assert!(self.released, "connection {} never ends: {:?}", self.number, self.machine);
        assert!(opens <= 1 && closes <= opens, "{heard:?}");
        if closes == 1 {
            assert!(matches!(heard.last(), Some(Event::Close(_))), "an event after `close`: {heard:?}");
        }
        if self.condemned {
            return assert_eq!(closes, 0, "{heard:?}");
        }
        assert_eq!(closes, opens, "one `close` per `open`: {heard:?}");
        if self.forced || (self.reset_by_peer && opens == 0) {
            return;
        }
        assert_eq!((self.given, opens), (self.sent, 1), "not all was given to the guest: {heard:?}");
        if self.reset_by_peer {
            return;
        }
        self.peer_reads(usize::MAX);
        assert_eq!(self.back, self.sent, "not all came back, half-open: {}", self.half_open);
    }

    /// A half-open connection is the guest's to end.
    pub(super) fn end_if_half_open(&mut self) {
        if self.half_open && self.heard.iter().any(|event| matches!(event, Event::End)) {
            let _ = self.machine.end();
        }
    }
}
