//! Hashes: fields with values.

use super::bulk;
use super::value::PART;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};
use std::collections::BTreeMap;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Hash {
    #[serde(deserialize_with = "bulk::tree")]
    fields: BTreeMap<ByteBuf, ByteBuf>,
    bytes: usize,
}

impl Hash {
    /// Whether the field is new.
    pub fn set(&mut self, field: &[u8], value: &[u8]) -> bool {
        self.bytes += value.len();
        if let Some(old) = self.fields.get_mut(Bytes::new(field)) {
            self.bytes -= old.len();
            *old = ByteBuf::from(value);
            return false;
        }
        self.bytes += field.len();
        self.fields.insert(ByteBuf::from(field), ByteBuf::from(value));
        true
    }

    pub fn get(&self, field: &[u8]) -> Option<&[u8]> {
        self.fields.get(Bytes::new(field)).map(|value| value.as_slice())
    }

    /// Whether there was one.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        let removed = self.fields.remove_entry(Bytes::new(field));
        self.bytes -= removed.as_ref().map_or(0, |(field, value)| field.len() + value.len());
        removed.is_some()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|(field, value)| (field.as_slice(), value.as_slice()))
    }

    pub fn len(&self) -> usize {
        self.fields.len()
    }

    pub fn memory(&self) -> usize {
        self.bytes + 2 * PART * self.fields.len()
    }

    pub fn take_one(&mut self) -> bool {
        self.fields.pop_first().is_some()
    }
}
