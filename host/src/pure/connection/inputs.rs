//! What goes in: what happened on the wire, on the clock and in the guest; and what may be asked.

use super::{Abort, Connection, Greeting, Input, Output};
use crate::pure::socket::{ErrorCode, SocketError};

impl Connection {
    // ---- what happened on the wire

    /// It is connected; with TLS, the handshake is over.
    pub fn connected(&mut self, tls: bool) {
        if self.is_connecting() {
            self.greeting = if tls { Greeting::Handshake } else { Greeting::Open };
            // An idle period that was set meanwhile begins now.
            self.timeout_due = false;
        }
    }

    /// The TLS handshake on a plain connection is over.
    pub fn upgraded(&mut self) {
        self.upgraded |= std::mem::take(&mut self.upgrading);
    }

    /// It couldn't be connected.
    pub fn unconnected(&mut self, error: SocketError) {
        if self.abort.is_none() {
            self.abort = Some(Abort::Failed { error, unread: false, reset: false, told: false });
        }
    }

    /// The peer's FIN was read.
    pub fn peer_finished(&mut self) {
        match &mut self.abort {
            Some(Abort::Failed { unread, .. }) => *unread = false,
            _ if self.input == Input::Open => self.input = Input::Fin,
            _ => {}
        }
    }

    /// A read would block. Answers whether that changes what is to be done: the last of a failed connection's input is read.
    pub fn read_dry(&mut self) -> bool {
        match &mut self.abort {
            Some(Abort::Failed { unread, .. }) => std::mem::take(unread),
            _ => false,
        }
    }

    /// Reading failed: nothing more can be read.
    pub fn read_failed(&mut self, error: SocketError) {
        match &mut self.abort {
            Some(Abort::Failed { unread, .. }) => *unread = false,
            Some(Abort::Terminate { .. }) => {}
            None => self.abort = Some(Abort::Failed { error, unread: false, reset: false, told: false }),
        }
    }

    /// Writing failed, or the peer's reset was noticed: what the kernel still has for us is read first.
    pub fn failed(&mut self, error: SocketError) {
        if self.abort.is_none() {
            let unread = self.input == Input::Open;
            self.abort = Some(Abort::Failed { error, unread, reset: false, told: false });
        }
    }

    /// FIN has been sent.
    pub fn finished(&mut self) {
        self.output = Output::Closed;
    }

    /// The driver threw `n` queued bytes away.
    pub fn lost(&mut self, n: u64) {
        self.unsent += n;
    }

    // ---- what happened on the clock

    /// The plugin's own idle timeout is over.
    pub fn idle(&mut self) {
        self.timeout_due = true;
    }

    /// The host gives up on it: the listener's idle timeout, or a peer that doesn't read what `end` wants flushed.
    pub fn give_up(&mut self, message: &str) {
        if self.abort.is_none() {
            let error = SocketError { code: ErrorCode::TimedOut, message: message.to_owned() };
            self.abort = Some(Abort::Failed { error, unread: false, reset: true, told: false });
        }
    }

    /// It reads so slowly that it couldn't take what was published.
    pub fn fall_behind(&mut self, message: &str) {
        if self.abort.is_none() {
            let error = SocketError { code: ErrorCode::LimitExceeded, message: message.to_owned() };
            self.abort = Some(Abort::Failed { error, unread: false, reset: true, told: false });
        }
    }

    /// Takes [`Self::fall_behind`] back: the call that published has trapped.
    pub fn forgive(&mut self) {
        if matches!(&self.abort, Some(Abort::Failed { error, told: false, .. }) if error.code == ErrorCode::LimitExceeded) {
            self.abort = None;
        }
    }

    /// The wait for the peer's FIN after a local `end` is over.
    pub fn linger_over(&mut self) {
        self.linger_over = true;
    }

    // ---- what the guest did

    /// How many of `offered` bytes may be taken when `queued` are waiting and `limit` is the most.
    /// Fewer than offered makes a `drain` due.
    pub fn write(&mut self, offered: usize, queued: usize, limit: usize) -> Result<usize, ErrorCode> {
        if !self.takes() {
            return Err(ErrorCode::Closed);
        }
        let taken = offered.min(limit.saturating_sub(queued));
        self.drain_due |= taken < offered;
        Ok(taken)
    }

    /// Whether it takes bytes to be sent.
    pub fn takes(&self) -> bool {
        self.output == Output::Open && self.is_open()
    }

