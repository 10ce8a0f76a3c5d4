//! What an older version has saved.

use super::ask;
use crate::Kv;
use crate::saved::SavedV1;
use crate::session::SessionV1;
use crate::store::StoreV1;
use sockdock_guest::testing::Harness;
use sockdock_guest::{Failure, Plugin, Socket, State};

/// The first version, as far as others see it.
#[derive(Default)]
struct First;

impl Plugin for First {
    fn open(&mut self, socket: Socket) {
        socket.set_context(&SessionV1 { name: b"me".to_vec(), midway: false }).ok();
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        let entries = [("k".into(), "v".into()), ("n".into(), "7".into())];
        let entries = entries.map(|(key, value): (String, String)| (key.into_bytes().into(), value.into_bytes().into()));
        let store = StoreV1 { entries: entries.into(), used: 133 };
        Ok(Some(State::save(&SavedV1 { store, ..SavedV1::default() })?))
    }
}

#[test]
fn the_first_version_is_taken_over() {
    let mut host = Harness::<First>::new();
    let socket = host.connect();
    let mut host = host.reload::<Kv>().unwrap_or_else(|(reason, _)| panic!("{reason}"));
    for (line, reply) in [
        ("GET k", "$1|v|"),
        ("INCR n", ":8|"),
        ("CLIENT GETNAME", "$2|me|"),
        ("DBSIZE", ":2|"),
        ("EXPIRE k 0", ":1|"),
        ("RPUSH l a", ":1|"),
        ("DEL n l", ":2|"),
    ] {
        assert_eq!(ask(&mut host, socket, line), reply, "{line}");
    }
    // Its count of memory is the new one's.
    assert_eq!(host.plugin().saved.store.used(), 0);
}

#[test]
fn the_bytes_of_the_first_version_are_these() {
    let store = StoreV1 { entries: [(b"k".to_vec().into(), b"v".to_vec().into())].into(), used: 66 };
    let state = State::save(&SavedV1 { store, ..SavedV1::default() }).unwrap();
    // One entry: `k`, `v`; 66 bytes; no connection.
    assert_eq!((state.version.as_str(), state.data.as_slice()), ("kv-1", &[1, 1, b'k', 1, b'v', 66, 0][..]));
}
