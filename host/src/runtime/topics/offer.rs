//! A message and one of its subscribers.

use super::super::entry::Entry;
use crate::pure::limits::Limits;
use crate::pure::outbound::Pool;
use bytes::Bytes;

/// What became of a message that was offered.
pub(super) enum Offer {
    /// It is queued.
    Taken,
    /// There was no room for all of it.
    Full,
    /// Nothing can be sent any more.
    Gone,
}

impl Entry {
    /// Queues what was published: all of it, or nothing.
    pub(super) fn offer(&mut self, pool: &mut Pool, limits: &Limits, data: &Bytes) -> Offer {
        let room = |entry: &Self| limits.write_buffer.saturating_sub(entry.out.len()) >= data.len();
        if !room(self) {
            // The kernel may have room where it had none a while ago.
            self.blocked = false;
            self.flush(pool);
        }
        match (self.machine.takes(), room(self)) {
            (false, _) => return Offer::Gone,
            (true, false) => return Offer::Full,
            (true, true) => self.out.share(pool, data),
        }
        if self.out.len() > limits.high_water {
            self.machine.crossed_high_water();
            self.mark().turn = true;
        }
        Offer::Taken
    }
}
