//! The life cycle of a connection, without I/O: the driver puts in what happened on the wire, in the
//! guest and on the clock; [`Connection::next`] says what to do. Bytes don't pass through here.
//!
//! The order that a guest sees: `handshake` (TLS), `open`; then `data`, `drain`, `timeout`, `end`, `error`;
//! then `close`, once; nothing after it.

mod inputs;

use super::socket::{CloseInfo, ErrorCode, SocketError};

/// What the driver has to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Tell the guest; then ask again.
    Tell(Event),
    /// Read once and hand the bytes to the guest.
    Read,
    /// Read once and throw the bytes away.
    Discard,
    /// Go on with the TLS handshake that the guest has begun on a plain connection.
    Upgrade,
    /// Send FIN (TLS: `close_notify` before it).
    Finish,
    /// Throw the queue away and reset the connection.
    Reset,
    /// Close the descriptor and forget the connection.
    Release,
    /// Nothing to do until something happens.
    Wait,
}

/// An event of `socket-handlers` other than `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `handshake`; the verdict on the peer is the stream's.
    Handshake,
    /// `open`.
    Open,
    /// `drain`.
    Drain,
    /// `timeout`.
    Timeout,
    /// `end`.
    End,
    /// `error`.
    Error(SocketError),
    /// `close`.
    Close(CloseInfo),
    /// `connect-error`.
    ConnectError(SocketError),
}

/// What the guest may and may not hear at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Bytes that were written and haven't reached the kernel.
    pub queued: usize,
    /// The guest can't be called: a reload is under way, or it is being restarted.
    pub held: bool,
    /// Queued bytes above which reading stops.
    pub high_water: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greeting {
    /// Not connected yet: the guest has its id, and nothing else happens.
    Connecting,
    Handshake,
    Open,
    Done,
}

/// What the peer sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Open,
    /// The peer's FIN was read; `end` is due.
    Fin,
    /// `end` was told, or isn't owed.
    Over,
}

/// What we send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    Open,
    /// FIN is due once the queue is empty.
    Closing,
    /// FIN was sent.
    Closed,
}

/// How a connection ends other than by FINs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Abort {
    /// Reset without asking further. `tell`: the guest gets `close`.
    Terminate { tell: bool },
    /// It failed; input that the kernel still has is delivered first, then `error` and `close`.
    Failed { error: SocketError, unread: bool, reset: bool, told: bool },
}

/// The state of one connection.
#[derive(Clone, Debug)]
pub struct Connection {
    greeting: Greeting,
    /// The plugin made it: it hears of it either way.
    outbound: bool,
    /// The guest has been told of it, or has made it.
    met: bool,
    input: Input,
    output: Output,
    abort: Option<Abort>,
    /// The guest has called `end`: `close` is all that it hears from now on.
    ended: bool,
    paused: bool,
    auto_pause: bool,
    allow_half_open: bool,
    drain_due: bool,
    /// A TLS handshake is under way: nothing is read, and nothing told.
    upgrading: bool,
    /// It has succeeded; `handshake` is due.
    upgraded: bool,
    timeout_due: bool,
    linger_over: bool,
    /// The wire is gone: reset.
    severed: bool,
    close_told: bool,
    /// Bytes that were taken and lost.
    unsent: u64,
}

impl Connection {
    /// An accepted connection, its TLS handshake (if any) done.
    pub fn accepted(tls: bool, allow_half_open: bool) -> Self {
        Self {
            greeting: if tls { Greeting::Handshake } else { Greeting::Open },
            outbound: false,
            met: false,
            input: Input::Open,
            output: Output::Open,
            abort: None,
            ended: false,
            paused: false,
            auto_pause: true,
            allow_half_open,
            drain_due: false,
            upgrading: false,
            upgraded: false,
            timeout_due: false,
            linger_over: false,
            severed: false,
            close_told: false,
            unsent: 0,
        }
    }

    /// A connection that the plugin asked for and that is still to be made.
    pub fn connecting(allow_half_open: bool) -> Self {
        Self { greeting: Greeting::Connecting, outbound: true, met: true, ..Self::accepted(false, allow_half_open) }
    }

    /// What to do now. Each call but the one that answers `Wait` moves the connection on, or has the driver do so.
    pub fn next(&mut self, now: Conditions) -> Step {
        if self.close_told {
            return Step::Release;
        }
        match &self.abort {
            Some(Abort::Terminate { .. }) => return self.next_terminated(now),
            Some(Abort::Failed { .. }) => return self.next_failed(now),
            None if self.greeting == Greeting::Connecting => return Step::Wait,
            None if self.upgrading => return Step::Upgrade,
            None => {}
        }
        if self.ended {
            return self.next_ended(now);
        }
        self.next_open(now)
    }

