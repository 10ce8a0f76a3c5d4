//! The one place that writes to stdout and stderr, and how a command ends.

use super::human::plain_lines;
use crate::Error;
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

/// Why a command didn't do what was asked; decides the exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// 1: it was tried and failed.
    Failed(Error),
    /// 1, and what there is to say has been said.
    Reported,
    /// 2: it can't have been meant.
    Usage(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Failure {
    /// Prints it, and names the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Failed(error) => {
                say_error(error.message(), error.advice());
                ExitCode::from(1)
            }
            Self::Reported => ExitCode::from(1),
            Self::Usage(error) => {
                say_error(error.message(), error.advice());
                ExitCode::from(2)
            }
        }
    }
}

/// `error: WHAT`, and what to do under it.
pub(crate) fn say_error(message: &str, advice: Option<&str>) {
    let mut text = format!("error: {}\n", plain_lines(message, "  "));
    if let Some(advice) = advice {
        text.push_str(&format!("  {}\n", plain_lines(advice, "  ")));
    }
    warn(&text);
}

/// Writes `text` to stdout at once. A reader that has gone (`| head`) is no failure of ours.
pub(crate) fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::host(format!("cannot write to stdout: {error}"))),
        _ => Ok(()),
    }
}

/// Writes `text` to stderr; if nobody reads it, there is nobody to tell either.
pub(crate) fn warn(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes `value` to stdout as JSON for programs.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::host(format!("cannot write JSON: {error}")))?;
    print(&format!("{text}\n"))
}
