//! The limits of a listener as flags, and as keys of a configuration file, with the library's defaults.

use super::units::{OptionalShare, OptionalSize, OptionalSpan, Size, Span};
use crate::control::config::written;
use crate::{Limits, OnTrap, Result, SlowSubscribers};
use clap::Args;
use serde::Deserialize;
use std::sync::LazyLock;

static DEFAULTS: LazyLock<Limits> = LazyLock::new(Limits::default);

/// Bounds on the listener. Durations: 500ms, 10s, 2m; sizes: 64KiB, 1MiB.
#[derive(Clone, Debug, PartialEq, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::control) struct LimitArgs {
    /// Close a connection on which no byte has moved for this long, or `off`
    #[arg(long, value_name = "DURATION", default_value_t = OptionalSpan(DEFAULTS.idle_timeout), help_heading = TIME)]
    idle_timeout: OptionalSpan,
    /// Longest time that a connection made by the plugin may take to stand; the plugin may ask for less
    #[arg(long, value_name = "DURATION", default_value_t = Span(DEFAULTS.connect_timeout), help_heading = TIME)]
    connect_timeout: Span,
    /// Longest time from accept to the end of the TLS handshake
    #[arg(long, value_name = "DURATION", default_value_t = Span(DEFAULTS.handshake_timeout), help_heading = TIME)]
    handshake_timeout: Span,
    /// After the plugin ends a connection: how long to wait for the peer to end it too
    #[arg(long, value_name = "DURATION", default_value_t = Span(DEFAULTS.linger_timeout), help_heading = TIME)]
    linger_timeout: Span,
    /// After the plugin ends a connection: how long to go on sending to a peer that doesn't read
    #[arg(long, value_name = "DURATION", default_value_t = Span(DEFAULTS.close_timeout), help_heading = TIME)]
    close_timeout: Span,
    /// How long a graceful stop waits for live connections before it resets them
    #[arg(long, value_name = "DURATION", default_value_t = Span(DEFAULTS.drain_timeout), help_heading = TIME)]
    drain_timeout: Span,
    /// CPU time of one event; a plugin that takes longer is stopped, its connection terminated
    #[arg(long, value_name = "DURATION", default_value_t = Span(DEFAULTS.event_budget), help_heading = TIME)]
    event_budget: Span,
    /// CPU time of one instance over time, as a part of one core (1% to 100%), or `off`; beyond it the instance's events wait
    #[arg(long, value_name = "PERCENT", default_value_t = OptionalShare(DEFAULTS.cpu_share), help_heading = TIME)]
    cpu_share: OptionalShare,
    /// CPU time of the plugin's `start`
    #[arg(long, value_name = "DURATION", default_value_t = Span(DEFAULTS.start_budget), help_heading = TIME)]
    start_budget: Span,
    /// CPU time of `snapshot` and of `restore`, each; the longest that a reload holds events back
    #[arg(long, value_name = "DURATION", default_value_t = Span(DEFAULTS.reload_deadline), help_heading = TIME)]
    reload_deadline: Span,

    /// Linear memory of one instance of the plugin
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.memory), help_heading = SPACE)]
    memory_limit: Size,
    /// Memory of all instances, contexts and queues together, or `off`; beyond it plugins get no more, and connections are refused
    #[arg(long, value_name = "SIZE", default_value_t = OptionalSize(DEFAULTS.total_memory), help_heading = SPACE)]
    total_memory: OptionalSize,
    /// Bytes queued for one socket before `write` is short; at least high-water + read-buffer
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.write_buffer), help_heading = SPACE)]
    write_buffer: Size,
    /// Bytes queued for one socket above which reading from it pauses
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.high_water), help_heading = SPACE)]
    high_water: Size,
    /// Largest chunk that one `data` event carries
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.read_buffer), help_heading = SPACE)]
    read_buffer: Size,
    /// Bytes of context kept per socket
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.context), help_heading = SPACE)]
    context_limit: Size,
    /// Bytes of a topic's name
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.topic_name), help_heading = SPACE)]
    topic_name_limit: Size,
    /// Published bytes on their way to any other instance, before `publish` is refused; at least write-buffer
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.topic_backlog), help_heading = SPACE)]
    topic_backlog: Size,
    /// Bytes of a snapshot
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.snapshot), help_heading = SPACE)]
    snapshot_limit: Size,
    /// Bytes of names and options that one call of the plugin's may copy out of it
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.event_fuel), help_heading = SPACE)]
    event_copy_limit: Size,
    /// Bytes of one log message of the plugin; what is longer is cut
    #[arg(long, value_name = "SIZE", default_value_t = Size(DEFAULTS.log_message), help_heading = SPACE)]
    log_message_limit: Size,

    /// Connections at a time; more are refused
    #[arg(long, value_name = "N", default_value_t = DEFAULTS.connections, help_heading = NUMBER)]
    max_connections: usize,
    /// Connections of one IPv4 address, or of one IPv6 /64 network, at a time; more are refused [default: no limit]
    #[arg(long, value_name = "N", help_heading = NUMBER)]
    max_connections_per_peer: Option<usize>,
    /// Generations of the plugin live at a time, after reloads whose connections stay with the old one
    #[arg(long, value_name = "N", default_value_t = DEFAULTS.generations, help_heading = NUMBER)]
    max_generations: usize,
    /// Timers armed at a time, per instance
    #[arg(long, value_name = "N", default_value_t = DEFAULTS.timers, help_heading = NUMBER)]
    max_timers: usize,
    /// Topics that one socket may be subscribed to at a time
    #[arg(long, value_name = "N", default_value_t = DEFAULTS.topics, help_heading = NUMBER)]
    max_topics: usize,
    /// Subscriptions of all sockets together
    #[arg(long, value_name = "N", default_value_t = DEFAULTS.subscriptions, help_heading = NUMBER)]
    max_subscriptions: usize,
    /// A subscriber whose queue has no room for a published message: `close` it, or have it `skip` the message
    #[arg(long, value_name = "WHAT", default_value_t = DEFAULTS.slow_subscribers)]
    #[serde(deserialize_with = "written")]
    slow_subscribers: SlowSubscribers,
    /// Reads of one connection before others get their turn
    #[arg(long, value_name = "N", default_value_t = DEFAULTS.reads_per_turn, help_heading = NUMBER)]
    reads_per_turn: u32,
    /// Log messages per second and instance; the rest are counted, and summed up in one line
    #[arg(long, value_name = "N", default_value_t = DEFAULTS.log_rate, help_heading = NUMBER)]
    log_rate: u32,

    /// When the plugin has failed `trap-limit` times within `trap-window`: `restart` it ever more slowly, `refuse` new connections
    /// until a reload, or `stop` the listener
    #[arg(long, value_name = "WHAT", default_value_t = DEFAULTS.on_trap, help_heading = FAULTS)]
    #[serde(deserialize_with = "written")]
    on_trap: OnTrap,
    /// Faults (traps, used-up budgets) that are too many
    #[arg(long, value_name = "N", default_value_t = DEFAULTS.trap_limit, help_heading = FAULTS)]
    trap_limit: usize,
    /// The time within which they are counted
    #[arg(long, value_name = "DURATION", default_value_t = Span(DEFAULTS.trap_window), help_heading = FAULTS)]
    trap_window: Span,

    /// Put a fresh instance in the place of one whose memory has grown to this, or `off`; connections and state go over, as by a reload
    #[arg(long, value_name = "SIZE", default_value_t = OptionalSize(DEFAULTS.recycle_memory), help_heading = RECYCLING)]
    recycle_memory: OptionalSize,
    /// The same after so many events [default: off]
    #[arg(long, value_name = "N", help_heading = RECYCLING)]
    recycle_events: Option<u64>,
    /// The same after this time, at the next event, or `off`
    #[arg(long, value_name = "DURATION", default_value_t = OptionalSpan(DEFAULTS.recycle_after), help_heading = RECYCLING)]
    recycle_after: OptionalSpan,
}

