//! Other addresses for a listener that runs.

use super::accept;
use super::address::{Address, Announced};
use super::blocking::blocking;
use super::listen::Listen;
use super::listener::{Listener, lock};
use super::report::RebindReport;
use super::start::bind;
use super::worker::Local;
use crate::pure::error::{Error, Result};
use std::rc::Rc;
use std::sync::Arc;

/// New addresses are bound, and nobody is accepted there yet; dropped, they are given up.
pub(super) struct Rebinding {
    listener: Arc<Listener>,
    /// All that it is going to have, in their order.
    addresses: Vec<Arc<Address>>,
    opened: Vec<Arc<Address>>,
    closed: Vec<Arc<Address>>,
}

impl Rebinding {
    /// None: these are the addresses that it has.
    ///
    /// # Errors
    /// When a new one can't be had.
    pub(super) async fn prepare(listener: &Arc<Listener>, listen: Listen) -> Result<Option<Self>> {
        if listener.client || listener.is_stopping() {
            let why = if listener.client { "is a client, which listens nowhere" } else { "is stopping" };
            return Err(Error::configuration(format!("listener '{}' {why}", listener.name)));
        }
        let mut closed = lock(&listener.addresses).clone();
        let before = closed.clone();
        // Those that stay, and places for those that come.
        let (mut all, mut new) = (Vec::new(), Vec::new());
        for (asked, tls) in listen.addresses {
            let known = closed.iter().position(|known| asked.as_ref() == Ok(&known.asked));
            all.push(known.map(|place| closed.remove(place)));
            match all.last() {
                Some(Some(known)) if known.speaks_tls() != tls.is_some() => {
                    return Err(Error::configuration(format!(
                        "listener '{}': {} can't turn from plain to TLS, or back, while it runs",
                        listener.name, known.asked
                    ))
                    .hint("restart; or have the other on another address"));
                }
                Some(Some(_)) => {}
                _ => new.push((asked, tls)),
            }
        }
        let options = listen.sockets;
        let opened = blocking(move || bind(new, &options)).await?;
        let mut come = opened.iter().cloned();
        let addresses: Vec<_> = all.into_iter().filter_map(|stays| stays.or_else(|| come.next())).collect();
        let same = addresses.len() == before.len() && addresses.iter().zip(&before).all(|(one, other)| Arc::ptr_eq(one, other));
        Ok((!same).then(|| Self { listener: listener.clone(), addresses, opened, closed }))
    }

    /// Accepts there, and no more at those that it has given up; who came by them stays.
    pub(super) async fn carry_out(self) -> Option<RebindReport> {
        let Self { listener, addresses, opened, closed } = self;
        let acceptor = listener.acceptor.get()?.clone();
        let announced = Announced::new(&addresses, None);
        let report = RebindReport { listener: listener.name.to_string(), addresses: announced.urls.clone() };
        let own = listener.clone();
        let swap = move |local: &Rc<Local>| {
            // It may have begun to stop: then nobody is to be let in any more.
            if own.is_stopping() {
                return false;
            }
            *lock(&own.addresses) = addresses;
            *lock(&own.announced) = announced;
            opened.into_iter().for_each(|address| accept::start(local, &own, address));
            closed.iter().for_each(|address| accept::stop_one(local, &own, address));
            true
        };
        let done = acceptor.ask(swap).await.unwrap_or_default();
        if done {
            tracing::info!(listener = %listener.name, addresses = report.addresses.join(", "), "addresses changed");
            super::rotate::warn_of_dangers(&listener);
            super::expiry::warn(&listener);
        }
        done.then_some(report)
    }
}
