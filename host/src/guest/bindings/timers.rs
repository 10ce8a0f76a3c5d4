//! `sockdock:plugin/timers`.

use super::interface::Interface;
use crate::guest::Host;
use wasmtime::{Result, StoreContextMut};

pub(super) fn link<H: Host>(to: &mut Interface<'_, H>) -> Result<()> {
    to.fallible("set-timer", |host, (token, delay): (u64, u32)| host.set_timer(token, delay))?;
    to.own("clear-timer", |mut store: StoreContextMut<'_, _>, (token,): (u64,)| {
        store.data_mut().host()?.clear_timer(token);
        Ok(())
    })
}
