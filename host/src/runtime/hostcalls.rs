//! The contract's functions, answered: what each does to the table.

use super::entry::Entry;
use super::sockets::{Phase, Sockets, Touched};
use crate::guest::Host;
use crate::net::{Stream, endpoint_of};
use crate::pure::socket::{ConnectOptions, Endpoint, ErrorCode, SessionInfo, SocketId, TlsOptions};
use std::time::{Duration, Instant};

/// Writes of at least this many bytes go to the kernel from guest memory; smaller ones are worth a copy, so that all of an
/// event's writes leave in one call.
const STRAIGHT: usize = 8 << 10;

/// What a queue may have where the listener's memory is used up: an empty one takes something always, or nothing would go on.
const SCARCE: usize = 16 << 10;

type Answer<T = ()> = Result<T, ErrorCode>;

impl Host for Sockets {
    fn write(&mut self, socket: SocketId, data: &[u8]) -> Answer<u32> {
        let Touched { entry, pool, limits, counters } = self.touch(socket)?;
        entry.machine.write(0, 0, 0)?;
        let mut rest = data;
        if data.len() >= STRAIGHT && entry.can_send_now() {
            let before = entry.bytes_written;
            let sent = entry.send_now(pool, data);
            counters.bytes_written.add(entry.bytes_written - before);
            rest = data.get(sent..).unwrap_or_default();
        }
        let limit = if pool.ledger.room(rest.len()) { limits.write_buffer } else { limits.write_buffer.min(SCARCE) };
        let taken = match entry.machine.write(rest.len(), entry.out.len(), limit) {
            Ok(taken) => taken,
            // It failed just now. What was queued is reported by `close`; this was not taken.
            Err(code) if rest.len() == data.len() => return Err(code),
            Err(_) => 0,
        };
        entry.out.push(pool, rest.get(..taken).unwrap_or_default());
        if entry.out.len() > limits.high_water {
            entry.machine.crossed_high_water();
        }
        // A short write's drain may be due at once, if the call's end empties the queue.
        entry.mark().turn |= taken < rest.len() || entry.out.len() > limits.high_water;
        Ok(u32::try_from(data.len() - rest.len() + taken).unwrap_or(u32::MAX))
    }

    fn flush(&mut self, socket: SocketId) -> Answer {
        let Touched { entry, pool, counters, .. } = self.touch(socket)?;
        if !entry.machine.is_open() {
            return Err(ErrorCode::Closed);
        }
        counters.bytes_written.add(entry.flush(pool) as u64);
        Ok(())
    }

    fn end(&mut self, socket: SocketId) -> Answer {
        self.finish(socket, |machine| machine.end())
    }

    fn shutdown(&mut self, socket: SocketId) -> Answer {
        self.finish(socket, |machine| machine.shutdown())
    }

    fn terminate(&mut self, socket: SocketId) -> Answer {
        self.finish(socket, |machine| machine.terminate())
    }

    fn pause(&mut self, socket: SocketId) -> Answer {
        self.control(socket, |machine| machine.set_paused(true))
    }

    fn resume(&mut self, socket: SocketId) -> Answer {
        self.control(socket, |machine| machine.set_paused(false))
    }

    fn set_auto_pause(&mut self, socket: SocketId, enabled: bool) -> Answer {
        self.control(socket, |machine| machine.set_auto_pause(enabled))
    }

    fn queued(&mut self, socket: SocketId) -> Answer<u32> {
        Ok(u32::try_from(self.known(socket)?.out.len()).unwrap_or(u32::MAX))
    }

    fn set_timeout(&mut self, socket: SocketId, milliseconds: Option<u32>) -> Answer {
        let Touched { entry, limits, .. } = self.touch(socket)?;
        if !entry.machine.is_open() {
            return Err(ErrorCode::Closed);
        }
        if milliseconds == Some(0) {
            return Err(ErrorCode::InvalidArgument);
        }
        entry.clock.set_period(milliseconds.map(|ms| Duration::from_millis(ms.into())), limits);
        entry.mark().turn = true;
        Ok(())
    }

    fn set_no_delay(&mut self, socket: SocketId, enabled: bool) -> Answer {
        let Touched { entry, .. } = self.touch(socket)?;
        option(entry, |stream| stream.set_no_delay(enabled))
    }

    fn set_keep_alive(&mut self, socket: SocketId, delay_milliseconds: Option<u32>) -> Answer {
        if delay_milliseconds == Some(0) {
            return Err(ErrorCode::InvalidArgument);
        }
        let Touched { entry, .. } = self.touch(socket)?;
        // The kernel counts in seconds, from one.
        let delay = delay_milliseconds.map(|ms| Duration::from_secs(u64::from(ms).div_ceil(1000)));
        option(entry, |stream| stream.set_keep_alive(delay))
    }

    fn local_endpoint(&mut self, socket: SocketId) -> Answer<Endpoint> {
        let entry = self.known(socket)?;
        if entry.machine.is_connecting() {
            return Err(ErrorCode::InProgress);
        }
        let kept = entry.local.as_deref().cloned();
        kept.or_else(|| Some(endpoint_of(&entry.stream.local()?))).ok_or(ErrorCode::Closed)
    }

