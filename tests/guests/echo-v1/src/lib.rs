//! An echo, built twice: two components that behave alike and differ in their bytes and in what
//! they log on start.

use sockdock_guest::{Config, Failure, Plugin, Socket};

#[derive(Default)]
struct Echo;

impl Plugin for Echo {
    fn start(&mut self, _: &Config) -> Result<(), Failure> {
        sockdock_guest::info!("{} has started", env!("CARGO_PKG_NAME"));
        Ok(())
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        let taken = socket.write(bytes).expect("write");
        assert_eq!(taken, bytes.len(), "the queue takes as much as one read brings");
    }
}

sockdock_guest::plugin!(Echo);
