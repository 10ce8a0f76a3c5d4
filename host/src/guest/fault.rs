//! How a call into a guest fails.

use std::fmt;

/// What kind of failure a [`GuestFault`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The guest trapped: an `unreachable`, a bad access, an uncaught exception or panic, a host call it mustn't make.
    Trap,
    /// It used more CPU time than a call may.
    BudgetExceeded,
    /// It trapped after its memory cap had refused it memory.
    OutOfMemory,
    /// It called `wasi:cli/exit`.
    Exited,
    /// `start`, `snapshot` or `restore` answered an error; the only kind that leaves the instance usable.
    Refused,
    /// It copied more out of its memory in one call than the limit allows.
    TooLarge,
    /// The instance had died of an earlier fault.
    Dead,
    /// The host can't: its instance pool is exhausted, say. Not the plugin's fault.
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
            Self::TooLarge => "too-large",
            Self::Dead => "dead",
            Self::Host => "host",
        }
    }
}

/// A call into a guest that failed. Unless its kind is [`FaultKind::Refused`], the instance is dead.
#[derive(Clone, Debug)]
pub struct GuestFault {
    /// What kind.
    pub kind: FaultKind,
    /// In which function, as `data` or `start`; `instantiate` while the instance was being made.
    pub handler: &'static str,
    /// What happened, with a short guest backtrace where there is one.
    pub message: String,
    /// What to do about it, if known.
    pub hint: Option<String>,
}

impl fmt::Display for GuestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for GuestFault {}
