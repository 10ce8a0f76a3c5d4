//! `sockdock:plugin/tls`.

use super::{interface::Interface, outbound::Copied, types};
use crate::guest::Host;
use crate::pure::socket::SocketId;
use wasmtime::Result;
use wasmtime::component::WasmStr;

pub(super) fn link<H: Host>(to: &mut Interface<'_, H>) -> Result<()> {
    to.fallible("session", |host, (id,): (u64,)| {
        host.session(SocketId(id)).map(|session| session.map(types::SessionInfo::from))
    })?;
    to.fallible("peer-certificates", |host, (id,): (u64,)| host.peer_certificates(SocketId(id)))?;
    to.borrowing("upgrade-client", |host, memory, (id, options): (u64, types::TlsOptions)| {
        match Copied::new(memory).tls_options(&options) {
            Ok(options) => Ok(host.upgrade_client(SocketId(id), options)),
            Err(refusal) => refusal.answer(),
        }
    })?;
    to.borrowing("upgrade-server", |host, memory, (id, credentials): (u64, WasmStr)| {
        Ok(host.upgrade_server(SocketId(id), &credentials.to_str(memory)?))
    })
}
