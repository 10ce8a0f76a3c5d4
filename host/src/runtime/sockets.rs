//! A shard's connections, timers and what its guest may do with them: the host's side of a guest call.

use super::counters::ShardCounters;
use super::dial::Dial;
use super::ends::{Ends, Remote};
use super::entry::Entry;
use super::grants::Grants;
use super::staged::Staged;
use super::topics::{Membership, Publishing};
use crate::net::Stream;
use crate::pure::connection::Connection;
use crate::pure::limits::Limits;
use crate::pure::outbound::Pool;
use crate::pure::socket::{ErrorCode, MAX_CONNECTIONS, SocketId};
use crate::pure::subscriptions::Subscriptions;
use crate::pure::timers::Timers;
use slab::Slab;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Waker;

/// What a guest call may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// An event, or the `start` of an instance that serves: everything.
    Acting,
    /// `snapshot`: only questions.
    Asking,
    /// A candidate's `start` and `restore`: questions, and what can be staged.
    Candidate,
}

/// A connection in the hands of a guest call.
pub(super) struct Touched<'a> {
    pub(super) entry: &'a mut Entry,
    pub(super) pool: &'a mut Pool,
    pub(super) limits: &'a Limits,
    pub(super) counters: &'a ShardCounters,
}

/// Lent to the instance for the length of a call.
pub(super) struct Sockets {
    pub(super) entries: Slab<Entry>,
    pub(super) timers: Timers,
    pub(super) pool: Pool,
    pub(super) phase: Phase,
    pub(super) staged: Staged,
    pub(super) limits: Arc<Limits>,
    pub(super) listener: Arc<str>,
    pub(super) counters: Arc<ShardCounters>,
    pub(super) grants: Arc<Grants>,
    /// Connections that the current call has asked for.
    pub(super) dials: Vec<Dial>,
    pub(super) subscriptions: Subscriptions,
    pub(super) membership: Membership,
    /// What the current call has published.
    pub(super) publishing: Publishing,
    /// Whether the instance exports `timer-handler`.
    pub(super) timer_handler: bool,
    /// The timer driver's.
    pub(super) timer_waker: Waker,
    /// Where its generation counts its connections, if it does.
    pub(super) census: Option<Arc<AtomicU64>>,
    serials: Arc<AtomicU64>,
    /// Connections that the current call has touched.
    pub(super) touched: Vec<usize>,
}

impl Sockets {
    pub(super) fn new(
        limits: Arc<Limits>,
        grants: Arc<Grants>,
        listener: Arc<str>,
        counters: Arc<ShardCounters>,
        serials: Arc<AtomicU64>,
        membership: Membership,
    ) -> Self {
        Self {
            entries: Slab::new(),
            timers: Timers::default(),
            pool: Pool::default(),
            phase: Phase::Acting,
            staged: Staged::default(),
            limits,
            grants,
            dials: Vec::new(),
            subscriptions: Subscriptions::default(),
            membership,
            publishing: Publishing::default(),
            listener,
            counters,
            timer_handler: false,
            timer_waker: Waker::noop().clone(),
            census: None,
            serials,
            touched: Vec::new(),
        }
    }

    /// An empty table for a candidate's `start`, away from the connections.
    pub(super) fn for_candidate(limits: Arc<Limits>, listener: Arc<str>, timer_handler: bool) -> Self {
        let mut sockets = Self::new(limits, Arc::default(), listener, Arc::default(), Arc::default(), Membership::none());
        sockets.phase = Phase::Candidate;
        sockets.timer_handler = timer_handler;
        sockets
    }

    /// Takes a connection in; none when the table is full.
    pub(super) fn insert(&mut self, stream: Stream, ends: Ends, allow_half_open: bool) -> Option<SocketId> {
        if self.entries.len() >= MAX_CONNECTIONS {
            return None;
        }
        let machine = Connection::accepted(!stream.is_plain(), allow_half_open);
        let id = self.put(machine, stream, ends.remote);
        if let Some(entry) = self.entry(id) {
            entry.local = ends.local;
        }
        Some(id)
    }

    /// Puts a connection into the table.
    pub(super) fn put(&mut self, machine: Connection, stream: Stream, remote: Remote) -> SocketId {
        let vacant = self.entries.vacant_entry();
        // Serials start at 1: 0 is never a socket.
        let id = SocketId::new(self.serials.fetch_add(1, Relaxed) + 1, vacant.key());
        vacant.insert(Entry::new(id, machine, stream, remote, &self.limits));
        if let Some(census) = &self.census {
            census.fetch_add(1, Relaxed);
        }
        id
    }

