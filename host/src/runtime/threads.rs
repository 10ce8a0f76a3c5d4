//! The threads of a host beside its workers.

use super::sockets::Sockets;
use super::worker::STACK;
use crate::guest::Instance;
use crate::pure::error::{Error, Result};
use std::sync::mpsc::{self, Sender};
use tokio::sync::oneshot;

/// Where instances go to be freed.
pub(super) type Graveyard = Sender<Box<Instance<Sockets>>>;

/// The thread that reloads, starts and stops listeners; it never calls a guest that serves.
pub(super) fn start_control() -> Result<(tokio::runtime::Handle, oneshot::Sender<()>)> {
    let failed = |error: std::io::Error| Error::host(format!("the control thread can't be started: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_stack_size(STACK).build().map_err(failed)?;
    let handle = runtime.handle().clone();
    let (sender, ended) = oneshot::channel::<()>();
    std::thread::Builder::new()
        .name("sockdock-control".into())
        .spawn(move || {
            let _ = runtime.block_on(ended);
            runtime.shutdown_background();
        })
        .map_err(failed)?;
    Ok((handle, sender))
}

/// The thread that frees instances.
pub(super) fn start_undertaker() -> Result<Graveyard> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new()
        .name("sockdock-free".into())
        .spawn(move || receiver.into_iter().for_each(drop))
        .map_err(|error| Error::host(format!("a thread can't be started: {error}")))?;
    Ok(sender)
}
