//! Every number that bounds a listener, with its default and the reason for it.

use super::breaker::OnTrap;
use super::error::{Error, Result};
use super::share::CpuShare;
use super::socket::MAX_CONNECTIONS;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Bounds on one listener, its connections and its plugin's instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that `write` accepts before it is short, per socket. 1 MiB: sixteen full read
    /// buffers, so that only a peer that really doesn't read meets it.
    pub write_buffer: usize,
    /// Queued bytes above which reading pauses and `drain` becomes due, per socket. 64 KiB: about what the
    /// kernel's own send buffer holds beside it.
    pub high_water: usize,
    /// The largest chunk that one `data` event carries; one buffer of this size per worker. 64 KiB:
    /// larger chunks win nothing measurable.
    pub read_buffer: usize,
    /// Reads of one connection in one turn, so that one busy peer doesn't starve the rest.
    pub reads_per_turn: u32,
    /// Bytes of context kept per socket. 64 KiB: a session, not a database.
    pub context: usize,
    /// Connections of one listener at a time. 65,536: bounded by descriptors first.
    pub connections: usize,
    /// Connections of one peer at a time: of an IPv4 address, or of an IPv6 network of 64 bits. None: balancers and
    /// networks behind one address have many.
    pub connections_per_peer: Option<usize>,
    /// Timers armed at a time, per instance.
    pub timers: usize,
    /// Generations of the plugin that may be live at a time: those whose connections stay with them, and the one that gets the new ones.
    /// 4: each has instances of its own.
    pub generations: usize,
    /// Topics that one socket may be subscribed to at a time. 256: a person's rooms; more is a plugin that forgets to unsubscribe.
    pub topics: usize,
    /// Bytes of a topic's name. 256: each is kept once per instance that has a subscriber.
    pub topic_name: usize,
    /// Subscriptions of all sockets of the listener together. 1,048,576: sixteen for each connection, at some 150 bytes each.
    pub subscriptions: usize,
    /// Published bytes on their way to any other instance of the listener; `publish` is refused beyond. 16 MiB: an instance that is
    /// busy for the length of an event's budget is no reason, one that doesn't come to rest is.
    pub topic_backlog: usize,
    /// What becomes of a subscriber whose queue can't take a message.
    pub slow_subscribers: SlowSubscribers,
    /// Idle time after which the host closes a connection. None: a protocol's idle rules are its own.
    pub idle_timeout: Option<Duration>,
    /// From `connect` to `open`, for connections that the plugin makes: look-up, connect. A plugin may ask for less. 10 s.
    pub connect_timeout: Duration,
    /// From accept to the end of the TLS handshake. 10 s: three retransmissions on a bad line.
    pub handshake_timeout: Duration,
    /// How long input is read and discarded after a local `end` while the peer's FIN is awaited.
    pub linger_timeout: Duration,
    /// How long a local `end` or `shutdown` waits for a peer that doesn't read. 30 s.
    pub close_timeout: Duration,
    /// How long a graceful stop waits for live connections to end before it terminates them. 30 s.
    pub drain_timeout: Duration,
    /// CPU time of one event. 100 ms: a thousand times what a normal event takes.
    pub event_budget: Duration,
    /// CPU time of one instance over time, of one core. None: only where listeners share workers is there anybody to be fair to.
    pub cpu_share: Option<CpuShare>,
    /// CPU time of `start`. 5 s: interpreters take long to wake up.
    pub start_budget: Duration,
    /// CPU time of `snapshot` and of `restore`, each; and how long a reload may hold events back in all. 1 s.
    pub reload_deadline: Duration,
    /// Linear memory of one instance. 256 MiB.
    pub memory: usize,
    /// Linear memory of all instances, contexts, and what is queued or published, together. None: instances × memory and connections ×
    /// write-buffer bound it, and how much a machine has isn't known here.
    pub total_memory: Option<usize>,
    /// Bytes of names and options that one call of the plugin's may have copied out of it (`connect`, `upgrade-client`); lists of
    /// bytes are read where they are. 1 MiB.
    pub event_fuel: usize,
    /// Bytes of a snapshot. 128 MiB.
    pub snapshot: usize,
    /// Bytes of one log message; what is longer is cut, and says so.
    pub log_message: usize,
    /// Log messages per second and instance; the rest are counted and summed up in one line.
    pub log_rate: u32,
    /// What follows when the plugin has failed `trap_limit` times within `trap_window`. Restart: a peer that finds a bug must not be able
    /// to end the service for all.
    pub on_trap: OnTrap,
    /// Faults that open the breaker. 32: twice as many as are answered at once, so that one bad burst of one peer seldom does it.
    pub trap_limit: usize,
    /// The time within which they count. 1 min: a plugin that fails at each call, and so is restarted ever more slowly, has failed
    /// so often after ten seconds.
    pub trap_window: Duration,
    /// Linear memory at which an instance is replaced by a fresh one, as by a reload. None: a plugin that doesn't leak needs no such thing.
    pub recycle_memory: Option<usize>,
    /// Events after which it is. None.
    pub recycle_events: Option<u64>,
    /// Time after which it is, at its next event. None.
    pub recycle_after: Option<Duration>,
}

