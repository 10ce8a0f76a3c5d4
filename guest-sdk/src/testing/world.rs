//! What the imitated host knows.

use crate::log::Level;
use crate::{ErrorCode, SessionInfo};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// The host's limits; the defaults are the real host's.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes that `write` takes before it is short.
    pub write_buffer: usize,
    /// Queued bytes above which reading stops and `drain` becomes due.
    pub high_water: usize,
    /// The largest `data` event.
    pub read_buffer: usize,
    /// Bytes of a context.
    pub context: usize,
    /// Topics that one socket may be subscribed to.
    pub topics: usize,
    /// Bytes of a topic's name.
    pub topic_name: usize,
    /// A subscriber without room for a message goes without it, rather than being closed.
    pub skip_slow_subscribers: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            write_buffer: 1 << 20,
            high_water: 64 << 10,
            read_buffer: 64 << 10,
            context: 64 << 10,
            topics: 256,
            topic_name: 256,
            skip_slow_subscribers: false,
        }
    }
}

/// Which calls are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Event,
    /// `start` and `restore`.
    Begin,
    Snapshot,
}

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) limits: Limits,
    pub(crate) phase: Phase,
    pub(crate) connections: BTreeMap<u64, Connection>,
    /// Those that are over, with what their peers had received.
    pub(crate) closed: Vec<(u64, Vec<u8>)>,
    pub(crate) last_id: u64,
    pub(crate) now: Duration,
    /// When each armed timer fires.
    pub(crate) timers: BTreeMap<u64, Duration>,
    pub(crate) log: Vec<(Level, String)>,
    /// Who has subscribed; ids never come again, so those that are gone do no harm.
    pub(crate) topics: BTreeMap<String, BTreeSet<u64>>,
    /// How many sockets of other instances have.
    pub(crate) elsewhere: BTreeMap<String, u32>,
    /// What went to them.
    pub(crate) published: Vec<(String, Vec<u8>)>,
}

#[derive(Debug, Default)]
pub(crate) struct Connection {
    /// The plugin made it.
    pub(crate) outbound: bool,
    /// Where the plugin wants it to lead; none once it stands.
    pub(crate) connecting: Option<String>,
    /// Sent by the peer, not yet delivered.
    pub(crate) input: VecDeque<u8>,
    /// Written by the plugin, not yet sent.
    pub(crate) queue: Vec<u8>,
    /// Sent, not yet looked at by the test.
    pub(crate) received: Vec<u8>,
    /// How much more the peer reads; none: everything.
    pub(crate) window: Option<usize>,
    pub(crate) paused: bool,
    pub(crate) no_auto_pause: bool,
    pub(crate) drain_due: bool,
    /// Our sending side has ended.
    pub(crate) shut: bool,
    /// `end`: nothing more is read either.
    pub(crate) ended: bool,
    pub(crate) terminated: bool,
    /// It has failed; the plugin is still to be told.
    pub(crate) failed: Option<ErrorCode>,
    pub(crate) peer_finished: bool,
    pub(crate) end_delivered: bool,
    pub(crate) context: Vec<u8>,
    pub(crate) idle: Option<Duration>,
    /// When `timeout` is due.
    pub(crate) idle_until: Option<Duration>,
    pub(crate) bytes_read: u64,
    pub(crate) bytes_written: u64,
    pub(crate) tls: Option<SessionInfo>,
    /// TLS has been asked for, and its handshake waits until so many bytes of the queue have gone in the clear.
    pub(crate) upgrading: Option<usize>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// The borrow never reaches into a plugin, so it is never taken twice.
pub(crate) fn with<R>(f: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(f)
}

impl World {
    /// For calls that read.
    pub(crate) fn connection(&mut self, id: u64) -> Result<&mut Connection, ErrorCode> {
        self.connections.get_mut(&id).ok_or(ErrorCode::Closed)
    }

    /// For calls that have an effect.
    pub(crate) fn affect(&mut self, id: u64) -> Result<&mut Connection, ErrorCode> {
        if self.phase != Phase::Event {
            return Err(ErrorCode::NotAllowed);
        }
        self.connection(id)
    }
}

impl Connection {
    /// Whether anything more can be sent to it.
    pub(crate) fn takes(&self) -> bool {
        !self.shut && !self.terminated && self.failed.is_none()
    }

    /// The peer reads what its window allows; whether a `drain` is due now.
    pub(crate) fn transmit(&mut self, now: Duration) -> bool {
        let sent = self.queue.len().min(self.window.unwrap_or(usize::MAX)).min(self.upgrading.unwrap_or(usize::MAX));
        if sent > 0 {
            self.upgrading = self.upgrading.map(|clear| clear - sent);
            self.window = self.window.map(|window| window - sent);
            self.received.extend(self.queue.drain(..sent));
            self.bytes_written += sent as u64;
            self.moved(now);
        }
        self.queue.is_empty() && !self.ended && std::mem::take(&mut self.drain_due)
    }

    /// The next chunk for `data`.
    pub(crate) fn deliver(&mut self, limits: &Limits, now: Duration) -> Option<Vec<u8>> {
        let held_back = self.upgrading.is_some()
            || self.paused
            || self.ended
            || (!self.no_auto_pause && self.queue.len() > limits.high_water);
        if held_back || self.input.is_empty() {
            return None;
        }
        let size = self.input.len().min(limits.read_buffer);
        self.bytes_read += size as u64;
        self.moved(now);
        Some(self.input.drain(..size).collect())
    }

    /// The peer's end of stream, behind the last byte.
    pub(crate) fn deliver_end(&mut self) -> bool {
        let held_back = self.upgrading.is_some() || self.paused || self.ended;
        let due = self.peer_finished && !self.end_delivered && self.input.is_empty() && !held_back;
        self.end_delivered |= due;
        due
    }

    /// Over for both sides.
    pub(crate) fn is_over(&self) -> bool {
        self.terminated || (self.queue.is_empty() && (self.ended || (self.end_delivered && !self.drain_due)))
    }

    /// Begins TLS, after the same checks as the real host's.
    pub(crate) fn upgrade(&mut self) -> Result<(), ErrorCode> {
        if self.shut || self.terminated {
            return Err(ErrorCode::Closed);
        }
        if self.upgrading.is_some() {
            return Err(ErrorCode::InProgress);
        }
        if self.tls.is_some() {
            return Err(ErrorCode::InvalidArgument);
        }
        self.upgrading = Some(self.queue.len());
        Ok(())
    }

    fn moved(&mut self, now: Duration) {
        self.idle_until = self.idle.map(|idle| now + idle);
    }
}
