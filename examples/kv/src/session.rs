//! What the host keeps about a connection for us, in its context: it outlives reloads and traps.

use serde::{Deserialize, Serialize};
use sockdock_guest::{Failure, First, Socket, Versioned};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Given by CLIENT SETNAME; empty: none.
    #[serde(with = "serde_bytes")]
    pub name: Vec<u8>,
    /// A request is half read, or a reply half sent. If that half is lost, in a trap, what follows can't be understood.
    pub midway: bool,
    /// The third version of the protocol is spoken.
    pub resp3: bool,
}

impl Versioned for Session {
    const VERSION: &'static str = "2";
    type Previous = SessionV1;

    fn upgrade(old: SessionV1) -> Result<Self, Failure> {
        Ok(Self { name: old.name, midway: old.midway, resp3: false })
    }
}

/// Before HELLO 3 was understood.
#[derive(Debug, Serialize, Deserialize)]
pub struct SessionV1 {
    #[serde(with = "serde_bytes")]
    pub name: Vec<u8>,
    pub midway: bool,
}

impl Versioned for SessionV1 {
    const VERSION: &'static str = "1";
    type Previous = First;
}

impl Session {
    pub fn of(socket: Socket) -> Self {
        socket.context().ok().flatten().unwrap_or_default()
    }

    /// The only error is a connection that is gone.
    pub fn change(socket: Socket, change: impl FnOnce(&mut Self)) {
        let mut session = Self::of(socket);
        change(&mut session);
        socket.set_context(&session).ok();
    }
}
