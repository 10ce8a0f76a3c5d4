//! Answers each byte with `hello`, written in five writes: the case of Bun's documentation for gathering small writes.

use sockdock_guest::{Plugin, Socket};

#[derive(Default)]
struct FiveWrites;

impl Plugin for FiveWrites {
    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        for _ in bytes {
            for letter in [b"h", b"e", b"l", b"l", b"o"] {
                socket.write(letter).ok();
            }
        }
    }
}

sockdock_guest::plugin!(FiveWrites);
