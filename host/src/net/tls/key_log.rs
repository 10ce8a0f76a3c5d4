//! Session keys for a debugger, in NSS's format: only where somebody has asked for it.

use super::hex;
use crate::pure::error::{Error, Result};
use rustls::KeyLog;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Appends to a file; a handshake is slower for it, so the lock doesn't matter.
pub(super) struct KeyLogTo(Mutex<File>);

impl KeyLogTo {
    /// The file is its owner's alone, if it is made here.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        file.map(|file| Self(Mutex::new(file))).map_err(|error| {
            Error::configuration(format!("key log {}: {error}", path.display())).hint("name a file that this user may write")
        })
    }
}

impl fmt::Debug for KeyLogTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLogTo").finish_non_exhaustive()
    }
}

impl KeyLog for KeyLogTo {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let written = self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
        if let Err(error) = written {
            tracing::warn!("the TLS key log can't be written: {error}");
        }
    }
}
