//! Errors for people: what happened, where, what to do, and whose fault it is.

use std::fmt;

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose doing a failure is, so that an operator knows where to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The other end of a connection.
    Peer,
    /// The plugin.
    Guest,
    /// What the operator or embedder asked for: a flag, a file, an address.
    Configuration,
    /// This process or the machine that it runs on.
    Host,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Peer => "peer",
            Self::Guest => "guest",
            Self::Configuration => "configuration",
            Self::Host => "host",
        })
    }
}

/// A failure: a message that says what and where, optionally a hint that says what to do.
#[derive(Debug)]
pub struct Error {
    fault: Fault,
    message: String,
    hint: Option<String>,
}

impl Error {
    /// An error of `fault`'s making; `message` names the thing and the place.
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), hint: None }
    }

    /// Shorthand for [`Fault::Configuration`].
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(Fault::Configuration, message)
    }

    /// Shorthand for [`Fault::Guest`].
    pub fn guest(message: impl Into<String>) -> Self {
        Self::new(Fault::Guest, message)
    }

    /// Shorthand for [`Fault::Host`].
    pub fn host(message: impl Into<String>) -> Self {
        Self::new(Fault::Host, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// What happened and where, without the hint.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, if known.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
