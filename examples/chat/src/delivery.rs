//! Lines on their way to people who may not be reading.

use serde::{Deserialize, Serialize};
use sockdock_guest::Socket;
use std::collections::BTreeMap;

/// Unread bytes up to which somebody is sent more. Above the host's high-water mark (64 KiB), so that `drain` says when
/// all of it has been read; below its write buffer (1 MiB), so that no write is ever short.
pub const BACKLOG: usize = 96 << 10;

/// Nobody waits for a slow reader: what doesn't fit is counted, not kept. So there is no queue of ours that could grow.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delivery {
    /// How many lines each slow reader has missed, until it has been told.
    missed: BTreeMap<Socket, u64>,
}

impl Delivery {
    /// `line` with its end.
    pub fn tell(&mut self, to: Socket, line: &str) {
        let Ok(queued) = to.queued() else { return };
        if queued == 0 {
            self.drained(to);
        }
        // Who has missed something gets nothing more until all before it has been read: one gap, not many.
        if queued + line.len() > BACKLOG || self.missed.contains_key(&to) {
            *self.missed.entry(to).or_default() += 1;
        } else {
            write(to, line);
        }
    }

    /// All that was sent has been read: says what was not sent.
    pub fn drained(&mut self, to: Socket) {
        if let Some(missed) = self.missed.remove(&to) {
            let lines = if missed == 1 { "line" } else { "lines" };
            write(to, &format!("* you read too slowly, and missed {missed} {lines}\n"));
        }
    }

    pub fn forget(&mut self, gone: Socket) {
        self.missed.remove(&gone);
    }
}

fn write(to: Socket, line: &str) {
    // Half a line would run into the next one. Only a write buffer set smaller than the backlog leads here.
    if to.write(line.as_bytes()).is_ok_and(|taken| taken < line.len()) {
        to.terminate().ok();
    }
}
