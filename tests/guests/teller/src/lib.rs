//! Tells the setting `name` to whoever asks by `?`, and how many have asked on this connection by `n`. `trap` makes it trap.
//!
//! The setting `how` makes it answer worse: `trap` (each time), `slow` (it spins for `spin` microseconds first).

use sockdock_guest::{Config, Failure, Plugin, Socket};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Teller {
    name: String,
    how: String,
    spin: Duration,
    asked: u32,
}

impl Plugin for Teller {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.name = config.get("name").unwrap_or("nameless").to_owned();
        self.how = config.get("how").unwrap_or_default().to_owned();
        self.spin = Duration::from_micros(config.parse("spin")?.unwrap_or(0));
        Ok(())
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        assert_ne!(bytes, b"trap");
        assert_ne!(self.how, "trap");
        let began = Instant::now();
        while self.how == "slow" && began.elapsed() < self.spin {}
        self.asked += 1;
        let answer = if bytes == b"n" { self.asked.to_string() } else { self.name.clone() };
        socket.write(answer.as_bytes()).expect("write");
    }
}

sockdock_guest::plugin!(Teller);
