//! A component, compiled, checked and linked.
#![allow(clippy::todo)]

use super::Host;
use std::{fmt, marker::PhantomData, time::Duration};

/// SHA-256 of a component's bytes; shown as hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// How long loading took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadStats {
    /// Time to compile, or to take it from the cache.
    pub compile: Duration,
    /// Whether it came from the cache.
    pub cached: bool,
}

/// A component that is ready to be instantiated; clones share everything.
pub struct Component<H: Host> {
    host: PhantomData<fn(H)>,
}

impl<H: Host> Clone for Component<H> {
    fn clone(&self) -> Self {
        todo!()
    }
}

impl<H: Host> Component<H> {
    /// SHA-256 of the bytes that it was loaded from.
    pub fn digest(&self) -> &Digest {
        todo!()
    }

    /// How it was loaded.
    pub fn stats(&self) -> LoadStats {
        todo!()
    }

    /// Whether it exports `lifecycle`; without it `start` does nothing and a snapshot is none.
    pub fn has_lifecycle(&self) -> bool {
        todo!()
    }

    /// Whether it can take a snapshot over: the same as [`Self::has_lifecycle`].
    pub fn has_restore(&self) -> bool {
        self.has_lifecycle()
    }

    /// Whether it exports `timer-handler`.
    pub fn has_timer_handler(&self) -> bool {
        todo!()
    }
}
