//! The next version of `counter-v1`: its state has one field more.

use serde::{Deserialize, Serialize};
use sockdock_guest::{Failure, First, Plugin, Socket, State, Versioned};

#[derive(Serialize, Deserialize)]
struct CounterV1 {
    lines: u32,
}

#[derive(Default, Serialize, Deserialize)]
struct Counter {
    lines: u64,
    since_upgrade: u64,
}

#[derive(Default, Serialize, Deserialize)]
struct Session {
    lines: u32,
}

impl Versioned for CounterV1 {
    const VERSION: &'static str = "1";
    type Previous = First;
}

impl Versioned for Counter {
    const VERSION: &'static str = "2";
    type Previous = CounterV1;

    fn upgrade(old: CounterV1) -> Result<Self, Failure> {
        Ok(Self { lines: old.lines.into(), since_upgrade: 0 })
    }
}

impl Versioned for Session {
    const VERSION: &'static str = "1";
    type Previous = First;
}

impl Plugin for Counter {
    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        let mut session: Session = socket.context().expect("a context of ours").unwrap_or_default();
        for _ in bytes.iter().filter(|byte| **byte == b'\n') {
            self.lines += 1;
            self.since_upgrade += 1;
            session.lines += 1;
            let answer = format!("v2 all={} new={} mine={}\n", self.lines, self.since_upgrade, session.lines);
            socket.write(answer.as_bytes()).expect("write");
        }
        socket.set_context(&session).expect("set the context");
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(Some(State::save(self)?))
    }

    fn restore(&mut self, state: State) -> Result<(), Failure> {
        *self = state.load()?;
        Ok(())
    }
}

sockdock_guest::plugin!(Counter);
