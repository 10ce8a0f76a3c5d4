//! Counts lines: in all (its state) and per connection (the connection's context).

use serde::{Deserialize, Serialize};
use sockdock_guest::{Failure, First, Plugin, Socket, State, Versioned};

#[derive(Default, Serialize, Deserialize)]
struct Counter {
    lines: u32,
}

#[derive(Default, Serialize, Deserialize)]
struct Session {
    lines: u32,
}

impl Versioned for Counter {
    const VERSION: &'static str = "1";
    type Previous = First;
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
            session.lines += 1;
            socket.write(format!("v1 all={} mine={}\n", self.lines, session.lines).as_bytes()).expect("write");
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