    /// Its connections are another generation's now.
    pub(super) fn move_census(&mut self, to: &Arc<AtomicU64>) {
        if let Some(census) = &mut self.census {
            let count = self.entries.len() as u64;
            to.fetch_add(count, Relaxed);
            std::mem::replace(census, to.clone()).fetch_sub(count, Relaxed);
        }
    }

    /// The connection called `id`, whatever its state.
    pub(super) fn entry(&mut self, id: SocketId) -> Option<&mut Entry> {
        self.entries.get_mut(id.key()).filter(|entry| entry.id == id)
    }

    /// Forgets a connection; its descriptor closes.
    pub(super) fn remove(&mut self, id: SocketId) {
        if self.entry(id).is_some() {
            let mut entry = self.entries.remove(id.key());
            entry.out.truncate(&mut self.pool, 0);
            self.pool.ledger.give(entry.context.len());
            if let Some(census) = &self.census {
                census.fetch_sub(1, Relaxed);
            }
            self.unsubscribe_all(id);
        }
    }

    /// Exchanges a context, if there is memory for it. False, if not; a connection that is gone needs none.
    pub(super) fn put_context(&mut self, id: SocketId, context: Box<[u8]>) -> bool {
        let Self { entries, pool, .. } = self;
        let Some(entry) = entries.get_mut(id.key()).filter(|entry| entry.id == id) else { return true };
        let more = context.len().saturating_sub(entry.context.len());
        if more > 0 && !pool.ledger.room(more) {
            return false;
        }
        pool.ledger.give(entry.context.len());
        pool.ledger.take(context.len());
        entry.context = context;
        true
    }

    /// The connection called `id`, for questions.
    pub(super) fn known(&self, id: SocketId) -> Result<&Entry, ErrorCode> {
        self.entries.get(id.key()).filter(|entry| entry.id == id && entry.machine.is_known()).ok_or(ErrorCode::Closed)
    }

    /// The connection called `id`, to be changed by the current call; beside it what changing takes.
    pub(super) fn touch(&mut self, id: SocketId) -> Result<Touched<'_>, ErrorCode> {
        if self.phase != Phase::Acting {
            return Err(ErrorCode::NotAllowed);
        }
        let entry =
            self.entries.get_mut(id.key()).filter(|entry| entry.id == id && entry.machine.is_known()).ok_or(ErrorCode::Closed)?;
        if entry.touch() {
            self.touched.push(id.key());
        }
        Ok(Touched { entry, pool: &mut self.pool, limits: &self.limits, counters: &self.counters })
    }

    /// A call has returned: what it wrote leaves together (auto-cork), and drivers with something to do are woken.
    /// `current` is the connection whose driver made the call.
    pub(super) fn settle(&mut self, current: Option<SocketId>) {
        while let Some(key) = self.touched.pop() {
            let Some(entry) = self.entries.get_mut(key) else { continue };
            let sent = entry.flush(&mut self.pool);
            self.counters.bytes_written.add(sent as u64);
            let turn = entry.mark.take().is_some_and(|mark| mark.turn);
            if turn && current != Some(entry.id) {
                entry.waker.wake_by_ref();
            }
        }
        self.settle_published();
    }

    /// A call has trapped: `current` is condemned, what the call wrote is undone, its timers are gone.
    pub(super) fn undo(&mut self, current: Option<SocketId>) {
        if let Some(entry) = current.and_then(|id| self.entry(id)) {
            entry.machine.condemn();
        }
        while let Some(key) = self.touched.pop() {
            let Some(entry) = self.entries.get_mut(key) else { continue };
            entry.undo(&mut self.pool);
            if current != Some(entry.id) {
                entry.waker.wake_by_ref();
            }
        }
        self.publishing = Publishing::default();
        self.timers.clear_all();
        for dial in std::mem::take(&mut self.dials) {
            self.remove(dial.id);
        }
    }

    /// Resets every connection (a forced stop); `close` is told.
    pub(super) fn terminate_all(&mut self) {
        for (_, entry) in &mut self.entries {
            let _ = entry.machine.terminate();
            entry.waker.wake_by_ref();
        }
    }
}
