//! Connections that a plugin makes: from `outbound.connect` to `open`, or `connect-error`.

use super::counters::Ticket;
use super::driver::Driver;
use super::ends::Remote;
use super::listener::Listener;
use super::shard::{Shard, State};
use super::sockets::{Phase, Sockets};
use crate::net::{Ask, Bind, Handshake, Stream, Transport, dial_tcp, dial_unix, look_up, socket_error};
use crate::pure::allow::{AllowConnect, host_name};
use crate::pure::connection::Connection;
use crate::pure::socket::{ConnectOptions, ErrorCode, SocketError, SocketId, TlsOptions};
use std::future::poll_fn;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;

/// A connection to make.
pub(super) struct Dial {
    pub(super) id: SocketId,
    target: Target,
    /// Some: speak TLS.
    ask: Option<Ask>,
    timeout: Duration,
    /// The embedder's own, whom no rule binds: how it went is told here.
    told: Option<Told>,
}

/// What an embedder wants to be connected to.
pub(super) struct Order {
    pub(super) bind: Bind,
    pub(super) tls: Option<TlsOptions>,
    pub(super) allow_half_open: bool,
    pub(super) context: Vec<u8>,
}

/// How a connection came about.
pub(super) type Told = oneshot::Sender<Result<(), String>>;

/// What to connect to; as far as that can be told without a look-up, it is permitted.
enum Target {
    Name { name: String, port: u16 },
    Address { ip: IpAddr, port: u16 },
    Unix(PathBuf),
}

impl Target {
    /// # Errors
    /// `invalid-argument` for what isn't an address, `not-allowed` for what no rule permits.
    fn permitted(address: &str, allow: &AllowConnect) -> Result<Self, ErrorCode> {
        let target = address.parse().ok().and_then(Self::new).ok_or(ErrorCode::InvalidArgument)?;
        let permitted = match &target {
            Self::Unix(path) => allow.permits_unix(path),
            Self::Address { ip, port } => allow.permits(*ip, *port),
            Self::Name { name, port } => allow.may_look_up(name, *port),
        };
        if permitted { Ok(target) } else { Err(ErrorCode::NotAllowed) }
    }

    /// None for what nobody can be connected to: port 0, a name that can't be one.
    fn new(bind: Bind) -> Option<Self> {
        match bind {
            Bind::Unix(path) => Some(Self::Unix(path)),
            Bind::Tcp { port: 0, .. } | Bind::Inherited(_) => None,
            Bind::Tcp { host, port } => match host.parse::<IpAddr>() {
                // What is checked is what is dialled.
                Ok(ip) => Some(Self::Address { ip: ip.to_canonical(), port }),
                Err(_) => host_name(&host).map(|name| Self::Name { name, port }),
            },
        }
    }

    /// What a certificate there is to be good for; none for a unix socket.
    fn host(&self) -> Option<String> {
        match self {
            Self::Name { name, .. } => Some(name.clone()),
            Self::Address { ip, .. } => Some(ip.to_string()),
            Self::Unix(_) => None,
        }
    }
}

impl Sockets {
    /// `outbound.connect`.
    pub(super) fn ask_for_connection(&mut self, address: &str, options: ConnectOptions) -> Result<SocketId, ErrorCode> {
        if self.phase != Phase::Acting {
            return Err(ErrorCode::NotAllowed);
        }
        if options.timeout_milliseconds == Some(0) {
            return Err(ErrorCode::InvalidArgument);
        }
        let target = Target::permitted(address, &self.grants.allow())?;
        if options.context.len() > self.limits.context || self.entries.len() >= self.limits.connections {
            return Err(ErrorCode::LimitExceeded);
        }
        if self.pool.ledger.account().is_some_and(|account| account.is_full()) || !self.pool.ledger.room(options.context.len()) {
            return Err(ErrorCode::LimitExceeded);
        }
        let ask = options.tls.map(|tls| self.grants.ask(tls, target.host())).transpose()?;
        let longest = self.limits.connect_timeout;
        let timeout = options.timeout_milliseconds.map_or(longest, |ms| longest.min(Duration::from_millis(ms.into())));
        let id = self.put_connecting(&target, options.allow_half_open, options.context);
        self.dials.push(Dial { id, target, ask, timeout, told: None });
        Ok(id)
    }

    fn put_connecting(&mut self, target: &Target, allow_half_open: bool, context: Vec<u8>) -> SocketId {
        let id = self.put(Connection::connecting(allow_half_open), Stream::Closed, Remote::Unknown);
        if let Some(entry) = self.entry(id) {
            entry.dialled = target.host().map(Box::new);
        }
        self.put_context(id, context.into());
        id
    }
}

impl State {
    /// Begins what the call that has just returned has asked for.
    pub(super) fn dial(&mut self, shard: &Rc<Shard>) {
        let Some(sockets) = &mut self.sockets else { return };
        for dial in sockets.dials.drain(..) {
            let ticket = Ticket::new(shard.counters.clone(), shard.listener.drained.clone());
            tokio::task::spawn_local(drive(shard.clone(), dial, ticket));
        }
    }
}