    fn remote_endpoint(&mut self, socket: SocketId) -> Answer<Endpoint> {
        let entry = self.known(socket)?;
        if entry.machine.is_connecting() {
            return Err(ErrorCode::InProgress);
        }
        Ok(entry.remote.endpoint())
    }

    fn listener(&mut self, socket: SocketId) -> Answer<Option<String>> {
        let outbound = self.known(socket)?.machine.is_outbound();
        Ok((!outbound).then(|| self.listener.to_string()))
    }

    fn bytes_read(&mut self, socket: SocketId) -> Answer<u64> {
        Ok(self.known(socket)?.bytes_read)
    }

    fn bytes_written(&mut self, socket: SocketId) -> Answer<u64> {
        Ok(self.known(socket)?.bytes_written)
    }

    fn context(&mut self, socket: SocketId) -> Answer<&[u8]> {
        let entry = self.known(socket)?;
        Ok(self.staged.context(socket).unwrap_or(&entry.context))
    }

    fn set_context(&mut self, socket: SocketId, context: &[u8]) -> Answer {
        if self.phase == Phase::Asking {
            return Err(ErrorCode::NotAllowed);
        }
        self.known(socket)?;
        if context.len() > self.limits.context {
            return Err(ErrorCode::LimitExceeded);
        }
        if self.phase == Phase::Candidate {
            self.staged.set_context(socket, context);
        } else if !self.put_context(socket, context.into()) {
            return Err(ErrorCode::LimitExceeded);
        }
        Ok(())
    }

    fn live(&mut self) -> Vec<SocketId> {
        self.entries.iter().filter(|(_, entry)| entry.machine.is_live()).map(|(_, entry)| entry.id).collect()
    }

    fn connect(&mut self, address: &str, options: ConnectOptions) -> Answer<SocketId> {
        self.ask_for_connection(address, options)
    }

    fn session(&mut self, socket: SocketId) -> Answer<Option<SessionInfo>> {
        Ok(self.known(socket)?.stream.session())
    }

    fn peer_certificates(&mut self, socket: SocketId) -> Answer<Vec<Vec<u8>>> {
        Ok(self.known(socket)?.stream.peer_certificates())
    }

    fn upgrade_client(&mut self, socket: SocketId, options: TlsOptions) -> Answer {
        self.begin_upgrade_as_client(socket, options)
    }

    fn upgrade_server(&mut self, socket: SocketId, credentials: &str) -> Answer {
        self.begin_upgrade_as_server(socket, credentials)
    }

    fn set_timer(&mut self, token: u64, delay_milliseconds: u32) -> Answer {
        if !self.timer_handler {
            // Without an exported `timer-handler` it could never fire.
            return Err(ErrorCode::Unsupported);
        }
        let at = Instant::now() + Duration::from_millis(delay_milliseconds.into());
        let limit = self.limits.timers;
        let armed = match self.phase {
            Phase::Asking => return Err(ErrorCode::NotAllowed),
            Phase::Candidate => self.staged.timer(token, Some(at), limit),
            Phase::Acting => self.timers.set(token, at, limit),
        };
        if !armed {
            return Err(ErrorCode::LimitExceeded);
        }
        if self.phase == Phase::Acting && self.timers.next() == Some(at) {
            self.timer_waker.wake_by_ref();
        }
        Ok(())
    }

    fn clear_timer(&mut self, token: u64) {
        match self.phase {
            Phase::Asking => {}
            Phase::Candidate => {
                self.staged.timer(token, None, self.limits.timers);
            }
            Phase::Acting => self.timers.clear(token),
        }
    }

    fn subscribe(&mut self, socket: SocketId, topic: &str) -> Answer {
        self.subscribe_socket(socket, topic)
    }

    fn unsubscribe(&mut self, socket: SocketId, topic: &str) -> Answer {
        self.unsubscribe_socket(socket, topic)
    }

    fn publish(&mut self, topic: &str, data: &[u8], skip: Option<SocketId>) -> Answer<u32> {
        self.publish_now(topic, data, skip)
    }
}

type Change = fn(&mut crate::pure::connection::Connection) -> Answer;

impl Sockets {
    /// A call that changes how the connection goes on: its driver has to look.
    fn control(&mut self, socket: SocketId, change: impl FnOnce(&mut crate::pure::connection::Connection) -> Answer) -> Answer {
        let Touched { entry, .. } = self.touch(socket)?;
        change(&mut entry.machine)?;
        entry.mark().turn = true;
        Ok(())
    }

    /// A call that ends something.
    fn finish(&mut self, socket: SocketId, change: Change) -> Answer {
        self.control(socket, change)?;
        if let Some(entry) = self.entry(socket) {
            entry.mark().finished = true;
        }
        self.unsubscribe_all(socket);
        Ok(())
    }
}

/// A socket option that a unix socket doesn't have.
fn option(entry: &Entry, set: impl FnOnce(&Stream) -> Option<std::io::Result<()>>) -> Answer {
    if !entry.machine.is_open() {
        return Err(ErrorCode::Closed);
    }
    if entry.machine.is_connecting() || entry.machine.is_upgrading() {
        return Err(ErrorCode::InProgress);
    }
    match set(&entry.stream) {
        Some(Ok(())) => Ok(()),
        Some(Err(_)) => Err(ErrorCode::Io),
        None => Err(ErrorCode::Unsupported),
    }
}
