//! How a call into a guest fails.

use super::budget::BudgetExceeded;
use super::limiter::{MemoryCap, Refusal};
use super::log::presentable;
use std::fmt;
use wasmtime::{PoolConcurrencyLimitError, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// Frames of a guest's backtrace that a message shows: enough to find the place.
const FRAMES: usize = 6;

/// Frames that the log keeps; wasmtime itself takes no more than twenty.
const ALL_FRAMES: usize = 32;

/// Bytes of a guest's own words that a message carries.
const WORDS: usize = 2 << 10;

/// Stands for the handler while an instance is being made.
pub(super) const INSTANTIATE: &str = "instantiate";

/// What kind of failure a [`GuestFault`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The guest trapped: an `unreachable`, a bad access, an uncaught exception or panic, a wait inside a handler.
    Trap,
    /// It used more CPU time than a call may.
    BudgetExceeded,
    /// It trapped after its memory limit had refused it memory, or wants more than that to begin with.
    OutOfMemory,
    /// It called `wasi:cli/exit`.
    Exited,
    /// `start`, `snapshot` or `restore` answered an error, or the snapshot is too large. The only kind that leaves
    /// the instance usable.
    Refused,
    /// An earlier fault had ended the instance.
    Dead,
    /// The host can't: its pool of instances is exhausted, say. Not the plugin's fault.
    Host,
}

impl FaultKind {
    /// A word for metrics and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::BudgetExceeded => "budget-exceeded",
            Self::OutOfMemory => "out-of-memory",
            Self::Exited => "exited",
            Self::Refused => "refused",
            Self::Dead => "dead",
            Self::Host => "host",
        }
    }
}

/// A call into a guest that failed. Unless its kind is [`FaultKind::Refused`], the instance has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestFault {
    /// What kind.
    pub kind: FaultKind,
    /// In which function, as `data` or `start`; `instantiate` while the instance was being made.
    pub handler: &'static str,
    /// What happened, in one line, with a short guest backtrace where there is one.
    pub message: String,
    /// What to do about it, if known.
    pub hint: Option<String>,
    /// Where the guest was, innermost first: `module!function@offset`, the offset that of the instruction in its core module.
    pub backtrace: Vec<String>,
}

impl GuestFault {
    /// The plugin said no, in its own words.
    pub(super) fn refused(handler: &'static str, words: &str) -> Self {
        let message = format!("`{handler}` answered: {}", presentable(words, WORDS));
        Self { kind: FaultKind::Refused, handler, message, hint: None, backtrace: Vec::new() }
    }

    /// A snapshot larger than its limit.
    pub(super) fn snapshot_too_large(bytes: usize, limit: usize) -> Self {
        Self {
            kind: FaultKind::Refused,
            handler: "snapshot",
            message: format!("`snapshot` is {bytes} bytes, more than the {limit} that may be carried over"),
            hint: Some("raise snapshot-limit, or keep less in the plugin: contexts are kept by the host".into()),
            backtrace: Vec::new(),
        }
    }

    /// A call into an instance that an earlier fault has ended.
    pub(super) fn dead(handler: &'static str, cause: &Self) -> Self {
        let message = format!("`{handler}` wasn't called: the instance had ended in `{}`: {}", cause.handler, cause.message);
        Self { kind: FaultKind::Dead, handler, message, hint: cause.hint.clone(), backtrace: Vec::new() }
    }

