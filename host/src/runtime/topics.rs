//! Topics: what is published by one of a listener's instances reaches the sockets of all.
//!
//! Each shard has the subscriptions of its own sockets (`pure/subscriptions.rs`), and puts what is published straight into their queues. What
//! the instances have to know of one another goes by a [`Topics`]: how many sockets a message would reach elsewhere, and the message
//! itself. No lock is on the way of a plain event.

mod in_process;
mod mailbox;
mod offer;

use super::entry::Entry;
use super::shard::Shard;
use super::sockets::{Phase, Sockets};
use crate::pure::account::Held;
use crate::pure::limits::SlowSubscribers;
use crate::pure::socket::{ErrorCode, SocketId};
use bytes::Bytes;
pub(super) use in_process::InProcess;
pub(super) use mailbox::{Mailbox, Message};
use offer::Offer;
use std::rc::Rc;
use std::sync::Arc;

/// Queues that are filled before other tasks of the worker get their turn.
const DELIVERIES_PER_TURN: usize = 4096;

/// What carries topics among the instances (*members*) of a listener; another engine can carry them further. No call blocks.
pub(super) trait Topics: Send + Sync {
    /// One more member, whose messages go there. Answers what it is called.
    fn join(&self, mailbox: &Arc<Mailbox>) -> usize;

    /// So many subscriptions may there be from now on; those beyond stay.
    fn set_limit(&self, subscriptions: usize);

    /// A member's end. Subscriptions of its sockets that are left are taken back one by one.
    fn leave(&self, member: usize);

    /// A socket of `member` has subscribed. False: there are as many subscriptions as may be, and this isn't one.
    fn subscribe(&self, member: usize, topic: &str) -> bool;

    /// A subscription of `member` is gone.
    fn unsubscribe(&self, member: usize, topic: &str);

    /// How many sockets of other members have subscribed.
    ///
    /// # Errors
    /// `limit-exceeded`: a member that should get it has no room for `bytes` more.
    fn reach(&self, from: usize, topic: &str, bytes: usize) -> Result<u32, ErrorCode>;

    /// Carries a message to all members but the one that it is from, each of which gets that one's messages in order.
    fn publish(&self, from: usize, message: Message);
}

/// A shard's place among those of its listener.
#[derive(Clone)]
pub(super) struct Membership {
    topics: Arc<dyn Topics>,
    member: usize,
    mailbox: Arc<Mailbox>,
}

impl Membership {
    pub(super) fn new(topics: Arc<dyn Topics>, mailbox: Mailbox) -> Self {
        let mailbox = Arc::new(mailbox);
        Self { member: topics.join(&mailbox), topics, mailbox }
    }

    /// For a table without sockets.
    pub(super) fn none() -> Self {
        Self::new(Arc::new(InProcess::new(0)), Mailbox::new(0, || ()))
    }

    /// So many bytes may wait for this member from now on.
    pub(super) fn set_backlog(&self, bytes: usize) {
        self.mailbox.set_limit(bytes);
    }

    /// The shard's end.
    pub(super) fn leave(&self) {
        self.topics.leave(self.member);
        self.mailbox.close();
    }
}

/// What the current call has published: done when it returns, forgotten when it traps.
#[derive(Default)]
pub(super) struct Publishing {
    /// For other members.
    messages: Vec<Message>,
    bytes: usize,
    published: u64,
    delivered: u64,
    slow: u64,
}

impl Sockets {
    pub(super) fn subscribe_socket(&mut self, socket: SocketId, topic: &str) -> Result<(), ErrorCode> {
        if self.phase == Phase::Asking {
            return Err(ErrorCode::NotAllowed);
        }
        if !self.known(socket)?.machine.takes() {
            return Err(ErrorCode::Closed);
        }
        self.check_topic(topic)?;
        if self.phase == Phase::Acting {
            return self.subscribe_now(socket, topic);
        }
        let (there, limits) = (&self.subscriptions, &self.limits);
        self.staged.subscribe(socket, topic, there, limits).then_some(()).ok_or(ErrorCode::LimitExceeded)
    }

    /// As the serving instance's wish, which nothing stages.
    pub(super) fn subscribe_now(&mut self, socket: SocketId, topic: &str) -> Result<(), ErrorCode> {
        if self.subscriptions.has(socket, topic) {
            return Ok(());
        }
        let Membership { topics, member, .. } = &self.membership;
        if self.subscriptions.count(socket) >= self.limits.topics || !topics.subscribe(*member, topic) {
            return Err(ErrorCode::LimitExceeded);
        }
        self.subscriptions.add(socket, topic);
        self.counters.subscriptions.add(1);
        Ok(())
    }

    pub(super) fn unsubscribe_socket(&mut self, socket: SocketId, topic: &str) -> Result<(), ErrorCode> {
        if self.phase == Phase::Asking {
            return Err(ErrorCode::NotAllowed);
        }
        self.known(socket)?;
        if self.phase == Phase::Acting {
            self.unsubscribe_now(socket, topic);
        } else {
            self.staged.unsubscribe(socket, topic, &self.subscriptions);
        }
        Ok(())
    }

