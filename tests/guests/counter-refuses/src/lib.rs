//! A counter with a state of a shape that no other counter's state can become.

use serde::{Deserialize, Serialize};
use sockdock_guest::{Failure, First, Plugin, Socket, State, Versioned};

#[derive(Default, Serialize, Deserialize)]
struct Counter {
    lines: String,
}

impl Versioned for Counter {
    const VERSION: &'static str = "roman";
    type Previous = First;
}

impl Plugin for Counter {
    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        for _ in bytes.iter().filter(|byte| **byte == b'\n') {
            self.lines.push('I');
            socket.write(format!("roman {}\n", self.lines).as_bytes()).expect("write");
        }
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
