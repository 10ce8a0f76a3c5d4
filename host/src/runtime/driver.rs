//! Drives one connection: polls its stream, asks its state machine, calls the guest.

use super::counters::Ticket;
use super::shard::Shard;
use super::turn::Turn;
use crate::pure::socket::SocketId;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::time::{Sleep, sleep_until};

/// The task of one connection.
pub(super) struct Driver {
    shard: Rc<Shard>,
    id: SocketId,
    /// Armed only while the connection has a deadline. It may ring early: a deadline that moved is looked at then.
    alarm: Option<(Instant, Pin<Box<Sleep>>)>,
    _ticket: Ticket,
}

impl Driver {
    pub(super) fn new(shard: Rc<Shard>, id: SocketId, ticket: Ticket) -> Self {
        Self { shard, id, alarm: None, _ticket: ticket }
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> bool {
        let rang = self.alarm.as_mut().is_some_and(|(_, alarm)| alarm.as_mut().poll(cx).is_ready());
        if rang {
            self.alarm = None;
        }
        rang
    }

    /// Arms the alarm for `deadline`, if it isn't armed for that or earlier.
    fn arm(&mut self, deadline: Option<Instant>, cx: &mut Context<'_>) {
        let Some(deadline) = deadline else { return };
        if self.alarm.as_ref().is_none_or(|(at, _)| *at > deadline) {
            self.alarm = Some((deadline, Box::pin(sleep_until(deadline.into()))));
            if self.poll_alarm(cx) {
                cx.waker().wake_by_ref();
            }
        }
    }
}

impl Future for Driver {
    type Output = ();

    /// One turn: as many steps as are possible, within the budget of reads.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let driver = self.get_mut();
        let rang = driver.poll_alarm(cx);
        let shard = driver.shard.clone();
        let mut state = shard.state.borrow_mut();
        if state.closed {
            return Poll::Ready(());
        }
        let began = state.measure();
        let turn = state.turn(&shard, driver.id, rang, cx);
        state.charge(&shard, began);
        drop(state);
        match turn {
            Turn::Over => Poll::Ready(()),
            Turn::Waiting(deadline) => {
                driver.arm(deadline, cx);
                Poll::Pending
            }
        }
    }
}

impl Drop for Driver {
    /// However the task ends, its connection doesn't outlive it.
    fn drop(&mut self) {
        if let Ok(mut state) = self.shard.state.try_borrow_mut()
            && let Some(sockets) = &mut state.sockets
        {
            sockets.remove(self.id);
            if sockets.entries.is_empty() {
                state.emptied(&self.shard);
            }
        }
    }
}
