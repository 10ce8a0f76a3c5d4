//! Lists.

use super::value::PART;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::VecDeque;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct List {
    items: VecDeque<ByteBuf>,
    bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Left,
    Right,
}

impl List {
    pub fn push(&mut self, end: End, item: &[u8]) {
        self.bytes += item.len();
        match end {
            End::Left => self.items.push_front(ByteBuf::from(item)),
            End::Right => self.items.push_back(ByteBuf::from(item)),
        }
    }

    pub fn pop(&mut self, end: End) -> Option<ByteBuf> {
        let item = match end {
            End::Left => self.items.pop_front(),
            End::Right => self.items.pop_back(),
        }?;
        self.bytes -= item.len();
        Some(item)
    }

    /// The items from `start` to `stop`, both included; negative ones count from the end.
    pub fn range(&self, start: i64, stop: i64) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        let length = self.items.len() as i64;
        let place = |at: i64| if at < 0 { at.saturating_add(length).max(0) } else { at.min(length) };
        // A stop before the first item ends before it.
        let stop = if stop < -length { 0 } else { (place(stop) + 1).min(length) };
        let start = place(start).min(stop);
        self.items.range(start as usize..stop as usize).map(|item| item.as_slice())
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn memory(&self) -> usize {
        self.bytes + PART * self.items.len()
    }

    pub fn take_one(&mut self) -> bool {
        self.items.pop_back().is_some()
    }
}
