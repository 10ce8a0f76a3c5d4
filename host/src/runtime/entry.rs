//! One connection: its state machine, its stream, its queue, its clock.

use super::clock::Clock;
use super::ends::Remote;
use super::upgrade::Upgrade;
use crate::net::{HangupWatch, Stream, socket_error};
use crate::pure::connection::{Conditions, Connection};
use crate::pure::limits::Limits;
use crate::pure::outbound::{Outbound, Pool, SLICES};
use crate::pure::socket::{Endpoint, SocketError, SocketId};
use std::io::{self, IoSlice};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// What the current guest call has done to a connection, so that it can be settled, or undone after a trap.
#[derive(Default)]
pub(super) struct Mark {
    /// Bytes of the queue that are older than the call.
    older: usize,
    /// Some of the call's bytes have reached the kernel.
    pub(super) sent: bool,
    /// It was ended, half-closed or terminated.
    pub(super) finished: bool,
    /// Its driver has something to do.
    pub(super) turn: bool,
    /// It couldn't take what was published, and is to be closed for it.
    pub(super) behind: bool,
}

pub(super) struct Entry {
    pub(super) id: SocketId,
    pub(super) machine: Connection,
    pub(super) stream: Stream,
    pub(super) out: Outbound,
    /// Its driver's; writes from other drivers' turns register it, too.
    pub(super) waker: Waker,
    /// Set while a guest call that touched it is under way.
    pub(super) mark: Option<Mark>,
    pub(super) context: Box<[u8]>,
    pub(super) bytes_read: u64,
    pub(super) bytes_written: u64,
    /// Turns in which the plugin was called and didn't fail, up to a few.
    pub(super) proofs: u8,
    /// It waits among the newcomers.
    pub(super) queued: bool,
    pub(super) clock: Clock,
    pub(super) remote: Remote,
    /// What a balancer announced; else kept when the descriptor is closed before the guest is told.
    pub(super) local: Option<Box<Endpoint>>,
    /// The name, or address, that the plugin connected to.
    #[expect(clippy::box_collection, reason = "one word instead of three in every entry; few have it")]
    pub(super) dialled: Option<Box<String>>,
    /// TLS that is begun on it.
    pub(super) upgrade: Option<Box<Upgrade>>,
    /// Watches for its end while nobody reads from it.
    hangup: Option<Box<HangupWatch>>,
    /// It has ended without an error: there is nothing left to watch for.
    hung_up: bool,
    /// The kernel has no room at the moment; the waker is registered.
    pub(super) blocked: bool,
    /// TLS holds bytes that the kernel hasn't got.
    flushing: bool,
}

impl Entry {
    pub(super) fn new(id: SocketId, machine: Connection, stream: Stream, remote: Remote, limits: &Limits) -> Self {
        Self {
            id,
            machine,
            stream,
            out: Outbound::default(),
            waker: Waker::noop().clone(),
            mark: None,
            context: Box::default(),
            bytes_read: 0,
            bytes_written: 0,
            proofs: 0,
            queued: false,
            clock: Clock::new(limits),
            remote,
            local: None,
            dialled: None,
            upgrade: None,
            hangup: None,
            hung_up: false,
            blocked: false,
            flushing: false,
        }
    }

    /// The connection that it waited for stands.
    pub(super) fn connected(&mut self, stream: Stream, limits: &Limits) {
        self.remote = Remote::from(stream.remote());
        self.machine.connected(!stream.is_plain());
        self.stream = stream;
        self.clock.begin(limits);
    }

    /// What the state machine has to know of the world.
    pub(super) fn conditions(&self, held: bool, limits: &Limits) -> Conditions {
        // Bytes that rest in TLS count as one: they are sent, but not gone.
        Conditions { queued: self.out.len() + usize::from(self.flushing), held, high_water: limits.high_water }
    }

    /// Its driver's turn begins: whatever was waited for may have come.
    pub(super) fn turn(&mut self, waker: &Waker) {
        if !self.waker.will_wake(waker) {
            self.waker = waker.clone();
        }
        self.blocked = false;
    }

    // ---- sending

    /// Whether [`Self::send_now`] is worth trying.
    pub(super) fn can_send_now(&self) -> bool {
        !self.blocked && self.upgrade.is_none() && self.stream.is_plain() && self.machine.is_sending()
    }

    /// Sends the queue and, behind it, `data` straight from where it is. Answers how much of `data` went.
    pub(super) fn send_now(&mut self, pool: &mut Pool, data: &[u8]) -> usize {
        let queued = self.out.len();
        // Behind what is shared with others it is queued.
        let Some([front, back]) = self.out.ring(queued) else { return 0 };
        let slices = [front, back, IoSlice::new(data)];
        let slices = if queued == 0 { &slices[2..] } else { &slices[..] };
        match self.stream.poll_write(&mut Context::from_waker(&self.waker), slices) {
            Poll::Ready(Ok(n)) => {
                self.sent(pool, n);
                n.saturating_sub(queued)
            }
            Poll::Ready(Err(error)) => {
                self.fail(socket_error(&error));
                0
            }
            Poll::Pending => {
                self.blocked = true;
                0
            }
        }
    }