const TIME: &str = "Limits of time (500ms, 10s, 1m30s)";
const SPACE: &str = "Limits of space (512B, 64KiB, 1MiB)";
const NUMBER: &str = "Limits of number";
const FAULTS: &str = "When the plugin fails";
const RECYCLING: &str = "When the plugin leaks";

impl Default for LimitArgs {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            write_buffer: Size(limits.write_buffer),
            high_water: Size(limits.high_water),
            read_buffer: Size(limits.read_buffer),
            reads_per_turn: limits.reads_per_turn,
            context_limit: Size(limits.context),
            max_connections: limits.connections,
            max_connections_per_peer: limits.connections_per_peer,
            max_timers: limits.timers,
            max_generations: limits.generations,
            max_topics: limits.topics,
            topic_name_limit: Size(limits.topic_name),
            max_subscriptions: limits.subscriptions,
            topic_backlog: Size(limits.topic_backlog),
            slow_subscribers: limits.slow_subscribers,
            idle_timeout: OptionalSpan(limits.idle_timeout),
            connect_timeout: Span(limits.connect_timeout),
            handshake_timeout: Span(limits.handshake_timeout),
            linger_timeout: Span(limits.linger_timeout),
            close_timeout: Span(limits.close_timeout),
            drain_timeout: Span(limits.drain_timeout),
            event_budget: Span(limits.event_budget),
            start_budget: Span(limits.start_budget),
            reload_deadline: Span(limits.reload_deadline),
            cpu_share: OptionalShare(limits.cpu_share),
            memory_limit: Size(limits.memory),
            total_memory: OptionalSize(limits.total_memory),
            event_copy_limit: Size(limits.event_fuel),
            snapshot_limit: Size(limits.snapshot),
            log_message_limit: Size(limits.log_message),
            log_rate: limits.log_rate,
            on_trap: limits.on_trap,
            trap_limit: limits.trap_limit,
            trap_window: Span(limits.trap_window),
            recycle_memory: OptionalSize(limits.recycle_memory),
            recycle_events: limits.recycle_events,
            recycle_after: OptionalSpan(limits.recycle_after),
        }
    }
}