/// What becomes of a subscriber whose queue has no room for the whole of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlowSubscribers {
    /// It is closed, with `limit-exceeded`: nobody goes on with a gap that it doesn't know of.
    #[default]
    Close,
    /// It goes without this message, and isn't counted.
    Skip,
}

impl FromStr for SlowSubscribers {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "close" => Ok(Self::Close),
            "skip" => Ok(Self::Skip),
            _ => Err(Error::configuration(format!("slow-subscribers '{text}' makes no sense")).hint("use close or skip")),
        }
    }
}

impl fmt::Display for SlowSubscribers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Close => "close",
            Self::Skip => "skip",
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            write_buffer: 1 << 20,
            high_water: 64 << 10,
            read_buffer: 64 << 10,
            reads_per_turn: 16,
            context: 64 << 10,
            connections: 65_536,
            connections_per_peer: None,
            timers: 65_536,
            generations: 4,
            topics: 256,
            topic_name: 256,
            subscriptions: 1 << 20,
            topic_backlog: 16 << 20,
            slow_subscribers: SlowSubscribers::Close,
            idle_timeout: None,
            connect_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(10),
            linger_timeout: Duration::from_secs(5),
            close_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(30),
            event_budget: Duration::from_millis(100),
            cpu_share: None,
            start_budget: Duration::from_secs(5),
            reload_deadline: Duration::from_secs(1),
            memory: 256 << 20,
            total_memory: None,
            event_fuel: 1 << 20,
            snapshot: 128 << 20,
            log_message: 8 << 10,
            log_rate: 1_000,
            on_trap: OnTrap::Restart,
            trap_limit: 32,
            trap_window: Duration::from_secs(60),
            recycle_memory: None,
            recycle_events: None,
            recycle_after: None,
        }
    }
}

impl Limits {
    /// Refuses values that can't work, or not together. The names are those of the flags.
    pub fn check(&self) -> Result<()> {
        let never_zero = [
            ("connect-timeout", self.connect_timeout.is_zero()),
            ("handshake-timeout", self.handshake_timeout.is_zero()),
            ("event-budget", self.event_budget.is_zero()),
            ("start-budget", self.start_budget.is_zero()),
            ("reload-deadline", self.reload_deadline.is_zero()),
            ("idle-timeout", self.idle_timeout.is_some_and(|timeout| timeout.is_zero())),
            ("memory-limit", self.memory == 0),
            ("high-water", self.high_water == 0),
            ("read-buffer", self.read_buffer == 0),
            ("log-message-limit", self.log_message == 0),
            ("max-connections", self.connections == 0),
            ("max-connections-per-peer", self.connections_per_peer == Some(0)),
            ("reads-per-turn", self.reads_per_turn == 0),
            ("trap-limit", self.trap_limit == 0),
            ("trap-window", self.trap_window.is_zero()),
            ("max-generations", self.generations == 0),
            ("recycle-memory", self.recycle_memory == Some(0)),
            ("recycle-events", self.recycle_events == Some(0)),
            ("recycle-after", self.recycle_after.is_some_and(|after| after.is_zero())),
        ];
        if let Some((name, _)) = never_zero.iter().find(|(_, zero)| *zero) {
            return Err(Error::configuration(format!("{name} is 0, and nothing could be served"))
                .hint("leave it out for the default (idle-timeout, recycle-…: for no limit)"));
        }
        if let Some(recycle) = self.recycle_memory.filter(|recycle| *recycle >= self.memory) {
            let limit = self.memory;
            return Err(Error::configuration(format!(
                "recycle-memory ({recycle} bytes) is no less than memory-limit ({limit} bytes)"
            ))
            .hint(
                "an instance that needs more than memory-limit fails before it is recycled: give less, or raise memory-limit",
            ));
        }
        if self.topic_backlog < self.write_buffer {
            let (have, write) = (self.topic_backlog, self.write_buffer);
            return Err(Error::configuration(format!("topic-backlog ({have} bytes) is less than write-buffer ({write} bytes)"))
                .hint(format!("a message of the size of one queue must fit: give {write} bytes or more")));
        }
        if let Some(total) = self.total_memory.filter(|total| *total < self.write_buffer) {
            let write = self.write_buffer;
            return Err(Error::configuration(format!("total-memory ({total} bytes) is less than write-buffer ({write} bytes)"))
                .hint("give what all instances and queues may have together, or leave it out for no limit"));
        }
        // A handler that answers each chunk with as much must never see a short write.
        let needed = self.high_water.saturating_add(self.read_buffer);
        if self.write_buffer < needed {
            let (have, high, read) = (self.write_buffer, self.high_water, self.read_buffer);
            return Err(Error::configuration(format!(
                "write-buffer ({have} bytes) is less than high-water and read-buffer together ({high} + {read} bytes)"
            ))
            .hint(format!("give a write-buffer of {needed} bytes or more, or make one of the others smaller")));
        }
        if self.connections > MAX_CONNECTIONS {
            return Err(Error::configuration(format!("max-connections ({}) is above {MAX_CONNECTIONS}", self.connections))
                .hint("use several listeners"));
        }
        Ok(())
    }
}
