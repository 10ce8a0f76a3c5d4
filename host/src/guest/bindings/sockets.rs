//! `sockdock:plugin/sockets`.

use super::interface::Interface;
use super::types::Endpoint;
use crate::guest::Host;
use crate::pure::socket::SocketId;
use wasmtime::Result;
use wasmtime::component::WasmList;

type Id = (u64,);

pub(super) fn link<H: Host>(to: &mut Interface<'_, H>) -> Result<()> {
    // The hot path: the bytes go from the guest's memory to the host's queue or the kernel.
    to.borrowing(
        "write",
        |host, memory, (id, data): (u64, WasmList<u8>)| Ok(host.write(SocketId(id), data.as_le_slice(memory))),
    )?;
    to.fallible("flush", |host, (id,): Id| host.flush(SocketId(id)))?;
    to.fallible("end", |host, (id,): Id| host.end(SocketId(id)))?;
    to.fallible("shutdown", |host, (id,): Id| host.shutdown(SocketId(id)))?;
    to.fallible("terminate", |host, (id,): Id| host.terminate(SocketId(id)))?;
    to.fallible("pause", |host, (id,): Id| host.pause(SocketId(id)))?;
    to.fallible("resume", |host, (id,): Id| host.resume(SocketId(id)))?;
    to.fallible("set-auto-pause", |host, (id, enabled): (u64, bool)| host.set_auto_pause(SocketId(id), enabled))?;
    to.fallible("queued", |host, (id,): Id| host.queued(SocketId(id)))?;
    to.fallible("set-timeout", |host, (id, milliseconds): (u64, Option<u32>)| host.set_timeout(SocketId(id), milliseconds))?;
    to.fallible("set-no-delay", |host, (id, enabled): (u64, bool)| host.set_no_delay(SocketId(id), enabled))?;
    to.fallible("set-keep-alive", |host, (id, delay): (u64, Option<u32>)| host.set_keep_alive(SocketId(id), delay))?;
    to.fallible("local-endpoint", |host, (id,): Id| host.local_endpoint(SocketId(id)).map(Endpoint::from))?;
    to.fallible("remote-endpoint", |host, (id,): Id| host.remote_endpoint(SocketId(id)).map(Endpoint::from))?;
    to.fallible("listener", |host, (id,): Id| host.listener(SocketId(id)))?;
    to.fallible("bytes-read", |host, (id,): Id| host.bytes_read(SocketId(id)))?;
    to.fallible("bytes-written", |host, (id,): Id| host.bytes_written(SocketId(id)))?;
    to.fallible("context", |host, (id,): Id| host.context(SocketId(id)).map(<[u8]>::to_vec))?;
    to.borrowing("set-context", |host, memory, (id, context): (u64, WasmList<u8>)| {
        Ok(host.set_context(SocketId(id), context.as_le_slice(memory)))
    })?;
    to.function("live", |host, (): ()| host.live().into_iter().map(|id| id.0).collect::<Vec<u64>>())
}
