//! A component, compiled, checked and linked.

use super::{Engine, Host, check::Exports, store::Data};
use crate::pure::error::{Error, Result};
use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use std::{fmt, str::FromStr, sync::Arc, time::Duration};
use wasmtime::component::InstancePre;

/// SHA-256 of a component's bytes; shown as hex, and read as that or as `sha256:HEX`.
///
/// ```
/// use sockdock::Digest;
/// let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".parse::<Digest>()?;
/// assert_eq!(empty, Digest::of(b""));
/// assert!("e3b0c442".parse::<Digest>().is_err(), "all of it, or it could be another's");
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest([u8; SHA256_OUTPUT_LEN]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut value = [0; SHA256_OUTPUT_LEN];
        value.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(value)
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            Error::configuration(format!("'{text}' is no SHA-256 digest"))
                .hint("write sha256: and 64 hexadecimal digits (see: sha256sum FILE, sockdock inspect FILE)")
        };
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        let mut value = [0; SHA256_OUTPUT_LEN];
        if hex.len() != 2 * value.len() || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad());
        }
        for (byte, place) in value.iter_mut().zip((0..).step_by(2)) {
            *byte = hex.get(place..place + 2).and_then(|two| u8::from_str_radix(two, 16).ok()).ok_or_else(bad)?;
        }
        Ok(Self(value))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How a component was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadStats {
    /// Time to compile it, or to take it from the cache.
    pub compile: Duration,
    /// Whether it came from the cache.
    pub cached: bool,
}

/// A component that is ready to be instantiated; clones share everything.
pub struct Component<H: Host>(Arc<Inner<H>>);

pub(super) struct Inner<H: Host> {
    /// Keeps the ticker going for as long as an instance may run.
    pub(super) engine: Engine,
    pub(super) pre: InstancePre<Data<H>>,
    pub(super) exports: Exports,
    digest: Digest,
    stats: LoadStats,
}

impl<H: Host> Clone for Component<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<H: Host> fmt::Debug for Component<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component").field("digest", &format_args!("{}", self.0.digest)).finish_non_exhaustive()
    }
}

impl<H: Host> Component<H> {
    pub(super) fn new(engine: Engine, pre: InstancePre<Data<H>>, exports: Exports, digest: Digest, stats: LoadStats) -> Self {
        Self(Arc::new(Inner { engine, pre, exports, digest, stats }))
    }

    pub(super) fn inner(&self) -> &Inner<H> {
        &self.0
    }

    /// SHA-256 of the bytes that it was loaded from.
    pub fn digest(&self) -> &Digest {
        &self.0.digest
    }

    /// How it was loaded.
    pub fn stats(&self) -> LoadStats {
        self.0.stats
    }

    /// Whether it exports `lifecycle`; without it `start` does nothing and a snapshot is none.
    pub fn has_lifecycle(&self) -> bool {
        self.0.exports.lifecycle.is_some()
    }

    /// Whether it can take a snapshot over: the same as [`Self::has_lifecycle`].
    pub fn has_restore(&self) -> bool {
        self.has_lifecycle()
    }

    /// Whether it exports `timer-handler`; without it a timer that fires is lost.
    pub fn has_timer_handler(&self) -> bool {
        self.0.exports.fired.is_some()
    }
}