    fn next_terminated(&mut self, now: Conditions) -> Step {
        if !self.severed {
            self.severed = true;
            return Step::Reset;
        }
        let tell = matches!(self.abort, Some(Abort::Terminate { tell: true }));
        if tell && self.outbound && self.greeting != Greeting::Done {
            let error = SocketError { code: ErrorCode::Closed, message: "given up before it stood".to_owned() };
            return self.tell_unconnected(now, error);
        }
        if !tell || self.greeting != Greeting::Done {
            return Step::Release;
        }
        self.tell_close(now, None)
    }

    fn next_failed(&mut self, now: Conditions) -> Step {
        let Some(Abort::Failed { error, unread, reset, told }) = &mut self.abort else { return Step::Wait };
        if self.greeting == Greeting::Connecting {
            let error = error.clone();
            return self.tell_unconnected(now, error);
        }
        if self.greeting != Greeting::Done && !self.ended {
            // What it asked for it hears of; of what was accepted and is gone again it has never heard.
            return if self.outbound { self.greet(now) } else { Step::Release };
        }
        if *unread && !self.ended {
            return if now.held { Step::Wait } else { Step::Read };
        }
        if *reset && !self.severed {
            // With nothing queued the peer has lost nothing, and may be told so by a FIN.
            match (now.queued, self.output) {
                (0, Output::Open) => {
                    self.output = Output::Closing;
                    return Step::Finish;
                }
                (0, _) => {}
                _ => {
                    self.severed = true;
                    return Step::Reset;
                }
            }
        }
        if now.held {
            return Step::Wait;
        }
        let error = error.clone();
        if !*told && !self.ended {
            *told = true;
            return Step::Tell(Event::Error(error));
        }
        // After a local `end` whose bytes all left, how the peer went away is no failure.
        let clean = self.ended && self.output == Output::Closed;
        self.tell_close(now, (!clean).then_some(error))
    }

    fn next_ended(&mut self, now: Conditions) -> Step {
        if self.output == Output::Closing && now.queued == 0 {
            return Step::Finish;
        }
        if self.output == Output::Closed && (self.input != Input::Open || self.linger_over) {
            return self.tell_close(now, None);
        }
        if self.input == Input::Open { Step::Discard } else { Step::Wait }
    }

    fn next_open(&mut self, now: Conditions) -> Step {
        if self.output == Output::Closing && now.queued == 0 {
            return Step::Finish;
        }
        if now.held {
            return Step::Wait;
        }
        if self.greeting != Greeting::Done {
            return self.greet(now);
        }
        if self.upgraded {
            self.upgraded = false;
            return Step::Tell(Event::Handshake);
        }
        if self.drain_due && now.queued == 0 && self.output == Output::Open {
            self.drain_due = false;
            return Step::Tell(Event::Drain);
        }
        if self.timeout_due {
            self.timeout_due = false;
            return Step::Tell(Event::Timeout);
        }
        match (self.input, self.output) {
            (Input::Fin, _) => {
                self.input = Input::Over;
                Step::Tell(Event::End)
            }
            (Input::Over, Output::Closed) => self.tell_close(now, None),
            (Input::Over, Output::Open) if !self.allow_half_open => {
                // The queue may still be full and a `drain` due: FIN goes once both are done.
                if now.queued == 0 {
                    self.output = Output::Closing;
                    Step::Finish
                } else {
                    Step::Wait
                }
            }
            (Input::Over, _) => Step::Wait,
            (Input::Open, _) if self.reads(now) => Step::Read,
            (Input::Open, _) => Step::Wait,
        }
    }

    /// `handshake` and `open`.
    fn greet(&mut self, now: Conditions) -> Step {
        if now.held {
            return Step::Wait;
        }
        self.met = true;
        match self.greeting {
            Greeting::Handshake => {
                self.greeting = Greeting::Open;
                Step::Tell(Event::Handshake)
            }
            _ => {
                self.greeting = Greeting::Done;
                Step::Tell(Event::Open)
            }
        }
    }

    fn reads(&self, now: Conditions) -> bool {
        let auto_paused = self.auto_pause && now.queued > now.high_water;
        !self.paused && !auto_paused
    }

    /// `connect-error`, the only event of its socket.
    fn tell_unconnected(&mut self, now: Conditions, error: SocketError) -> Step {
        if now.held {
            return Step::Wait;
        }
        self.close_told = true;
        Step::Tell(Event::ConnectError(error))
    }

    fn tell_close(&mut self, now: Conditions, error: Option<SocketError>) -> Step {
        if now.held {
            return Step::Wait;
        }
        self.close_told = true;
        Step::Tell(Event::Close(CloseInfo { error, unsent: self.unsent + now.queued as u64 }))
    }
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;