/// The task of an outbound connection: connects, then is a driver as any other.
async fn drive(shard: Rc<Shard>, mut dial: Dial, ticket: Ticket) {
    // From here on, so that whatever ends this task removes the connection.
    let driver = Driver::new(shard.clone(), dial.id, ticket);
    let outcome = {
        let bound_by = dial.told.is_none().then(|| shard.listener.grants.allow());
        let connecting = connect(&dial.target, dial.ask.take(), bound_by.as_deref(), &shard.listener);
        let mut dialling = pin!(tokio::time::timeout(dial.timeout, connecting));
        poll_fn(|cx| if shard.awaits(dial.id, cx) { dialling.as_mut().poll(cx).map(Some) } else { Poll::Ready(None) }).await
    };
    let late = || SocketError { code: ErrorCode::TimedOut, message: format!("not connected within {:?}", dial.timeout) };
    // None: given up meanwhile.
    let outcome = outcome.map(|outcome| outcome.unwrap_or_else(|_| Err(late())));
    if let Some(told) = dial.told {
        let _ = told.send(match &outcome {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(error.message.clone()),
            None => Err("the plugin has given it up".to_owned()),
        });
    }
    if let Some(outcome) = outcome {
        shard.dialled(dial.id, outcome);
    }
    drop(shard);
    driver.await;
}

impl Shard {
    /// The embedder's connection; `told` hears how it went.
    pub(super) fn connect(self: &Rc<Self>, order: Order, told: Told) {
        let mut state = self.state.borrow_mut();
        let limits = self.listener.limits();
        let Some(sockets) = state.sockets.as_deref_mut().filter(|_| order.context.len() <= limits.context) else {
            let _ = told.send(Err(format!("its context has more than {} bytes (context-limit)", limits.context)));
            return;
        };
        let asked = Target::new(order.bind).ok_or(()).and_then(|target| {
            let ask = order.tls.map(|tls| self.listener.grants.ask(tls, target.host())).transpose().map_err(drop)?;
            Ok((target, ask))
        });
        let Ok((target, ask)) = asked else {
            let _ = told.send(Err("this address, server name or protocol can't be asked for".to_owned()));
            return;
        };
        let id = sockets.put_connecting(&target, order.allow_half_open, order.context);
        sockets.dials.push(Dial { id, target, ask, timeout: limits.connect_timeout, told: Some(told) });
        state.dial(self);
    }

    /// Whether connection `id` is still to be made; if so, `cx` is woken when that changes.
    fn awaits(&self, id: SocketId, cx: &mut Context<'_>) -> bool {
        let mut state = self.state.borrow_mut();
        if state.closed {
            return false;
        }
        let Some(entry) = state.sockets.as_deref_mut().and_then(|sockets| sockets.entry(id)) else { return false };
        entry.turn(cx.waker());
        entry.machine.is_connecting()
    }

    fn dialled(&self, id: SocketId, outcome: Result<Stream, SocketError>) {
        let mut state = self.state.borrow_mut();
        let Some(entry) = state.sockets.as_deref_mut().and_then(|sockets| sockets.entry(id)) else { return };
        match outcome {
            Ok(stream) => entry.connected(stream, &self.listener.limits()),
            Err(error) => entry.machine.unconnected(error),
        }
    }
}

async fn connect(
    target: &Target,
    ask: Option<Ask>,
    bound_by: Option<&AllowConnect>,
    listener: &Listener,
) -> Result<Stream, SocketError> {
    let transport = reach(target, bound_by).await?;
    let Some(ask) = ask else { return Ok(Stream::Plain(transport)) };
    let failed = |message: String| SocketError { code: ErrorCode::Tls, message };
    let handshake = Handshake::client(ask, &listener.grants.secrets().trust, transport);
    handshake.await.map_err(|error| failed(format!("TLS handshake: {error}")))
}

async fn reach(target: &Target, bound_by: Option<&AllowConnect>) -> Result<Transport, SocketError> {
    match target {
        Target::Unix(path) => dial_unix(path).await.map_err(|error| socket_error(&error)),
        Target::Address { ip, port } => tcp(vec![*ip], *port).await,
        Target::Name { name, port } => {
            let addresses = resolve(name, *port, bound_by).await?;
            tcp(addresses, *port).await
        }
    }
}

async fn tcp(addresses: Vec<IpAddr>, port: u16) -> Result<Transport, SocketError> {
    let transport = dial_tcp(addresses, port).await.map_err(|error| socket_error(&error))?;
    if let Transport::Tcp(tcp) = &transport
        && let Err(error) = tcp.set_nodelay(true)
    {
        tracing::debug!("TCP_NODELAY: {error}");
    }
    Ok(transport)
}

/// Those of the name's addresses that may be connected to: all, where no rules bind.
async fn resolve(name: &str, port: u16, bound_by: Option<&AllowConnect>) -> Result<Vec<IpAddr>, SocketError> {
    let failed = |message: String| SocketError { code: ErrorCode::NameResolution, message };
    let found = look_up(name).await.map_err(|error| failed(format!("{name}: {error}")))?;
    let Some(example) = found.first().copied() else { return Err(failed(format!("{name} has no address"))) };
    let addresses: Vec<IpAddr> =
        found.into_iter().filter(|address| bound_by.is_none_or(|allow| allow.permits_named(name, *address, port))).collect();
    if addresses.is_empty() {
        let message = format!("{name} is {example}, and no allow-connect rule permits that address");
        return Err(SocketError { code: ErrorCode::NotAllowed, message });
    }
    Ok(addresses)
}
