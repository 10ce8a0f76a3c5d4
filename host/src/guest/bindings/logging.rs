//! `sockdock:plugin/logging`. The one interface that asks nothing of the host's side: it works even while none is lent.

use super::{interface::Interface, types::Level};
use crate::guest::Host;
use wasmtime::component::WasmStr;
use wasmtime::{Result, StoreContextMut};

pub(super) fn link<H: Host>(to: &mut Interface<'_, H>) -> Result<()> {
    to.own("log", |store: StoreContextMut<'_, _>, (level, message): (Level, WasmStr)| {
        let message = message.to_str(&store)?;
        store.data().log().say(level.into(), &message);
        Ok(())
    })
}
