//! Keys and values.

use crate::resp::integer;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};
use std::collections::BTreeMap;

/// What an entry costs beside its bytes: its place in the tree, and what the allocator adds.
const ENTRY: usize = 64;

/// A tree, not a hash table: a table that grows moves all its entries at once, and an event has 100 ms.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Store {
    entries: BTreeMap<ByteBuf, ByteBuf>,
    used: usize,
    /// What `clear` has taken out, to be freed in portions.
    #[serde(skip)]
    cleared: Vec<BTreeMap<ByteBuf, ByteBuf>>,
}

impl Store {
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.entries.get(Bytes::new(key)).map(|value| value.as_slice())
    }

    pub fn set(&mut self, key: &[u8], value: &[u8]) {
        match self.entries.get_mut(Bytes::new(key)) {
            Some(old) => {
                self.used = self.used - old.len() + value.len();
                if old.len() == value.len() {
                    old.copy_from_slice(value);
                } else {
                    *old = ByteBuf::from(value);
                }
            }
            None => {
                self.used += ENTRY + key.len() + value.len();
                self.entries.insert(ByteBuf::from(key), ByteBuf::from(value));
            }
        }
    }

    /// Whether there was one.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        match self.entries.remove_entry(Bytes::new(key)) {
            Some((key, value)) => {
                self.used -= ENTRY + key.len() + value.len();
                true
            }
            None => false,
        }
    }

    pub fn contains(&self, key: &[u8]) -> bool {
        self.entries.contains_key(Bytes::new(key))
    }

    /// Adds to a value that is a decimal number (an absent one is 0), and answers the sum.
    pub fn add(&mut self, key: &[u8], by: i64) -> Result<i64, &'static str> {
        let old = match self.get(key) {
            None => 0,
            Some(text) => integer(text).ok_or("value is not an integer or out of range")?,
        };
        let new = old.checked_add(by).ok_or("increment or decrement would overflow")?;
        self.set(key, new.to_string().as_bytes());
        Ok(new)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Empties it. The memory is freed by [`Store::sweep`].
    pub fn clear(&mut self) {
        self.used = 0;
        self.cleared.push(std::mem::take(&mut self.entries));
    }

    /// Frees up to so many entries that `clear` took out; whether some are left.
    pub fn sweep(&mut self, entries: usize) -> bool {
        for _ in 0..entries {
            let Some(cleared) = self.cleared.last_mut() else { return false };
            if cleared.pop_first().is_none() {
                self.cleared.pop();
            }
        }
        !self.cleared.is_empty()
    }

    /// Bytes of memory, about.
    pub fn used(&self) -> usize {
        self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_text() {
        let mut store = Store::default();
        assert_eq!(store.add(b"n", -2), Ok(-2));
        assert_eq!(store.get(b"n"), Some(&b"-2"[..]));
        store.set(b"n", b"9223372036854775807");
        assert_eq!(store.add(b"n", 1), Err("increment or decrement would overflow"));
        store.set(b"n", b" 1");
        assert_eq!(store.add(b"n", 1), Err("value is not an integer or out of range"));
        assert_eq!(store.get(b"n"), Some(&b" 1"[..]));
    }

    #[test]
    fn what_was_cleared_is_freed_in_portions() {
        let mut store = Store::default();
        (0..10u8).for_each(|i| store.set(&[i], b"x"));
        store.clear();
        assert_eq!((store.len(), store.used(), store.get(&[1])), (0, 0, None));
        assert!(store.sweep(9));
        assert!(!store.sweep(9));
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_map_and_counts_its_bytes(steps in prop::collection::vec((0u8..3, 0u8..8, 0usize..20), 0..100)) {
            let (mut store, mut model) = (Store::default(), BTreeMap::new());
            for (kind, key, length) in steps {
                match kind {
                    0 => {
                        store.set(&[key], &vec![key; length]);
                        model.insert(vec![key], vec![key; length]);
                    }
                    1 => prop_assert_eq!(store.remove(&[key]), model.remove(&vec![key]).is_some()),
                    _ => prop_assert_eq!(store.get(&[key]), model.get(&vec![key]).map(Vec::as_slice)),
                }
            }
            prop_assert_eq!(store.len(), model.len());
            prop_assert_eq!(store.used(), model.iter().map(|(key, value)| ENTRY + key.len() + value.len()).sum::<usize>());
        }
    }
}
