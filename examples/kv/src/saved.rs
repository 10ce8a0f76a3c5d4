//! What the next generation gets.

use crate::connection::Connection;
use crate::store::{Store, StoreV1};
use serde::{Deserialize, Serialize};
use sockdock_guest::{Failure, First, Socket, Versioned};
use std::collections::BTreeMap;

#[derive(Default, Serialize, Deserialize)]
pub struct Saved {
    pub store: Store,
    /// Those that have something unfinished: few, however many are open.
    pub connections: BTreeMap<Socket, Connection>,
}

impl Versioned for Saved {
    const VERSION: &'static str = "kv-2";
    type Previous = SavedV1;

    fn upgrade(old: SavedV1) -> Result<Self, Failure> {
        Ok(Self { store: old.store.into(), connections: old.connections })
    }
}

/// From when there were texts alone, and none of them expired.
#[derive(Default, Serialize, Deserialize)]
pub struct SavedV1 {
    pub store: StoreV1,
    pub connections: BTreeMap<Socket, Connection>,
}

impl Versioned for SavedV1 {
    const VERSION: &'static str = "kv-1";
    type Previous = First;
}
