//! The threads of a host beside its workers.

use super::coredump::CoreDumps;
use super::sockets::Sockets;
use super::worker::STACK;
use crate::guest::Instance;
use crate::pure::error::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use tokio::sync::oneshot;

/// Where instances go to be freed.
#[derive(Clone)]
pub(super) struct Graveyard {
    sender: Sender<Box<Instance<Sockets>>>,
    /// What those that have failed leave.
    pub(super) cores: Option<Arc<CoreDumps>>,
}

impl Graveyard {
    pub(super) fn take(&self, instance: Box<Instance<Sockets>>) {
        // With the undertaker gone the process is ending; dropped here, then.
        let _ = self.sender.send(instance);
    }
}

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

/// The thread that frees instances, and writes their core dumps before.
pub(super) fn start_undertaker(cores: Option<Arc<CoreDumps>>) -> Result<Graveyard> {
    let (sender, receiver) = mpsc::channel::<Box<Instance<Sockets>>>();
    let writer = cores.clone();
    let bury = move |mut instance: Box<Instance<Sockets>>| {
        if let Some(cores) = &writer {
            // What a dump makes of a dead store is wasmtime's business; a bug in it mustn't end this thread.
            if catch_unwind(AssertUnwindSafe(|| cores.bury(&mut instance))).is_err() {
                tracing::error!("a bug in sockdock: a core dump couldn't be made");
            }
        }
    };
    std::thread::Builder::new()
        .name("sockdock-free".into())
        .spawn(move || receiver.into_iter().for_each(bury))
        .map_err(|error| Error::host(format!("a thread can't be started: {error}")))?;
    Ok(Graveyard { sender, cores })
}
