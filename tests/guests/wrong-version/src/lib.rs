//! A plugin built for a version of the contract that this host doesn't have.

wit_bindgen::generate!({ path: "wit", world: "plugin" });

struct FromTheFuture;

impl exports::sockdock::plugin::socket_handlers::Guest for FromTheFuture {
    fn open(_: u64) {}
    fn data(_: u64, _: Vec<u8>, _: u32) {}
}

export!(FromTheFuture);
