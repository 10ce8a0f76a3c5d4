//! What a plugin says, on its way to the log: cut, rate-limited, and escaped so that it can't forge other lines.

use super::Settings;
use crate::pure::socket::LogLevel;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The length of time that the rate is counted over.
const WINDOW: Duration = Duration::from_secs(1);

/// The log of one instance. Shared with the streams that WASI hands out; used by one thread at a time, so that its
/// lock never waits.
pub(super) struct PluginLog {
    name: Arc<str>,
    longest: usize,
    rate: u32,
    /// Whether [`Self::settle`] has something to do: read after every event.
    unsettled: AtomicBool,
    state: Mutex<State>,
}

struct State {
    window: Instant,
    said: u32,
    dropped: u64,
    partial: [Vec<u8>; 2],
}

/// A stream of WASI's that ends in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// Logged as `info`.
    Stdout,
    /// Logged as `warn`: where panics and uncaught exceptions are told.
    Stderr,
}

impl Stream {
    fn level(self) -> LogLevel {
        match self {
            Self::Stdout => LogLevel::Info,
            Self::Stderr => LogLevel::Warn,
        }
    }
}

impl PluginLog {
    /// The log of an instance with these settings.
    pub(super) fn new(settings: &Settings) -> Self {
        let state = State { window: Instant::now(), said: 0, dropped: 0, partial: [Vec::new(), Vec::new()] };
        Self {
            name: settings.name.clone(),
            longest: settings.log_message,
            rate: settings.log_rate,
            unsettled: AtomicBool::new(false),
            state: Mutex::new(state),
        }
    }

    /// Logs one message.
    pub(super) fn say(&self, level: LogLevel, message: &str) {
        self.state().say(self, level, message);
    }

    /// Takes what was printed: whole lines are logged, the rest waits for its end or for [`Self::settle`].
    pub(super) fn print(&self, stream: Stream, bytes: &[u8]) {
        let mut state = self.state();
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (mut text, ended) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            loop {
                let partial = &mut state.partial[stream as usize];
                let room = self.longest.max(1) - partial.len();
                let (now, later) = text.split_at(text.len().min(room));
                partial.extend_from_slice(now);
                if later.is_empty() {
                    break;
                }
                state.end_line(self, stream);
                text = later;
            }
            if ended {
                state.end_line(self, stream);
            } else {
                self.unsettled.store(true, Relaxed);
            }
        }
    }

    /// Logs unfinished lines, and how much was dropped if it is time to say so. For the end of an event.
    pub(super) fn settle(&self) {
        if self.unsettled.load(Relaxed) {
            self.state().settle(self);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whatever happened to its holder, text is only text.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PluginLog {
    fn drop(&mut self) {
        let mut state = self.state();
        state.settle(self);
        state.summarize(self);
    }
}

impl State {
    fn say(&mut self, log: &PluginLog, level: LogLevel, message: &str) {
        self.roll(log);
        if self.said >= log.rate {
            self.dropped += 1;
            log.unsettled.store(true, Relaxed);
            return;
        }
        self.said += 1;
        emit(&log.name, level, &presentable(message, log.longest));
    }

    fn end_line(&mut self, log: &PluginLog, stream: Stream) {
        let line = std::mem::take(&mut self.partial[stream as usize]);
        let text = line.strip_suffix(b"\r").unwrap_or(&line);
        // An empty line has its use on a terminal, none in a log.
        if !text.is_empty() {
            self.say(log, stream.level(), &String::from_utf8_lossy(text));
        }
    }

    fn settle(&mut self, log: &PluginLog) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            if !self.partial[stream as usize].is_empty() {
                self.end_line(log, stream);
            }
        }
        self.roll(log);
        log.unsettled.store(self.dropped > 0, Relaxed);
    }

    fn roll(&mut self, log: &PluginLog) {
        if self.window.elapsed() >= WINDOW {
            self.summarize(log);
            self.window = Instant::now();
            self.said = 0;
        }
    }

    fn summarize(&mut self, log: &PluginLog) {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            let message =
                format!("{dropped} log messages of the plugin were dropped, above its {} per second (log-rate)", log.rate);
            emit(&log.name, LogLevel::Warn, &message);
        }
    }
}

/// `text` without control characters (they are escaped, as `\n`), cut at about `longest` bytes.
pub(super) fn presentable(text: &str, longest: usize) -> String {
    let end = text.floor_char_boundary(longest);
    let mut shown = String::with_capacity(end);
    for character in text[..end].chars() {
        if forges(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if end < text.len() {
        // Writing to a string can't fail.
        let _ = write!(shown, "… (cut; {} bytes in all)", text.len());
    }
    shown
}

/// Characters that could pass for the end of a line, move a terminal's cursor or reorder what is read.
fn forges(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Sends `message` to the log under the plugin's name.
fn emit(plugin: &str, level: LogLevel, message: &str) {
    match level {
        LogLevel::Trace => tracing::trace!(target: "plugin", plugin, "{message}"),
        LogLevel::Debug => tracing::debug!(target: "plugin", plugin, "{message}"),
        LogLevel::Info => tracing::info!(target: "plugin", plugin, "{message}"),
        LogLevel::Warn => tracing::warn!(target: "plugin", plugin, "{message}"),
        LogLevel::Error => tracing::error!(target: "plugin", plugin, "{message}"),
    }
}
