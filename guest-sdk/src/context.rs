//! The typed context of a connection: the counterpart of `socket.data` in Bun.
//!
//! The host keeps a context as bytes: nothing at first; then the version's name, its length before it in one byte, and
//! the value.

use crate::versioned::encode_after;
use crate::{ErrorCode, Socket, VersionError, Versioned, host};
use std::fmt;

/// Context: up to 64 KiB (default) of the plugin's own about a connection. The host keeps it through reloads and traps.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use sockdock_guest::{First, Versioned};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Session { lines: u64 }
///
/// impl Versioned for Session {
///     const VERSION: &'static str = "1";
///     type Previous = First;
/// }
///
/// # use sockdock_guest::{Plugin, Socket};
/// # #[derive(Default)] struct Lines;
/// # impl Plugin for Lines {
/// fn data(&mut self, socket: Socket, bytes: &[u8]) {
///     let mut session: Session = socket.context().unwrap_or_default().unwrap_or_default();
///     session.lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
///     socket.set_context(&session).ok();
/// }
/// # }
/// ```
impl Socket {
    /// The context, brought from its version to that of `C`; none if it was never set.
    ///
    /// Errors: [`ContextError::Shape`] if it was set as another type, in a version that `C` doesn't know.
    pub fn context<C: Versioned>(self) -> Result<Option<C>, ContextError> {
        let bytes = self.context_bytes()?;
        let Some((&length, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        let shape = || VersionError::Malformed {
            version: String::new(),
            reason: "no version before it".into(),
        };
        let (version, value) = rest.split_at_checked(length.into()).ok_or_else(shape)?;
        let version = std::str::from_utf8(version).map_err(|_| shape())?;
        Ok(Some(C::decode(version, value)?))
    }

    /// Replaces the context.
    ///
    /// Errors: [`ErrorCode::LimitExceeded`] if it is larger than the listener allows; the old one stays.
    pub fn set_context<C: Versioned>(self, context: &C) -> Result<(), ContextError> {
        let version = C::VERSION.as_bytes();
        const {
            assert!(
                C::VERSION.len() < 256,
                "a version's name has at most 255 bytes"
            )
        };
        let prefix = [&[version.len() as u8], version].concat();
        Ok(self.set_context_bytes(&encode_after(&prefix, context)?)?)
    }

    /// Takes the context away.
    pub fn clear_context(self) -> Result<(), ErrorCode> {
        self.set_context_bytes(&[])
    }

    /// The context as the host keeps it; empty at first.
    pub fn context_bytes(self) -> Result<Vec<u8>, ErrorCode> {
        host::sockets::context(self.id())
    }

    /// Replaces the context by bytes of the plugin's own making.
    pub fn set_context_bytes(self, bytes: &[u8]) -> Result<(), ErrorCode> {
        host::sockets::set_context(self.id(), bytes)
    }
}

/// Why a context could not be read or set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextError {
    /// The host refused.
    Host(ErrorCode),
    /// The context is of a version that the type doesn't know, or not of its shape.
    Shape(VersionError),
}

impl From<ErrorCode> for ContextError {
    fn from(error: ErrorCode) -> Self {
        Self::Host(error)
    }
}

impl From<VersionError> for ContextError {
    fn from(error: VersionError) -> Self {
        Self::Shape(error)
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(error) => write!(f, "the host refused the context: {error}"),
            Self::Shape(error) => write!(f, "the context can't be used: {error}"),
        }
    }
}

impl std::error::Error for ContextError {}
