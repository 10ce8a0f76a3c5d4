//! The test's side: a plugin with its peers.

use super::world::{Connection, Limits, Phase, World, with};
use crate::dispatch::reason;
use crate::{CloseInfo, Config, ErrorCode, Failure, Plugin, SessionInfo, Socket, SocketError};
use std::time::Duration;

/// A plugin in the imitated host, and what its peers and its operator do. After each step all events that follow from
/// it have been delivered.
pub struct Harness<P> {
    plugin: P,
    config: Config,
}

impl<P: Plugin> Default for Harness<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// The operator's side.
impl<P: Plugin> Harness<P> {
    /// A fresh host whose plugin has started without configuration.
    pub fn new() -> Self {
        Self::with(Limits::default(), &[]).expect("the plugin fails to start without configuration")
    }

    /// A fresh host with these limits and configuration; the error is the plugin's, from `start`.
    pub fn with(limits: Limits, config: &[(&str, &str)]) -> Result<Self, String> {
        with(|world| *world = World { limits, ..World::default() });
        let config = Config::new(config.iter().map(|(key, value)| ((*key).into(), (*value).into())));
        let plugin = begin(&config).map_err(reason)?;
        Ok(Self { plugin, config })
    }

    /// Puts another build behind the live connections; with the reason and this one if that fails.
    pub fn reload<N: Plugin>(mut self) -> Result<Harness<N>, (String, Self)> {
        // What a candidate stages is discarded if it fails.
        let before = with(|world| {
            let contexts: Vec<_> = world.connections.values().map(|connection| connection.context.clone()).collect();
            (contexts, world.timers.clone(), world.topics.clone())
        });
        match self.successor() {
            Ok(plugin) => Ok(Harness { plugin, config: self.config }.settled()),
            Err(failure) => {
                with(|world| {
                    let connections = world.connections.values_mut();
                    connections.zip(before.0).for_each(|(connection, context)| connection.context = context);
                    world.timers = before.1;
                    world.topics = before.2;
                });
                Err((reason(failure), self))
            }
        }
    }

    fn successor<N: Plugin>(&mut self) -> Result<N, Failure> {
        let mut plugin: N = begin(&self.config)?;
        if let Some(state) = during(Phase::Snapshot, || self.plugin.snapshot())? {
            during(Phase::Begin, || plugin.restore(state))?;
        }
        Ok(plugin)
    }

    /// The plugin panics in an event of this connection: it is reset, and a fresh instance takes over the others.
    pub fn crash(self, socket: Socket) -> Self {
        with(|world| {
            world.connections.remove(&socket.id());
            world.timers.clear();
        });
        let plugin = begin(&self.config).expect("the plugin fails to start again");
        Self { plugin, config: self.config }.settled()
    }

    /// Lets time pass; timers fire, and idle connections get `timeout`.
    pub fn advance(&mut self, time: Duration) {
        let until = with(|world| world.now) + time;
        while let Some(due) = with(|world| next_due(world, until)) {
            match due {
                Due::Timer(token) => self.plugin.fired(token),
                Due::Idle(id) => self.plugin.timeout(Socket::from_id(id)),
            }
            self.settle();
        }
        with(|world| world.now = until);
    }

    /// The plugin itself.
    pub fn plugin(&mut self) -> &mut P {
        &mut self.plugin
    }
}

/// The peers' side.
impl<P: Plugin> Harness<P> {
    /// A peer connects.
    pub fn connect(&mut self) -> Socket {
        let id = with(|world| {
            world.last_id += 1;
            world.connections.insert(world.last_id, Connection::default());
            world.last_id
        });
        self.plugin.open(Socket::from_id(id));
        self.settle();
        Socket::from_id(id)
    }

    /// The peer sends bytes: one `data`, if they fit the read buffer and nothing holds reading back.
    pub fn send(&mut self, socket: Socket, bytes: &[u8]) {
        with(|world| world.connection(socket.id()).map(|connection| connection.input.extend(bytes))).ok();
        self.settle();
    }

    /// The peer reads so many bytes more, and then no further; none: everything, which is how it begins.
    pub fn read(&mut self, socket: Socket, bytes: Option<usize>) {
        with(|world| world.connection(socket.id()).map(|connection| connection.window = bytes)).ok();
        self.settle();
    }

    /// The peer ends its sending side.
    pub fn finish(&mut self, socket: Socket) {
        with(|world| world.connection(socket.id()).map(|connection| connection.peer_finished = true)).ok();
        self.settle();
    }

    /// Takes what the peer has received; empty too if the connection's end has been [observed](Harness::closed).
    pub fn received(&mut self, socket: Socket) -> Vec<u8> {
        with(|world| world.connections.get_mut(&socket.id()).map(|c| std::mem::take(&mut c.received))).unwrap_or_default()
    }

    /// Bytes from the peer that the plugin hasn't been given yet.
    pub fn unread(&self, socket: Socket) -> usize {
        with(|world| world.connections.get(&socket.id()).map_or(0, |connection| connection.input.len()))
    }

    /// Whether the connection is over; if so, what the peer had received before that.
    pub fn closed(&mut self, socket: Socket) -> Option<Vec<u8>> {
        with(|world| {
            let at = world.closed.iter().position(|(id, _)| *id == socket.id())?;
            Some(world.closed.swap_remove(at).1)
        })
    }
}

