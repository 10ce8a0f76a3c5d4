//! One turn of one connection: the hot path. On it: no lock, no allocation, no task, one guest call per event.

use super::shard::{Shard, State};
use crate::net::socket_error;
use crate::pure::connection::Step;
use crate::pure::probation::PROVEN;
use crate::pure::socket::SocketId;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::io::ReadBuf;

/// How a turn ended.
pub(super) enum Turn {
    /// The connection is over.
    Over,
    /// Something has to happen first; at this time at the latest it is looked at again.
    Waiting(Option<Instant>),
}

impl State {
    /// Does what can be done for connection `id` without waiting, within the budget of reads. `rang`: its alarm went off.
    pub(super) fn turn(&mut self, shard: &Rc<Shard>, id: SocketId, rang: bool, cx: &mut Context<'_>) -> Turn {
        if !self.begin_turn(shard, id, rang, cx) {
            return Turn::Over;
        }
        if self.vouched { self.steps(shard, id, true, cx) } else { self.newcomers_turn(shard, id, cx) }
    }

    /// As many steps as are possible. Without being `admitted`, the guest isn't called.
    pub(super) fn steps(&mut self, shard: &Rc<Shard>, id: SocketId, admitted: bool, cx: &mut Context<'_>) -> Turn {
        let limits = shard.listener.limits();
        let mut buffer = shard.local.buffer.borrow_mut();
        let mut reads = limits.reads_per_turn;
        let slice = self.slice();
        loop {
            let held = !admitted || self.is_held();
            let Some(sockets) = self.sockets.as_deref_mut() else { return Turn::Over };
            let Some(entry) = sockets.entries.get_mut(id.key()).filter(|entry| entry.id == id) else { return Turn::Over };
            let step = entry.machine.next(entry.conditions(held, &limits));
            match step {
                Step::Tell(event) => self.tell(shard, id, &event),
                Step::Read | Step::Discard if reads == 0 || (reads < limits.reads_per_turn && slice.is_over()) => {
                    // The others' turn.
                    cx.waker().wake_by_ref();
                    return self.end_turn(shard, id, cx);
                }
                Step::Read | Step::Discard => {
                    reads -= 1;
                    let mut bytes = ReadBuf::new(buffer.get_mut(..limits.read_buffer).unwrap_or_default());
                    match entry.stream.poll_read(cx, &mut bytes) {
                        Poll::Ready(Ok(())) if bytes.filled().is_empty() => entry.machine.peer_finished(),
                        Poll::Ready(Ok(())) => {
                            let bytes = bytes.filled();
                            entry.bytes_read += bytes.len() as u64;
                            entry.active();
                            shard.counters.bytes_read.add(bytes.len() as u64);
                            if step == Step::Read {
                                self.data(shard, id, bytes);
                            }
                        }
                        Poll::Ready(Err(error)) => entry.read_failed(socket_error(&error)),
                        Poll::Pending if entry.machine.read_dry() => {}
                        Poll::Pending => return self.end_turn(shard, id, cx),
                    }
                }
                Step::Upgrade => {
                    if entry.poll_upgrade(cx, &limits).is_pending() {
                        return self.end_turn(shard, id, cx);
                    }
                    let sent = entry.flush(&mut sockets.pool);
                    shard.counters.bytes_written.add(sent as u64);
                }
                Step::Finish => {
                    if entry.poll_finish(cx).is_pending() {
                        return self.end_turn(shard, id, cx);
                    }
                }
                Step::Reset => entry.reset(&mut sockets.pool),
                Step::Release => return Turn::Over,
                Step::Wait => return self.end_turn(shard, id, cx),
            }
        }
    }

    /// What may have come since the last turn. False if the connection is gone.
    fn begin_turn(&mut self, shard: &Rc<Shard>, id: SocketId, rang: bool, cx: &mut Context<'_>) -> bool {
        let Some(sockets) = self.sockets.as_deref_mut() else { return false };
        let Some(entry) = sockets.entries.get_mut(id.key()).filter(|entry| entry.id == id) else { return false };
        entry.turn(cx.waker());
        self.vouched = entry.proofs >= PROVEN;
        if rang {
            entry.expire(Instant::now(), &shard.listener.limits());
        }
        let sent = entry.flush(&mut sockets.pool);
        if sent > 0 {
            shard.counters.bytes_written.add(sent as u64);
        }
        true
    }

    /// Leaves word with all that the connection waits for beside its stream.
    fn end_turn(&mut self, shard: &Rc<Shard>, id: SocketId, cx: &mut Context<'_>) -> Turn {
        if self.is_held() {
            self.waiting.push(cx.waker().clone());
        }
        let Some(entry) = self.sockets.as_deref_mut().and_then(|sockets| sockets.entry(id)) else { return Turn::Over };
        if entry.noticed_reset(cx) {
            cx.waker().wake_by_ref();
        }
        Turn::Waiting(entry.deadline(&shard.listener.limits()))
    }
}
