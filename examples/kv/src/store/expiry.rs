//! Keys that are for a time.
//!
//! A key whose time has come doesn't exist for any command; a timer removes it.

use super::{Entry, Store};
use serde_bytes::{ByteBuf, Bytes};

impl Store {
    /// When the key expires (milliseconds since 1970), if it does; none: there is no such key.
    pub fn expiry(&self, key: &[u8]) -> Option<Option<i64>> {
        self.entry(key).map(|entry| entry.expires)
    }

    /// When, or that it doesn't; nothing, if there is no such key. What has expired by now is removed at once.
    pub fn set_expiry(&mut self, key: &[u8], expires: Option<i64>) {
        self.purge(key);
        let Some(entry) = self.entries.get_mut(Bytes::new(key)) else { return };
        if let Some(old) = std::mem::replace(&mut entry.expires, expires) {
            self.expiring.remove(&(old, ByteBuf::from(key)));
        }
        if let Some(expires) = expires {
            self.expiring.insert((expires, ByteBuf::from(key)));
            self.purge(key);
        }
    }

    /// When the next key expires.
    pub fn next_expiry(&self) -> Option<i64> {
        self.expiring.first().map(|(expires, _)| *expires)
    }

    pub fn expiring(&self) -> usize {
        self.expiring.len()
    }

    /// Removes up to so many of the keys whose time has come.
    pub fn expire(&mut self, portion: usize) {
        for _ in 0..portion {
            match self.expiring.pop_first() {
                Some((expires, key)) if expires <= self.clock.now() => drop(self.take_out(&key)),
                Some(later) => {
                    self.expiring.insert(later);
                    return;
                }
                None => return,
            }
        }
    }

    /// After a reload: finds the keys that expire.
    pub fn restored(&mut self) {
        let expiring = self.entries.iter().filter_map(|(key, entry)| Some((entry.expires?, key.clone())));
        self.expiring = expiring.collect();
    }

    pub(super) fn is_over(&self, entry: &Entry) -> bool {
        entry.expires.is_some_and(|expires| expires <= self.clock.now())
    }

    /// Removes the key if its time has come.
    pub(super) fn purge(&mut self, key: &[u8]) {
        if !self.expiring.is_empty() && self.entries.get(Bytes::new(key)).is_some_and(|entry| self.is_over(entry)) {
            self.take_out(key);
        }
    }
}
