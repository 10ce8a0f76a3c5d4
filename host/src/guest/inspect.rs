//! What a component offers and asks for.

use serde::{Deserialize, Serialize};

/// A component as seen from outside, without running it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// SHA-256 of the file, hex.
    pub digest: String,
    /// Bytes of the file.
    pub size: u64,
    /// The version of `sockdock:plugin` that it was built for, as `0.1.0`.
    pub wit_version: Option<String>,
    /// Names of exported interfaces and functions.
    pub exports: Vec<String>,
    /// Names of imported interfaces.
    pub imports: Vec<String>,
    /// What it asks of its host, in words: `outbound connections`, `timers`, `randomness`, …
    pub asks_for: Vec<String>,
    /// Why a host would refuse it; empty if it would load.
    pub refusals: Vec<String>,
}
