//! Sorted sets: members in the order of their scores.

use super::value::PART;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::{ByteBuf, Bytes};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The two trees share the members' bytes.
#[derive(Debug, Default)]
pub struct SortedSet {
    scores: BTreeMap<Rc<[u8]>, f64>,
    order: BTreeSet<(Score, Rc<[u8]>)>,
    bytes: usize,
}

/// Never NaN.
#[derive(Clone, Copy, Debug)]
struct Score(f64);

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        // 0 and -0 are one score.
        self.0.partial_cmp(&other.0).unwrap_or_else(|| self.0.total_cmp(&other.0))
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Score {}

impl SortedSet {
    pub fn score(&self, member: &[u8]) -> Option<f64> {
        self.scores.get(member).copied()
    }

    pub fn set(&mut self, member: &[u8], score: f64) {
        let member: Rc<[u8]> = match self.scores.get_key_value(member) {
            Some((known, old)) => {
                let known = known.clone();
                self.order.remove(&(Score(*old), known.clone()));
                known
            }
            None => {
                self.bytes += member.len();
                member.into()
            }
        };
        self.scores.insert(member.clone(), score);
        self.order.insert((Score(score), member));
    }

    pub fn pop_min(&mut self) -> Option<(Rc<[u8]>, f64)> {
        let (score, member) = self.order.pop_first()?;
        self.scores.remove(&member);
        self.bytes -= member.len();
        Some((member, score.0))
    }

    pub fn len(&self) -> usize {
        self.scores.len()
    }

    pub fn memory(&self) -> usize {
        self.bytes + 3 * PART * self.scores.len()
    }

    pub fn take_one(&mut self) -> bool {
        self.pop_min().is_some()
    }
}

impl Serialize for SortedSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.order.iter().map(|(score, member)| (score.0, Bytes::new(member))))
    }
}

impl<'de> Deserialize<'de> for SortedSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A tree is made of all its elements at once much faster than of one after the other.
        let members = Vec::<(f64, ByteBuf)>::deserialize(deserializer)?;
        let order: BTreeSet<(Score, Rc<[u8]>)> =
            members.into_iter().map(|(score, member)| (Score(score), member.as_slice().into())).collect();
        let scores = order.iter().map(|(score, member)| (member.clone(), score.0)).collect();
        let bytes = order.iter().map(|(_, member)| member.len()).sum();
        Ok(Self { scores, order, bytes })
    }
}