impl LimitArgs {
    /// The limits, if they can hold together.
    pub(in crate::control) fn limits(&self) -> Result<Limits> {
        // Every field by name: a limit without a flag doesn't compile.
        let limits = Limits {
            write_buffer: self.write_buffer.0,
            high_water: self.high_water.0,
            read_buffer: self.read_buffer.0,
            reads_per_turn: self.reads_per_turn,
            context: self.context_limit.0,
            connections: self.max_connections,
            connections_per_peer: self.max_connections_per_peer,
            generations: self.max_generations,
            timers: self.max_timers,
            topics: self.max_topics,
            topic_name: self.topic_name_limit.0,
            subscriptions: self.max_subscriptions,
            topic_backlog: self.topic_backlog.0,
            slow_subscribers: self.slow_subscribers,
            idle_timeout: self.idle_timeout.0,
            connect_timeout: self.connect_timeout.0,
            handshake_timeout: self.handshake_timeout.0,
            linger_timeout: self.linger_timeout.0,
            close_timeout: self.close_timeout.0,
            drain_timeout: self.drain_timeout.0,
            event_budget: self.event_budget.0,
            cpu_share: self.cpu_share.0,
            start_budget: self.start_budget.0,
            reload_deadline: self.reload_deadline.0,
            memory: self.memory_limit.0,
            total_memory: self.total_memory.0,
            event_fuel: self.event_copy_limit.0,
            snapshot: self.snapshot_limit.0,
            log_message: self.log_message_limit.0,
            log_rate: self.log_rate,
            on_trap: self.on_trap,
            trap_limit: self.trap_limit,
            trap_window: self.trap_window.0,
            recycle_memory: self.recycle_memory.0,
            recycle_events: self.recycle_events,
            recycle_after: self.recycle_after.0,
        };
        limits.check()?;
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clap::Parser;
    use std::time::Duration;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        limits: LimitArgs,
    }

    fn limits(flags: &[&str]) -> Result<Limits> {
        Line::try_parse_from(std::iter::once(&"x").chain(flags)).unwrap().limits.limits()
    }

    #[test]
    fn without_flags_they_are_the_librarys_defaults() {
        assert_eq!(limits(&[]).unwrap(), Limits::default());
    }

    #[test]
    fn flags_set_what_they_name() {
        let set =
            limits(&["--idle-timeout", "2m", "--write-buffer", "4MiB", "--max-connections", "10", "--event-budget", "20ms"])
                .unwrap();
        let expected = Limits {
            idle_timeout: Some(Duration::from_secs(120)),
            write_buffer: 4 << 20,
            connections: 10,
            event_budget: Duration::from_millis(20),
            ..Limits::default()
        };
        assert_eq!(set, expected);
    }

    #[test]
    fn what_cannot_work_together_is_refused() {
        assert!(limits(&["--write-buffer", "128KiB"]).is_ok());
        let error = limits(&["--write-buffer", "127KiB"]).unwrap_err();
        assert!(error.advice().unwrap().contains("write-buffer of 131072 bytes or more"), "{error}");
        let error = limits(&["--total-memory", "512KiB"]).unwrap_err();
        assert!(error.message().contains("less than write-buffer"), "{error}");
    }

    #[test]
    fn zero_is_refused_where_nothing_would_work() {
        for flags in [
            ["--event-budget", "0s"],
            ["--max-connections", "0"],
            ["--read-buffer", "0"],
            ["--idle-timeout", "0s"],
            ["--trap-limit", "0"],
        ] {
            let error = limits(&flags).unwrap_err();
            assert!(error.message().starts_with(&format!("{} is 0", &flags[0][2..])), "{error}");
        }
        assert!(limits(&["--linger-timeout", "0s"]).is_ok());
    }
}