    /// The queue stands above the high-water mark after a write.
    pub fn crossed_high_water(&mut self) {
        self.drain_due = true;
    }

    /// `end`.
    pub fn end(&mut self) -> Result<(), ErrorCode> {
        if !self.is_open() {
            return Err(ErrorCode::Closed);
        }
        self.ended = true;
        if self.output == Output::Open {
            self.output = Output::Closing;
        }
        Ok(())
    }

    /// `shutdown`.
    pub fn shutdown(&mut self) -> Result<(), ErrorCode> {
        if self.output != Output::Open || !self.is_open() {
            return Err(ErrorCode::Closed);
        }
        self.output = Output::Closing;
        Ok(())
    }

    /// Whether TLS may begin on it now: `tls.upgrade-*`.
    pub fn may_upgrade(&self) -> Result<(), ErrorCode> {
        match () {
            () if self.output != Output::Open || !self.is_open() => Err(ErrorCode::Closed),
            () if self.upgrading || self.greeting == Greeting::Connecting => Err(ErrorCode::InProgress),
            () => Ok(()),
        }
    }

    /// `tls.upgrade-*`: the handshake is to be done.
    pub fn upgrade(&mut self) {
        self.upgrading = true;
    }

    /// `terminate`, or the host's own decision to do so (a forced stop).
    pub fn terminate(&mut self) -> Result<(), ErrorCode> {
        if self.close_told || self.abort.is_some() {
            return Err(ErrorCode::Closed);
        }
        self.abort = Some(Abort::Terminate { tell: true });
        Ok(())
    }

    /// The event of this connection trapped: it is reset, and the guest hears no more of it.
    pub fn condemn(&mut self) {
        if !self.close_told {
            self.abort = Some(Abort::Terminate { tell: false });
        }
    }

    /// `pause` and `resume`.
    pub fn set_paused(&mut self, paused: bool) -> Result<(), ErrorCode> {
        if !self.is_open() {
            return Err(ErrorCode::Closed);
        }
        self.paused = paused;
        Ok(())
    }

    /// `set-auto-pause`.
    pub fn set_auto_pause(&mut self, enabled: bool) -> Result<(), ErrorCode> {
        if !self.is_open() {
            return Err(ErrorCode::Closed);
        }
        self.auto_pause = enabled;
        Ok(())
    }

    // ---- questions

    /// Whether calls that change it work: the guest has been told of it, and it hasn't ended.
    pub fn is_open(&self) -> bool {
        self.met && !self.ended && self.abort.is_none() && !self.close_told
    }

    /// Whether calls that ask about it work: until its `close` handler has returned.
    pub fn is_known(&self) -> bool {
        self.met && !matches!(self.abort, Some(Abort::Terminate { tell: false }))
    }

    /// Whether `live` lists it: `close` hasn't been told and nothing has made it certain that it won't be.
    pub fn is_live(&self) -> bool {
        (self.greeting == Greeting::Done || self.outbound)
            && !self.close_told
            && !matches!(self.abort, Some(Abort::Terminate { tell: false }))
    }

    /// Whether the plugin made it.
    pub fn is_outbound(&self) -> bool {
        self.outbound
    }

    /// Whether a TLS handshake is to be gone on with.
    pub fn is_upgrading(&self) -> bool {
        self.upgrading && self.abort.is_none()
    }

    /// Whether it still waits for its connection, and for nothing else: it hasn't been given up.
    pub fn is_connecting(&self) -> bool {
        self.greeting == Greeting::Connecting && self.abort.is_none()
    }

    /// Whether what is queued may be sent: not before it is connected, nor once it was terminated or has failed.
    pub fn is_sending(&self) -> bool {
        self.greeting != Greeting::Connecting && self.abort.is_none()
    }

    /// Whether a flush has to end within the close timeout.
    pub fn is_closing(&self) -> bool {
        self.output == Output::Closing && self.is_sending()
    }

    /// Whether the peer's FIN is awaited after a local `end`.
    pub fn is_lingering(&self) -> bool {
        self.ended && self.output == Output::Closed && self.input == Input::Open && self.abort.is_none()
    }

    /// Whether nobody reads from it although it stands (the plugin pauses it, or leaves it half-open), so that a reset has to be
    /// watched for by other means.
    pub fn is_unread(&self) -> bool {
        let half_open = self.input == Input::Over && self.output == Output::Open && self.allow_half_open;
        let paused = self.input == Input::Open && self.paused;
        self.is_open() && !self.upgrading && (half_open || paused)
    }
}
