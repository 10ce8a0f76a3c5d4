//! Fires a shard's timers.

use super::shard::Shard;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::time::{Sleep, sleep_until};

/// Timers fired in one turn, before connections get theirs.
const BATCH: usize = 64;

/// The task that fires one shard's timers; ends with the shard.
pub(super) struct TimerDriver {
    shard: Rc<Shard>,
    alarm: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl TimerDriver {
    pub(super) fn new(shard: Rc<Shard>) -> Self {
        Self { shard, alarm: None }
    }
}

impl Future for TimerDriver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let driver = self.get_mut();
        let shard = driver.shard.clone();
        let mut state = shard.state.borrow_mut();
        if state.closed {
            return Poll::Ready(());
        }
        let now = Instant::now();
        let (began, slice) = (state.measure(), state.slice());
        for _ in 0..BATCH {
            if state.is_held() {
                state.waiting.push(cx.waker().clone());
                break;
            }
            let Some(token) = state.sockets.as_mut().and_then(|sockets| sockets.timers.pop(now)) else { break };
            state.fired(&shard, token);
            if slice.is_over() {
                break;
            }
        }
        state.charge(&shard, began);
        let held = state.is_held();
        let Some(sockets) = &mut state.sockets else { return Poll::Ready(()) };
        if !sockets.timer_waker.will_wake(cx.waker()) {
            sockets.timer_waker = cx.waker().clone();
        }
        let next = sockets.timers.next();
        drop(state);
        let Some(next) = next.filter(|_| !held) else {
            driver.alarm = None;
            return Poll::Pending;
        };
        if driver.alarm.as_ref().is_none_or(|(at, _)| *at != next) {
            driver.alarm = Some((next, Box::pin(sleep_until(next.into()))));
        }
        if driver.alarm.as_mut().is_some_and(|(_, alarm)| alarm.as_mut().poll(cx).is_ready()) {
            driver.alarm = None;
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}
