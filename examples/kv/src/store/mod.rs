//! Keys, what they hold, and until when.

mod bulk;
mod expiry;
mod hash;
mod list;
mod random;
mod set;
mod sorted_set;
#[cfg(test)]
mod tests;
mod trash;
mod value;
mod version1;

pub use hash::Hash;
pub use list::{End, List};
pub use set::Set;
pub use sorted_set::SortedSet;
pub use value::{Kind, Value, WrongType};
pub use version1::StoreV1;

use crate::clock::Clock;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};
use std::collections::{BTreeMap, BTreeSet};
use trash::Trash;

/// What an entry costs beside its bytes: its place in the tree, and what the allocator adds.
const ENTRY: usize = 80;

/// A tree, not a hash table: a table that grows moves all its entries at once, and an event has 100 ms.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Store {
    #[serde(deserialize_with = "bulk::tree")]
    entries: BTreeMap<ByteBuf, Entry>,
    used: usize,
    /// The keys that expire, the next one first. Made anew after a reload.
    #[serde(skip)]
    expiring: BTreeSet<(i64, ByteBuf)>,
    #[serde(skip)]
    trash: Trash,
    #[serde(skip)]
    pub clock: Clock,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    value: Value,
    /// Milliseconds since 1970.
    expires: Option<i64>,
}

impl Store {
    /// What the key holds.
    pub fn any(&self, key: &[u8]) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// What the key holds, if it is of this kind.
    pub fn get<K: Kind>(&self, key: &[u8]) -> Result<Option<&K>, WrongType> {
        self.any(key).map(|value| K::of(value).ok_or(WrongType)).transpose()
    }

    /// Changes what the key holds; nothing, if it doesn't exist.
    pub fn change<K: Kind, R>(&mut self, key: &[u8], change: impl FnOnce(&mut K) -> R) -> Result<Option<R>, WrongType> {
        self.purge(key);
        let Some(entry) = self.entries.get_mut(Bytes::new(key)) else { return Ok(None) };
        let value = K::of_mut(&mut entry.value).ok_or(WrongType)?;
        let before = value.size();
        let result = change(value);
        self.used = self.used - before + value.size();
        if value.is_gone() {
            self.remove(key);
        }
        Ok(Some(result))
    }

    /// Changes what the key holds, an empty value if it didn't exist.
    pub fn change_or_create<K: Kind, R>(&mut self, key: &[u8], change: impl FnOnce(&mut K) -> R) -> Result<R, WrongType> {
        let mut change = Some(change);
        if let Some(result) = self.change(key, |value| change.take().map(|change| change(value)))?.flatten() {
            return Ok(result);
        }
        let mut value = K::default();
        let result = change.take().map(|change| change(&mut value)).ok_or(WrongType)?;
        if !value.is_gone() {
            self.used += ENTRY + key.len() + value.size();
            self.entries.insert(ByteBuf::from(key), Entry { value: value.into_value(), expires: None });
        }
        Ok(result)
    }

    /// Puts a text there, whatever it was before. An expiry time is lost unless it is to be kept.
    pub fn set(&mut self, key: &[u8], text: &[u8], keep_expiry: bool) {
        self.purge(key);
        let Some(entry) = self.entries.get_mut(Bytes::new(key)) else {
            self.used += ENTRY + key.len() + text.len();
            self.entries.insert(ByteBuf::from(key), Entry { value: Value::Text(ByteBuf::from(text)), expires: None });
            return;
        };
        self.used = self.used - entry.value.size() + text.len();
        match &mut entry.value {
            Value::Text(old) if old.len() == text.len() => old.copy_from_slice(text),
            other => self.trash.throw(std::mem::replace(other, Value::Text(ByteBuf::from(text)))),
        }
        if !keep_expiry {
            if let Some(expires) = entry.expires.take() {
                self.expiring.remove(&(expires, ByteBuf::from(key)));
            }
        }
    }

    /// Whether there was one.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        self.purge(key);
        self.take_out(key)
    }

    fn take_out(&mut self, key: &[u8]) -> bool {
        let Some((key, entry)) = self.entries.remove_entry(Bytes::new(key)) else { return false };
        self.used -= ENTRY + key.len() + entry.value.size();
        if let Some(expires) = entry.expires {
            self.expiring.remove(&(expires, key));
        }
        self.trash.throw(entry.value);
        true
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.entry(key).is_some()
    }

    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().filter(|(_, entry)| !self.is_over(entry)).map(|(key, _)| key.as_slice())
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of memory, about.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Empties it. The memory is freed by [`Store::sweep`].
    pub fn clear(&mut self) {
        self.used = 0;
        self.trash.throw_entries(std::mem::take(&mut self.entries), std::mem::take(&mut self.expiring));
    }

    /// Whether there is something to sweep.
    pub fn has_trash(&self) -> bool {
        !self.trash.is_empty()
    }

    /// Frees a portion of what was removed; whether some is left.
    pub fn sweep(&mut self, portion: usize) -> bool {
        self.trash.sweep(portion)
    }

    fn entry(&self, key: &[u8]) -> Option<&Entry> {
        self.entries.get(Bytes::new(key)).filter(|entry| !self.is_over(entry))
    }
}