    /// What wasmtime says went wrong.
    pub(super) fn new(handler: &'static str, error: &wasmtime::Error, memory: &MemoryCap) -> Self {
        let words = Words { handler, error };
        let (kind, message, hint) = if let Some(BudgetExceeded(budget)) = error.downcast_ref() {
            (FaultKind::BudgetExceeded, words.tell(&format!("used up its CPU budget of {budget:?}")), Some(raise_budget(handler)))
        } else if let Some(I32Exit(status)) = error.downcast_ref() {
            let hint = "a plugin lives as long as its listener: return from the handler instead of exiting".into();
            (FaultKind::Exited, words.tell(&format!("ended the plugin by exit({status})")), Some(hint))
        } else if error.is::<PoolConcurrencyLimitError>() {
            let hint = "raise max-instances, or lower the number of instances of a listener".into();
            (FaultKind::Host, format!("no room for another instance: {error}"), Some(hint))
        } else if let Some(refusal) = memory.refused() {
            let (limit, whose) = match refusal {
                Refusal::Own => ("memory-limit", "the limit"),
                Refusal::Total => ("total-memory", "the limit of all instances and queues together"),
            };
            let what = format!("ran out of memory: {whose} is {} bytes ({})", memory.cap(refusal), words.cause());
            (FaultKind::OutOfMemory, words.tell(&what), Some(format!("raise {limit} if the plugin really needs that much")))
        } else if handler == INSTANTIATE && error.downcast_ref::<WasmBacktrace>().is_none() {
            // No code of the guest's was running.
            (FaultKind::Host, format!("can't make an instance: {}", words.cause()), None)
        } else {
            (FaultKind::Trap, words.tell(&format!("trapped: {}", words.cause())), Some(words.where_to_look()))
        };
        Self { kind, handler, message, hint, backtrace: words.backtrace() }
    }
}

impl fmt::Display for GuestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for GuestFault {}

fn raise_budget(handler: &str) -> String {
    let key = match handler {
        INSTANTIATE | "start" => "start-budget",
        "snapshot" | "restore" => "reload-deadline",
        _ => "event-budget",
    };
    format!("raise {key} if that is normal for this plugin")
}

/// An error as a line of text.
struct Words<'a> {
    handler: &'static str,
    error: &'a wasmtime::Error,
}

impl Words<'_> {
    fn tell(&self, what: &str) -> String {
        format!("`{}` {what}{}", self.handler, self.place())
    }

    /// What went wrong, without wasmtime's multi-line backtrace and core dump around it.
    fn cause(&self) -> String {
        let stacks = ["error while executing at wasm", "wasm coredump generated"];
        let is_stack = |text: &String| stacks.iter().any(|start| text.starts_with(start));
        let causes: Vec<_> = self.error.chain().map(ToString::to_string).filter(|cause| !is_stack(cause)).collect();
        let causes = causes.join(": ");
        presentable(causes.strip_prefix("wasm trap: ").unwrap_or(&causes), WORDS)
    }

    /// Where in the guest: innermost function first.
    fn place(&self) -> String {
        let names: Vec<_> = self.frames().into_iter().take(FRAMES).map(|(_, name)| name).collect();
        if names.is_empty() { String::new() } else { format!(" (in {})", names.join(" < ")) }
    }

    fn backtrace(&self) -> Vec<String> {
        self.frames().into_iter().take(ALL_FRAMES).map(|(offset, name)| format!("{name}@{offset}")).collect()
    }

    fn where_to_look(&self) -> String {
        let frames = self.frames();
        let nameless = !frames.is_empty() && frames.iter().all(|(_, name)| name.contains("<wasm function "));
        if nameless {
            "the component has no function names: build it without stripping them to see where it was"
        } else {
            "the backtrace says where; what the plugin logged before may say why"
        }
        .to_owned()
    }

    /// Offset and name of each function, innermost first.
    fn frames(&self) -> Vec<(String, String)> {
        let Some(backtrace) = self.error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
        // wasmtime's own text has the functions' names demangled, one to a line: `0: 0x1234 - module!function`.
        let text = backtrace.to_string();
        let frames = text.lines().filter_map(|line| line.split_once(" - "));
        let offset = |place: &str| place.rsplit(' ').next().unwrap_or_default().to_owned();
        frames.map(|(place, name)| (offset(place.trim_end()), presentable(name, 200))).collect()
    }
}
