//! Where a listener's connections live on a worker: a shard of many, or a nest of instances with one each.

use super::ends::Ends;
use super::listener::{Listener, ShardHandle};
use super::nest::Nest;
use super::seat::Seat;
use super::shard::Shard;
use super::worker::Local;
use crate::net::Stream;
use crate::pure::error::{Error, Result};
use std::rc::Rc;
use std::sync::Arc;

/// One of the two.
#[derive(Clone)]
pub(super) enum Home {
    Shard(Rc<Shard>),
    Nest(Rc<Nest>),
}

impl Home {
    pub(super) fn listener(&self) -> &Arc<Listener> {
        match self {
            Self::Shard(shard) => &shard.listener,
            Self::Nest(nest) => &nest.listener,
        }
    }

    /// Takes a connection in and starts its driver.
    pub(super) fn adopt(&self, stream: Stream, ends: Ends, ticket: super::counters::Ticket) {
        match self {
            Self::Shard(shard) => shard.adopt(stream, ends, ticket),
            Self::Nest(nest) => nest.adopt(stream, ends, ticket),
        }
    }

    fn shards(&self) -> Vec<Rc<Shard>> {
        match self {
            Self::Shard(shard) => vec![shard.clone()],
            Self::Nest(nest) => nest.all(),
        }
    }
}

impl Local {
    pub(super) fn home(&self, number: u64) -> Option<Home> {
        let shard = self.shards.borrow().get(&number).cloned();
        shard.map(Home::Shard).or_else(|| self.nests.borrow().get(&number).cloned().map(Home::Nest))
    }
}

impl ShardHandle {
    async fn at_home<T: Send + 'static>(&self, job: impl FnOnce(&Home) -> T + Send + 'static) -> Result<T> {
        let number = self.number;
        let asked = self.worker.ask(move |local| local.home(number).map(|home| job(&home))).await?;
        asked.ok_or_else(|| Error::configuration("the listener has stopped meanwhile"))
    }

    /// Has the nest do `job`.
    ///
    /// # Errors
    /// When there is none, or its worker has stopped.
    pub(super) async fn nest<T: Send + 'static>(&self, job: impl FnOnce(&Rc<Nest>) -> T + Send + 'static) -> Result<T> {
        let done = self.at_home(|home| if let Home::Nest(nest) = home { Some(job(nest)) } else { None }).await?;
        done.ok_or_else(|| Error::host("a bug in sockdock: this listener has no instances per connection"))
    }

    /// Takes stock of memory; answers why an instance is down that all connections share.
    pub(super) async fn look(&self) -> Result<Option<String>> {
        let look = |home: &Home| match home {
            Home::Nest(nest) => {
                nest.look();
                None
            }
            Home::Shard(shard) => {
                let mut state = shard.state.borrow_mut();
                match &state.seat {
                    Seat::Up(instance) => {
                        let bytes = instance.memory_bytes();
                        state.note_memory(shard, bytes);
                        state.newcomers.trouble().map(str::to_owned)
                    }
                    Seat::Down(why) => Some(why.lines().next().unwrap_or_default().to_owned()),
                }
            }
        };
        self.at_home(look).await
    }

    /// Resets its connections; of one generation, if one is given. The plugin hears `close`.
    pub(super) async fn terminate(&self, generation: Option<u64>) -> Result<()> {
        let terminate = move |home: &Home| {
            let meant = |shard: &Rc<Shard>| generation.is_none_or(|number| shard.state.borrow().generation.number == number);
            home.shards().iter().filter(|shard| meant(shard)).for_each(|shard| shard.terminate());
        };
        self.at_home(terminate).await
    }

    /// Ends it; connections that are left end without a word.
    pub(super) async fn end(&self) -> Result<()> {
        let number = self.number;
        let end = move |home: &Home| {
            for shard in home.shards() {
                shard.local.shards.borrow_mut().remove(&number);
                shard.close();
            }
            if let Home::Nest(nest) = home {
                nest.local.nests.borrow_mut().remove(&number);
                nest.members.borrow_mut().clear();
            }
        };
        self.at_home(end).await
    }
}