/// The other side of what the plugin connects to.
impl<P: Plugin> Harness<P> {
    /// Connections that the plugin has asked for and that wait for [`Harness::accept`] or [`Harness::refuse`]: where they are to
    /// lead, oldest first.
    pub fn dialled(&self) -> Vec<(Socket, String)> {
        with(|world| {
            let asked = world.connections.iter().filter_map(|(id, connection)| Some((*id, connection.connecting.clone()?)));
            asked.map(|(id, address)| (Socket::from_id(id), address)).collect()
        })
    }

    /// The connection stands: `open` (without `handshake`: TLS isn't imitated), unless the plugin has ended it meanwhile.
    pub fn accept(&mut self, socket: Socket) {
        let opens = with(|world| {
            let connection = world.connections.get_mut(&socket.id())?;
            connection.connecting.take()?;
            Some(!connection.ended)
        });
        if opens == Some(true) {
            self.plugin.open(socket);
        }
        self.settle();
    }

    /// The connection can't be made: `connect_error`.
    pub fn refuse(&mut self, socket: Socket, code: ErrorCode) {
        if with(|world| world.connections.get(&socket.id()).is_some_and(|connection| connection.connecting.is_some())) {
            self.plugin.connect_error(socket, SocketError { code, message: "refused by the test".into() });
            with(|world| drop(world.connections.remove(&socket.id())));
            self.settle();
        }
    }
}

impl<P: Plugin> Harness<P> {
    /// The handshake that the plugin has begun on this connection (`upgrade_server`, `upgrade_client`) succeeds: `handshake`. What the peer
    /// has sent meanwhile, and what the plugin has written, follows. Nothing happens if it hasn't begun one.
    pub fn secure(&mut self, socket: Socket) {
        let begun = with(|world| {
            let connection = world.connections.get_mut(&socket.id())?;
            connection.upgrading.take()?;
            connection.tls = Some(SessionInfo {
                version: "TLSv1.3".into(),
                cipher: "TLS_AES_128_GCM_SHA256".into(),
                alpn: None,
                server_name: None,
                resumed: false,
                verified: connection.outbound,
            });
            Some(())
        });
        if begun.is_some() {
            self.plugin.handshake(socket, Ok(()));
            self.settle();
        }
    }

    fn settled(mut self) -> Self {
        self.settle();
        self
    }

    /// Delivers events until none is left.
    pub(super) fn settle(&mut self) {
        loop {
            let ids: Vec<u64> = with(|world| world.connections.keys().copied().collect());
            let mut delivered = false;
            for id in ids {
                delivered |= self.deliver_one(id);
            }
            if !delivered {
                return;
            }
        }
    }

    fn deliver_one(&mut self, id: u64) -> bool {
        let socket = Socket::from_id(id);
        let step = with(|world| {
            let (limits, now) = (world.limits.clone(), world.now);
            let connection = world.connections.get_mut(&id)?;
            if connection.connecting.is_some() {
                return connection.terminated.then_some(Step::GivenUp);
            }
            if let Some(code) = connection.failed {
                return Some(Step::Failed(code, connection.queue.len() as u64));
            }
            if !connection.terminated && connection.transmit(now) {
                return Some(Step::Drain);
            }
            if connection.is_over() {
                return Some(Step::Close(connection.queue.len() as u64));
            }
            if let Some(bytes) = connection.deliver(&limits, now) {
                return Some(Step::Data(bytes));
            }
            connection.deliver_end().then_some(Step::End)
        });
        match step {
            None => return false,
            Some(Step::Drain) => self.plugin.drain(socket),
            Some(Step::Data(bytes)) => self.plugin.data(socket, &bytes),
            Some(Step::End) => self.plugin.end(socket),
            Some(Step::GivenUp) => self.refuse(socket, ErrorCode::Closed),
            Some(Step::Close(unsent)) => self.close(socket, CloseInfo { error: None, unsent }),
            Some(Step::Failed(code, unsent)) => {
                let error = SocketError { code, message: "failed in the test's host".into() };
                self.plugin.error(socket, error.clone());
                self.close(socket, CloseInfo { error: Some(error), unsent });
            }
        }
        true
    }

    fn close(&mut self, socket: Socket, info: CloseInfo) {
        self.plugin.close(socket, info);
        with(|world| {
            let received = world.connections.remove(&socket.id()).map(|connection| connection.received);
            world.closed.push((socket.id(), received.unwrap_or_default()));
        });
    }
}

enum Step {
    Drain,
    Data(Vec<u8>),
    End,
    GivenUp,
    Close(u64),
    Failed(ErrorCode, u64),
}

enum Due {
    Timer(u64),
    Idle(u64),
}

/// Takes the earliest of the timers and idle times, and moves the clock to it.
fn next_due(world: &mut World, until: Duration) -> Option<Due> {
    let timers = world.timers.iter().map(|(token, at)| (*at, Due::Timer(*token)));
    let idle = world.connections.iter().filter_map(|(id, connection)| Some((connection.idle_until?, Due::Idle(*id))));
    let (at, due) = timers.chain(idle).min_by_key(|(at, _)| *at).filter(|(at, _)| *at <= until)?;
    world.now = at;
    match due {
        Due::Timer(token) => drop(world.timers.remove(&token)),
        // Once per idle period.
        Due::Idle(id) => world.connections.get_mut(&id).into_iter().for_each(|connection| connection.idle_until = None),
    }
    Some(due)
}

fn begin<P: Plugin>(config: &Config) -> Result<P, Failure> {
    let mut plugin = P::default();
    during(Phase::Begin, || plugin.start(config))?;
    Ok(plugin)
}

fn during<R>(phase: Phase, call: impl FnOnce() -> R) -> R {
    with(|world| world.phase = phase);
    let result = call();
    with(|world| world.phase = Phase::Event);
    result
}
