//! Workers: OS threads, each with a single-threaded runtime; what lives on one is shared with no other.

use super::nest::Nest;
use super::shard::Shard;
use crate::pure::error::{Error, Result};
use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

/// Stack of each thread that calls guests. A guest call takes up to 1 MiB of it; the rest is for what leads to it.
pub(super) const STACK: usize = 4 << 20;

type Job = Box<dyn FnOnce(&Rc<Local>) + Send>;

enum Message {
    Run(Job),
    Exit,
}

/// What a worker's tasks share.
pub(super) struct Local {
    pub(super) index: usize,
    /// The read buffer of all its connections: bytes go from here to the guest before the next read.
    pub(super) buffer: RefCell<Vec<u8>>,
    /// By number.
    pub(super) shards: RefCell<HashMap<u64, Rc<Shard>>>,
    /// By number; no shard has the same.
    pub(super) nests: RefCell<HashMap<u64, Rc<Nest>>>,
}

/// A worker seen from other threads.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) index: usize,
    sender: UnboundedSender<Message>,
}

impl Worker {
    /// Starts a worker's thread.
    pub(super) fn start(index: usize) -> Result<Self> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let failed = |error: std::io::Error| {
            Error::host(format!("worker {index} can't be started: {error}"))
                .hint("see the limits on threads and descriptors (ulimit -u, -n)")
        };
        // Made here, so that its failure is the caller's to know; it isn't `Send`, so only its parts go over.
        let (ready, made) = std::sync::mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name(format!("sockdock-{index}"))
            .stack_size(STACK)
            .spawn(move || match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
                Ok(runtime) => {
                    let _ = ready.send(Ok(()));
                    let local = Rc::new(Local {
                        index,
                        buffer: RefCell::default(),
                        shards: RefCell::default(),
                        nests: RefCell::default(),
                    });
                    runtime.block_on(serve(receiver, local));
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            })
            .map_err(failed)?;
        made.recv().unwrap_or_else(|_| Err(std::io::ErrorKind::BrokenPipe.into())).map_err(failed)?;
        Ok(Self { index, sender })
    }

    /// Has the worker run `job` between two events.
    pub(super) fn send(&self, job: impl FnOnce(&Rc<Local>) + Send + 'static) {
        // A worker that is gone has nothing left to do it to.
        let _ = self.sender.send(Message::Run(Box::new(job)));
    }

    /// As [`Self::send`], and waits for the answer.
    ///
    /// # Errors
    /// When the worker is gone, or `job` panicked.
    pub(super) async fn ask<T: Send + 'static>(&self, job: impl FnOnce(&Rc<Local>) -> T + Send + 'static) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        self.send(move |local| {
            let _ = sender.send(job(local));
        });
        receiver.await.map_err(|_| Error::host(format!("worker {} didn't answer: it has stopped", self.index)))
    }

    /// Ends the worker; its connections are closed.
    pub(super) fn exit(&self) {
        let _ = self.sender.send(Message::Exit);
    }
}

async fn serve(mut messages: UnboundedReceiver<Message>, local: Rc<Local>) {
    while let Some(Message::Run(job)) = messages.recv().await {
        // A bug in one job must not take the connections of every listener with it.
        if catch_unwind(AssertUnwindSafe(|| job(&local))).is_err() {
            tracing::error!(worker = local.index, "a bug in sockdock: a worker's job panicked; the worker goes on");
        }
    }
    // Shards and what they share know each other: parted here, or neither would ever be freed.
    let shards = std::mem::take(&mut *local.shards.borrow_mut());
    for shard in shards.values() {
        drop(shard.listener.stop_accepting());
        shard.close();
    }
    let nests = std::mem::take(&mut *local.nests.borrow_mut());
    for nest in nests.values() {
        drop(nest.listener.stop_accepting());
        nest.all().iter().for_each(|shard| shard.close());
        nest.members.borrow_mut().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    fn block_on<T>(work: impl Future<Output = T>) -> T {
        Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
    }

    /// A reload's vote that panics is a no, with the worker's name in it, and doesn't take the worker along.
    #[test]
    fn a_job_that_panics_is_an_error_and_the_worker_goes_on() {
        block_on(async {
            let worker = Worker::start(7).expect("a worker");
            let error = worker.ask::<()>(|_| panic!("a bug")).await.expect_err("it panicked");
            assert!(error.to_string().contains("worker 7"), "{error}");
            assert_eq!(worker.ask(|local| local.index).await.ok(), Some(7));
            worker.exit();
        });
    }

    #[test]
    fn a_task_that_panics_takes_nobody_along() {
        block_on(async {
            let worker = Worker::start(0).expect("a worker");
            let ended = Arc::new(AtomicBool::new(false));
            let own = ended.clone();
            worker
                .ask(move |_| {
                    tokio::task::spawn_local(async { panic!("a bug") });
                    tokio::task::spawn_local(async move { own.store(true, Relaxed) });
                })
                .await
                .expect("it runs");
            // Tasks have had their turn when the next jobs are done.
            while !ended.load(Relaxed) {
                worker.ask(|_| ()).await.expect("it runs");
            }
            worker.exit();
        });
    }

    #[test]
    fn one_that_has_ended_answers_nothing() {
        block_on(async {
            let worker = Worker::start(3).expect("a worker");
            worker.exit();
            let error = worker.ask(|_| ()).await.expect_err("it has ended");
            assert!(error.to_string().contains("worker 3 didn't answer"), "{error}");
        });
    }
}