    /// Sends what is queued, as far as the kernel takes it. Answers how many bytes went.
    pub(super) fn flush(&mut self, pool: &mut Pool) -> usize {
        if self.blocked || !self.machine.is_sending() || (self.sendable() == 0 && !self.flushing) {
            return 0;
        }
        let mut total = 0;
        while self.sendable() > 0 {
            match self.write_queue() {
                Poll::Ready(Ok(0)) => {
                    self.fail(socket_error(&io::ErrorKind::WriteZero.into()));
                    return total;
                }
                Poll::Ready(Ok(n)) => {
                    self.sent(pool, n);
                    total += n;
                }
                Poll::Ready(Err(error)) => {
                    self.fail(socket_error(&error));
                    return total;
                }
                Poll::Pending => {
                    self.blocked = true;
                    return total;
                }
            }
        }
        if !self.stream.is_plain() {
            match self.stream.poll_flush(&mut Context::from_waker(&self.waker)) {
                Poll::Ready(Ok(())) => self.flushing = false,
                Poll::Ready(Err(error)) => self.fail(socket_error(&error)),
                Poll::Pending => (self.flushing, self.blocked) = (true, true),
            }
        }
        total
    }

    /// Writes once from the queue.
    fn write_queue(&mut self) -> Poll<io::Result<usize>> {
        let limit = self.sendable();
        let cx = &mut Context::from_waker(&self.waker);
        if let Some(slices) = self.out.ring(limit) {
            return self.stream.poll_write(cx, &slices);
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        let (count, _) = self.out.gather(limit, &mut slices);
        self.stream.poll_write(cx, slices.get(..count).unwrap_or_default())
    }

    /// Bytes of the queue that may go now: before a TLS handshake those that were written before it.
    fn sendable(&self) -> usize {
        self.upgrade.as_ref().map_or(self.out.len(), |upgrade| upgrade.clear())
    }

    fn sent(&mut self, pool: &mut Pool, n: usize) {
        if let Some(upgrade) = &mut self.upgrade {
            upgrade.sent(n);
        }
        if let Some(mark) = &mut self.mark {
            mark.sent |= n > mark.older;
            mark.older = mark.older.saturating_sub(n);
        }
        self.out.sent(pool, n);
        self.bytes_written += n as u64;
        self.active();
    }

    fn fail(&mut self, error: SocketError) {
        self.flushing = false;
        self.machine.failed(error);
        if let Some(mark) = &mut self.mark {
            mark.turn = true;
        }
    }

    /// Reading failed; nothing is sent any more, either.
    pub(super) fn read_failed(&mut self, error: SocketError) {
        self.flushing = false;
        self.machine.read_failed(error);
    }

    /// Sends FIN.
    pub(super) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.upgrade = None;
        match std::task::ready!(self.stream.poll_finish(cx)) {
            Ok(()) => self.machine.finished(),
            Err(error) => self.fail(socket_error(&error)),
        }
        Poll::Ready(())
    }

    /// Throws the queue away and resets the connection.
    pub(super) fn reset(&mut self, pool: &mut Pool) {
        if self.machine.is_known() && self.local.is_none() {
            self.local = self.stream.local().map(|address| Box::new(crate::net::endpoint_of(&address)));
        }
        self.machine.lost(self.out.len() as u64);
        self.out.truncate(pool, 0);
        self.flushing = false;
        self.hangup = None;
        self.upgrade = None;
        self.stream.reset();
    }

    /// Watches a socket that is paused or half-open for a reset, which nobody would read. Answers whether there was one.
    pub(super) fn noticed_reset(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.machine.is_unread() || self.hung_up {
            self.hangup = None;
            return false;
        }
        if self.hangup.is_none() {
            // Without a descriptor to spare the reset is noticed when reading goes on.
            self.hangup = self.stream.transport().and_then(|socket| HangupWatch::new(socket).ok()).map(Box::new);
        }
        let Some(Poll::Ready(end)) = self.hangup.as_mut().map(|watch| watch.poll(cx)) else { return false };
        self.hangup = None;
        match end {
            Some(error) => self.machine.failed(socket_error(&error)),
            None => self.hung_up = true,
        }
        !self.hung_up
    }

    // ---- the current guest call

    /// Notes that the call touches it; true the first time.
    pub(super) fn touch(&mut self) -> bool {
        if self.mark.is_some() {
            return false;
        }
        self.mark = Some(Mark { older: self.out.len(), ..Mark::default() });
        true
    }

    pub(super) fn mark(&mut self) -> &mut Mark {
        self.mark.get_or_insert_default()
    }

    /// Undoes what a trapped call did to it. A peer that has seen a part of it is reset rather than misled.
    pub(super) fn undo(&mut self, pool: &mut Pool) {
        let Some(mark) = self.mark.take() else { return };
        if mark.behind {
            self.machine.forgive();
        }
        if mark.sent || mark.finished {
            self.machine.condemn();
        } else {
            self.out.truncate(pool, mark.older);
        }
    }

    // ---- the clock

    /// Bytes moved.
    pub(super) fn active(&mut self) {
        if self.clock.active() {
            self.waker.wake_by_ref();
        }
    }

    /// When [`Self::expire`] is to be called next.
    pub(super) fn deadline(&mut self, limits: &Limits) -> Option<Instant> {
        self.clock.deadline(&self.machine, limits)
    }

    /// Tells the state machine what is over at `now`.
    pub(super) fn expire(&mut self, now: Instant, limits: &Limits) {
        self.clock.expire(now, &mut self.machine, limits);
    }
}
