//! A SOCKS 5 proxy (RFC 1928): connects where its clients ask for, within what the operator allows. Passwords by RFC 1929.
//!
//! It has no state of its own: how far the greeting of a connection has come, and later whom it is joined with, stands in the
//! connection's context, which the host keeps.

mod session;
mod users;
mod wire;

use session::{Asked, Session};
use sockdock_guest::outbound::ConnectOptions;
use sockdock_guest::{CloseInfo, Config, ErrorCode, Failure, Plugin, Relay, Socket, SocketError, info, timers};
use std::net::IpAddr;
use std::time::Duration;
use users::Users;
use wire::Reply;

/// From the connection to the whole request. The token of its timer is the socket's number.
const GREETING: Duration = Duration::from_secs(10);
/// Timer: resets connections whose other side was lost in a trap.
const ORPHANS: u64 = u64::MAX;

#[derive(Default)]
struct Socks {
    users: Users,
}

impl Plugin for Socks {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.users = Users::from_config(config)?;
        // Taken over, after a reload or a trap.
        for socket in Socket::live() {
            timers::set(ORPHANS, Duration::ZERO)?;
            if Relay::of(socket).is_none() {
                timers::set(socket.id(), GREETING)?;
            }
        }
        Ok(())
    }

    /// A client has come, or stands where it wanted to be connected to.
    fn open(&mut self, socket: Socket) {
        let Some(relay) = Relay::of(socket) else {
            timers::set(socket.id(), GREETING).ok();
            return;
        };
        let bound = socket.local_endpoint().ok().and_then(|end| Some((end.address.parse::<IpAddr>().ok()?, end.port)));
        relay.other().write(&wire::reply(Reply::Succeeded, bound)).ok();
    }

    fn data(&mut self, socket: Socket, bytes: &[u8]) {
        match Relay::of(socket) {
            Some(relay) => relay.pass(bytes),
            None => self.greet(socket, bytes),
        }
    }

    fn drain(&mut self, socket: Socket) {
        Relay::of(socket).into_iter().for_each(Relay::drained);
    }

    fn end(&mut self, socket: Socket) {
        match Relay::of(socket) {
            Some(relay) => relay.ended(),
            // It has gone before it has said what it wants.
            None => drop(socket.end()),
        }
    }

    fn close(&mut self, socket: Socket, info: CloseInfo) {
        timers::clear(socket.id());
        Relay::of(socket).into_iter().for_each(|relay| relay.closed(&info));
    }

    fn connect_error(&mut self, socket: Socket, error: SocketError) {
        if let Some(relay) = Relay::of(socket) {
            info!("{}: {} ({})", relay.other(), error.message, error.code);
            refuse(relay.part(), reason(error.code));
        }
    }

    fn fired(&mut self, token: u64) {
        let socket = Socket::from_id(token);
        match Relay::of(socket) {
            _ if token == ORPHANS => Relay::reset_orphans(),
            Some(relay) => relay.look(),
            None => drop(socket.terminate()),
        }
    }
}

impl Socks {
    /// Goes on with what comes before the connection is joined.
    fn greet(&self, socket: Socket, bytes: &[u8]) {
        let Ok(session) = socket.context::<Session>() else {
            socket.terminate().ok();
            return;
        };
        let mut session = session.unwrap_or_default();
        match session.read(bytes, &self.users, |answer| {
            socket.write(answer).ok();
        }) {
            Asked::Nothing => {
                if let Err(why) = socket.set_context(&session) {
                    info!("{socket}: {why}");
                    socket.terminate().ok();
                }
            }
            Asked::Wrong => drop(socket.end()),
            Asked::Refused(reply) => refuse(socket, reply),
            Asked::Connection { address, behind } => connect(socket, &address, &behind),
        }
    }
}

fn connect(client: Socket, address: &str, behind: &[u8]) {
    timers::clear(client.id());
    match Relay::connect(client, address, ConnectOptions::default()) {
        // Not every client waits for the answer: what it has sent already goes first, as soon as the connection stands.
        Ok(relay) => {
            if !behind.is_empty() {
                relay.pass(behind);
            }
        }
        Err(why) => {
            info!("{client}: {address}: {why}");
            refuse(client, reason(why));
        }
    }
}

/// The last words to a client.
fn refuse(client: Socket, reply: Reply) {
    client.write(&wire::reply(reply, None)).ok();
    client.end().ok();
}

/// What SOCKS calls it. It has no word for a name that doesn't exist: the host can't be reached.
fn reason(code: ErrorCode) -> Reply {
    match code {
        ErrorCode::NotAllowed => Reply::NotAllowed,
        ErrorCode::Refused => Reply::Refused,
        ErrorCode::Unreachable | ErrorCode::NameResolution => Reply::HostUnreachable,
        ErrorCode::TimedOut => Reply::TimedOut,
        _ => Reply::Failure,
    }
}

sockdock_guest::plugin!(Socks);

#[cfg(test)]
mod tests;