    pub(super) fn unsubscribe_now(&mut self, socket: SocketId, topic: &str) {
        if self.subscriptions.remove(socket, topic) {
            self.membership.topics.unsubscribe(self.membership.member, topic);
            self.counters.subscriptions.add(1_u64.wrapping_neg());
        }
    }

    /// Nothing more can be sent to this socket.
    pub(super) fn unsubscribe_all(&mut self, socket: SocketId) {
        if self.subscriptions.len() == 0 {
            return;
        }
        for topic in self.subscriptions.forget(socket) {
            self.membership.topics.unsubscribe(self.membership.member, &topic);
            self.counters.subscriptions.add(1_u64.wrapping_neg());
        }
    }

    /// Answers how many sockets took it, as far as can be told without waiting: here those whose queues did, elsewhere those that are
    /// subscribed.
    pub(super) fn publish_now(&mut self, topic: &str, data: &[u8], skip: Option<SocketId>) -> Result<u32, ErrorCode> {
        if self.phase != Phase::Acting {
            return Err(ErrorCode::NotAllowed);
        }
        self.check_topic(topic)?;
        // No queue could ever take it.
        if data.len() > self.limits.write_buffer {
            return Err(ErrorCode::LimitExceeded);
        }
        let Membership { topics, member, .. } = &self.membership;
        let cost = Message::cost(data.len());
        let elsewhere = topics.reach(*member, topic, self.publishing.bytes + cost)?;
        self.publishing.published += 1;
        if elsewhere == 0 && self.subscriptions.of(topic).is_none() {
            return Ok(0);
        }
        let data = match self.pool.ledger.account() {
            None => Bytes::copy_from_slice(data),
            // Counted once, however many queues it comes to be in.
            Some(account) => match Held::new(account, data.len(), Box::<[u8]>::from(data)) {
                Some(held) => Bytes::from_owner(held),
                None => return Err(ErrorCode::LimitExceeded),
            },
        };
        // At once, so that it stands where it belongs among what the call writes.
        let here = self.deliver(topic, &data, skip);
        if elsewhere > 0 && !data.is_empty() {
            self.publishing.bytes += cost;
            self.publishing.messages.push(Message { topic: topic.into(), data });
        }
        Ok(elsewhere.saturating_add(here))
    }

    /// Puts a message into the queues of this instance's subscribers; how many took it.
    fn deliver(&mut self, topic: &str, data: &Bytes, skip: Option<SocketId>) -> u32 {
        let Self { subscriptions, entries, touched, pool, limits, counters, publishing, .. } = self;
        let mut took = 0;
        for id in subscriptions.of(topic).into_iter().flatten().filter(|id| Some(**id) != skip) {
            let Some(entry) = entries.get_mut(id.key()).filter(|entry| entry.id == *id) else { continue };
            if !entry.machine.takes() {
                continue;
            }
            if entry.touch() {
                touched.push(id.key());
            }
            let before = entry.bytes_written;
            match entry.offer(pool, limits, data) {
                Offer::Taken => took += 1,
                Offer::Gone => {}
                Offer::Full => {
                    publishing.slow += 1;
                    if limits.slow_subscribers == SlowSubscribers::Close {
                        fell_behind(entry, topic, data);
                    }
                }
            }
            counters.bytes_written.add(entry.bytes_written - before);
        }
        publishing.delivered += u64::from(took);
        took
    }

    /// The call has returned: what it published goes to the other members.
    pub(super) fn settle_published(&mut self) {
        if self.publishing.published | self.publishing.delivered | self.publishing.slow == 0 {
            return;
        }
        let Membership { topics, member, .. } = &self.membership;
        let done = &mut self.publishing;
        done.messages.drain(..).for_each(|message| topics.publish(*member, message));
        self.counters.published.add(std::mem::take(&mut done.published));
        self.counters.delivered.add(std::mem::take(&mut done.delivered));
        self.counters.slow_subscribers.add(std::mem::take(&mut done.slow));
        done.bytes = 0;
    }

    fn check_topic(&self, topic: &str) -> Result<(), ErrorCode> {
        match topic.len() {
            0 => Err(ErrorCode::InvalidArgument),
            length if length > self.limits.topic_name => Err(ErrorCode::LimitExceeded),
            _ => Ok(()),
        }
    }
}

fn fell_behind(entry: &mut Entry, topic: &str, data: &Bytes) {
    let (size, queued) = (data.len(), entry.out.len());
    entry.machine.fall_behind(&format!(
        "it reads too slowly: {queued} bytes are queued (write-buffer), and {size} more were published on '{}'",
        topic.escape_debug()
    ));
    let mark = entry.mark();
    (mark.behind, mark.turn) = (true, true);
}

impl Shard {
    /// Delivers what other members have published. Between two events.
    pub(super) fn deliver(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        let closed = state.closed;
        let Some(sockets) = state.sockets.as_deref_mut().filter(|_| !closed) else { return };
        let mailbox = sockets.membership.mailbox.clone();
        let mut done = 0;
        while done < DELIVERIES_PER_TURN {
            let Some(message) = mailbox.take() else { break };
            done += 1 + sockets.deliver(&message.topic, &message.data, None) as usize;
        }
        sockets.settle(None);
        if done >= DELIVERIES_PER_TURN {
            mailbox.go_on();
        }
    }
}
