//! `sockdock:plugin/topics`.

use super::interface::Interface;
use crate::guest::Host;
use crate::pure::socket::SocketId;
use wasmtime::Result;
use wasmtime::component::{WasmList, WasmStr};

pub(super) fn link<H: Host>(to: &mut Interface<'_, H>) -> Result<()> {
    to.borrowing("subscribe", |host, memory, (id, topic): (u64, WasmStr)| {
        Ok(host.subscribe(SocketId(id), &topic.to_str(memory)?))
    })?;
    to.borrowing("unsubscribe", |host, memory, (id, topic): (u64, WasmStr)| {
        Ok(host.unsubscribe(SocketId(id), &topic.to_str(memory)?))
    })?;
    to.borrowing("publish", |host, memory, (topic, data, skip): (WasmStr, WasmList<u8>, Option<u64>)| {
        Ok(host.publish(&topic.to_str(memory)?, data.as_le_slice(memory), skip.map(SocketId)))
    })
}
