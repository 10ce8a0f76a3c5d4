//! Sets.

use super::random;
use super::value::PART;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::{ByteBuf, Bytes};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A tree finds a member, and a row lets SPOP choose one without bias. They share the members' bytes.
#[derive(Debug, Default)]
pub struct Set {
    places: BTreeMap<Rc<[u8]>, usize>,
    row: Vec<Rc<[u8]>>,
    bytes: usize,
}

impl Set {
    /// Whether it is new.
    pub fn add(&mut self, member: &[u8]) -> bool {
        if self.contains(member) {
            return false;
        }
        let member: Rc<[u8]> = member.into();
        self.bytes += member.len();
        self.places.insert(member.clone(), self.row.len());
        self.row.push(member);
        true
    }

    /// Whether it was one.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        let place = self.places.get(member).copied();
        place.is_some_and(|place| self.take(place).is_some())
    }

    /// Takes a member out, by chance.
    pub fn pop(&mut self) -> Option<Rc<[u8]>> {
        let place = random::below(self.row.len())?;
        self.take(place)
    }

    fn take(&mut self, place: usize) -> Option<Rc<[u8]>> {
        if place >= self.row.len() {
            return None;
        }
        let member = self.row.swap_remove(place);
        if let Some(moved) = self.row.get(place).and_then(|moved| self.places.get_mut(moved)) {
            *moved = place;
        }
        self.places.remove(&member);
        self.bytes -= member.len();
        Some(member)
    }

    pub fn contains(&self, member: &[u8]) -> bool {
        self.places.contains_key(member)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.row.iter().map(|member| &**member)
    }

    pub fn len(&self) -> usize {
        self.row.len()
    }

    pub fn memory(&self) -> usize {
        self.bytes + 2 * PART * self.row.len()
    }

    pub fn take_one(&mut self) -> bool {
        self.take(self.row.len().wrapping_sub(1)).is_some()
    }
}

impl Serialize for Set {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Bytes::new))
    }
}

impl<'de> Deserialize<'de> for Set {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A tree is made of all its elements at once much faster than of one after the other.
        let row: Vec<Rc<[u8]>> =
            Vec::<ByteBuf>::deserialize(deserializer)?.into_iter().map(|member| member.as_slice().into()).collect();
        let places = row.iter().cloned().zip(0..).collect();
        let bytes = row.iter().map(|member| member.len()).sum();
        Ok(Self { places, row, bytes })
    }
}
