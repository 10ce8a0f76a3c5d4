//! Names that are one's own, whichever instance one is on.
//!
//! Instances share no memory, but they share the topics: who has a name is subscribed to the topic of that name, on which nothing is
//! ever said. The host counts subscribers over all instances, at once.

use sockdock_guest::{Socket, topics};

/// Numbers that are tried for a guest. Instances count for themselves, so some are taken.
const TRIES: u64 = 100;

/// The topic that who has this name is subscribed to: in whatever case it is written.
fn topic(name: &str) -> String {
    format!("nick/{}", name.to_ascii_lowercase())
}

/// Takes the name, if nobody has it. Of two who try at the same time both may be refused, and never both succeed.
pub fn claim(socket: Socket, name: &str) -> bool {
    let topic = topic(name);
    let free = socket.subscribe(&topic).is_ok() && topics::subscribers(&topic) == Ok(1);
    if !free {
        socket.unsubscribe(&topic).ok();
    }
    free
}

/// Has it again, or still: after a reload from a version without topics.
pub fn keep(socket: Socket, name: &str) {
    socket.subscribe(&topic(name)).ok();
}

pub fn release(socket: Socket, name: &str) {
    socket.unsubscribe(&topic(name)).ok();
}

/// A name for somebody new; `guests` have had one so far.
pub fn claim_guest(socket: Socket, guests: &mut u64) -> String {
    for _ in 0..TRIES {
        *guests += 1;
        let name = format!("guest{guests}");
        if claim(socket, &name) {
            return name;
        }
    }
    // Nobody else has that number.
    let name = format!("guest{}", socket.id());
    keep(socket, &name);
    name
}

/// The number of `guest17`: a name that is given by us alone.
pub fn guest_number(name: &str) -> Option<u64> {
    name.to_ascii_lowercase().strip_prefix("guest")?.parse().ok()
}
