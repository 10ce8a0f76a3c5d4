//! Asked for `N` bytes by a line, it sends them, no faster than the peer reads, and ends.

use sockdock_guest::{CloseInfo, Plugin, Sink, Socket};
use std::collections::HashMap;

struct Job {
    sink: Sink,
    next: u64,
    total: u64,
}

#[derive(Default)]
struct Writer {
    jobs: HashMap<Socket, Job>,
}

impl Job {
    fn proceed(&mut self) {
        let mut piece = [0; 4096];
        while self.next < self.total && !self.sink.is_blocked() {
            let size = (self.total - self.next).min(piece.len() as u64) as usize;
            for (at, byte) in (self.next..).zip(&mut piece[..size]) {
                *byte = (at % 251) as u8;
            }
            // The peer may have gone away while it was being written to; `close` follows.
            if self.sink.write(&piece[..size]).is_err() {
                return;
            }
            self.next += size as u64;
        }
        if self.next == self.total {
            self.sink.end().ok();
        }
    }
}

impl Plugin for Writer {
    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        let line = std::str::from_utf8(bytes).expect("text");
        let total = line.trim_end().parse().expect("a number of bytes");
        let mut job = Job { sink: Sink::new(socket), next: 0, total };
        job.proceed();
        self.jobs.insert(socket, job);
    }

    fn drain(&mut self, socket: Socket) {
        if let Some(job) = self.jobs.get_mut(&socket) {
            if job.sink.drained().is_ok() {
                job.proceed();
            }
        }
    }

    fn close(&mut self, socket: Socket, _: CloseInfo) {
        self.jobs.remove(&socket);
    }
}

sockdock_guest::plugin!(Writer);
