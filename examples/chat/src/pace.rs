//! How fast one may speak: a line costs work for everybody in the room.

use sockdock_guest::Socket;
use std::collections::BTreeMap;

/// Lines of this second: of those who have spoken in it, however many are connected.
#[derive(Debug, Default)]
pub struct Pace(BTreeMap<Socket, Spoken>);

#[derive(Debug, Default)]
struct Spoken {
    allowed: u32,
    refused: u64,
}

impl Pace {
    /// Nobody has spoken in this second.
    pub fn is_calm(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts a line; whether it may be sent.
    pub fn allows(&mut self, speaker: Socket, limit: u32) -> bool {
        let spoken = self.0.entry(speaker).or_default();
        let allowed = spoken.allowed < limit;
        if allowed {
            spoken.allowed += 1;
        } else {
            spoken.refused += 1;
        }
        allowed
    }

    /// Begins the next second; who had lines refused in this one, and how many.
    pub fn next_second(&mut self) -> impl Iterator<Item = (Socket, u64)> + use<> {
        std::mem::take(&mut self.0)
            .into_iter()
            .map(|(socket, spoken)| (socket, spoken.refused))
            .filter(|(_, refused)| *refused > 0)
    }

    pub fn forget(&mut self, gone: Socket) {
        self.0.remove(&gone);
    }
}
