//! The store as it was saved when it knew texts alone.

use super::{ENTRY, Entry, Store, Value};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct StoreV1 {
    pub entries: BTreeMap<ByteBuf, ByteBuf>,
    /// Counted with another cost of an entry.
    pub used: usize,
}

impl From<StoreV1> for Store {
    fn from(old: StoreV1) -> Self {
        let used = old.entries.iter().map(|(key, value)| ENTRY + key.len() + value.len()).sum();
        let entries = old.entries.into_iter();
        let entries = entries.map(|(key, text)| (key, Entry { value: Value::Text(text), expires: None })).collect();
        Self { entries, used, ..Self::default() }
    }
}
