//! What has been taken out of the store and is still to be freed, in portions: an event has 100 ms.

use super::{Entry, Value};
use serde_bytes::ByteBuf;
use std::collections::{BTreeMap, BTreeSet};

/// A value of fewer bytes than this is freed where it is removed.
const LARGE: usize = 1 << 20;

#[derive(Debug, Default)]
pub struct Trash {
    entries: Vec<BTreeMap<ByteBuf, Entry>>,
    expiring: Vec<BTreeSet<(i64, ByteBuf)>>,
    values: Vec<Value>,
}

impl Trash {
    pub fn throw_entries(&mut self, entries: BTreeMap<ByteBuf, Entry>, expiring: BTreeSet<(i64, ByteBuf)>) {
        self.entries.push(entries);
        self.expiring.push(expiring);
    }

    pub fn throw(&mut self, value: Value) {
        if value.size() >= LARGE {
            self.values.push(value);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.expiring.is_empty() && self.values.is_empty()
    }

    /// Frees up to so many entries and parts of values; whether some are left.
    pub fn sweep(&mut self, portion: usize) -> bool {
        for _ in 0..portion {
            if let Some(value) = self.values.last_mut() {
                if !value.shed() {
                    self.values.pop();
                }
            } else if let Some(entries) = self.entries.last_mut() {
                match entries.pop_first() {
                    Some((_, entry)) => self.throw(entry.value),
                    None => drop(self.entries.pop()),
                }
            } else if let Some(expiring) = self.expiring.last_mut() {
                if expiring.pop_first().is_none() {
                    self.expiring.pop();
                }
            } else {
                return false;
            }
        }
        !self.is_empty()
    }
}
