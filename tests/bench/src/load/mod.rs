//! The load generator: one thread, one epoll, any number of connections, each with one request under way at a time.
//! Every byte of every answer is compared with what it must be.

mod connection;
mod requests;
mod tls;
mod wire;

use self::connection::{Connection, Event};
pub use self::requests::Exchange;
use self::wire::{Buffers, Wire};
use crate::histogram::Histogram;
use anyhow::{Context as _, Result, bail};
use requests::Requests;
use rustix::event::epoll;
use rustls::ClientConfig;
use std::{
    io,
    mem::MaybeUninit,
    net::{Ipv4Addr, SocketAddr},
    os::fd::OwnedFd,
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a server may keep everybody waiting before it counts as stuck.
const STUCK: Duration = Duration::from_secs(10);

/// What to send, and over how many connections.
#[derive(Debug, Clone)]
pub struct Load {
    /// The server.
    pub address: SocketAddr,
    /// Open at a time.
    pub connections: usize,
    /// What a unit asks and expects.
    pub exchange: Exchange,
    /// A unit is then: connect, one exchange, an orderly end by both sides.
    pub reconnect: bool,
    /// Speak TLS, with a server whose certificate this accepts.
    pub tls: Option<Arc<ClientConfig>>,
}

/// What a run saw.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Answers that were complete, right or wrong.
    pub units: u64,
    /// Answers of which a byte was wrong, or that were followed by bytes that nobody asked for.
    pub corrupted: u64,
    /// Connections that the server ended though it owed an answer, or that failed.
    pub lost: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// From a request's write, or the start of its connect, to the read of the answer's last byte, or of the end.
    pub latency: Histogram,
}

/// Open connections to one server.
#[derive(Debug)]
pub struct Clients {
    load: Load,
    epoll: OwnedFd,
    connections: Vec<Option<Connection>>,
    requests: Requests,
    buffers: Buffers,
    /// Connections made so far.
    made: u32,
}

impl Clients {
    /// Connects all, unless each unit makes a connection of its own.
    pub fn connect(load: Load) -> Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let requests = Requests::new(load.exchange);
        let mut clients = Self { load, epoll, connections: Vec::new(), requests, buffers: Buffers::default(), made: 0 };
        for index in 0..clients.load.connections {
            let connection = if clients.load.reconnect { None } else { Some(clients.open(index)?) };
            clients.connections.push(connection);
        }
        Ok(clients)
    }

    /// Keeps every connection busy for `duration`, then waits until what is under way has been answered.
    pub fn run(&mut self, duration: Duration) -> Result<Tally> {
        let start = Instant::now();
        self.drive(start, Some(start + duration), usize::MAX)
    }

    /// One exchange on each connection.
    pub fn once(&mut self) -> Result<Tally> {
        self.drive(Instant::now(), None, 1)
    }

    /// Says nothing for `duration`; fails if a server says something, or ends a connection, meanwhile.
    pub fn idle(&mut self, duration: Duration) -> Result<()> {
        let end = Instant::now() + duration;
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            let mut events = [MaybeUninit::uninit(); 1];
            let (some, _) = wait(&self.epoll, &mut events, left)?;
            if !some.is_empty() {
                bail!("an idle connection had an event: the server ended it, or sent what nobody asked for");
            }
        }
        Ok(())
    }

    /// Ends all connections by a reset, which leaves no port in TIME_WAIT.
    pub fn reset(self) {
        for connection in self.connections.iter().flatten() {
            connection.reset_on_close();
        }
    }

    fn open(&mut self, index: usize) -> Result<Connection> {
        // Each that has ended keeps its port for a minute. From one address, the search for a free one would soon be all that
        // a run does.
        let source = (self.load.reconnect && self.load.address.ip() == Ipv4Addr::LOCALHOST).then(|| source(self.made));
        self.made = self.made.wrapping_add(1);
        let connection = Connection::new(Wire::connect(self.load.address, source, self.load.tls.as_ref())?);
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&self.epoll, connection.stream(), data, epoll::EventFlags::IN)?;
        Ok(connection)
    }

    fn drive(&mut self, start: Instant, deadline: Option<Instant>, each: usize) -> Result<Tally> {
        let mut tally = Tally::default();
        let mut under_way = 0;
        let mut started = vec![0; self.connections.len()];
        for (index, started) in started.iter_mut().enumerate() {
            if self.begin(index, &mut tally)? {
                *started = 1;
                under_way += 1;
            }
        }
        let mut events = [MaybeUninit::uninit(); 256];
        while under_way > 0 {
            let (ready, _) = wait(&self.epoll, &mut events, STUCK)?;
            if ready.is_empty() {
                bail!("{} answered nothing for {STUCK:?}, {under_way} answers due", self.load.address);
            }
            for event in ready {
                let index = event.data.u64() as usize;
                let Some(connection) = &mut self.connections[index] else { continue };
                match connection.advance(&self.requests, &mut self.buffers, self.load.reconnect) {
                    Ok(Event::Waiting) => {
                        self.watch(index)?;
                        continue;
                    }
                    Ok(Event::Unasked) => {
                        tally.corrupted += 1;
                        continue;
                    }
                    Ok(Event::Answered { right, took }) => {
                        tally.units += 1;
                        tally.corrupted += u64::from(!right);
                        tally.latency.record(took);
                        if self.load.reconnect {
                            self.connections[index] = None;
                        }
                    }
                    // The connection is of no more use.
                    Err(_) => {
                        tally.lost += 1;
                        self.connections[index] = None;
                        under_way -= 1;
                        continue;
                    }
                }
                let again = started[index] < each && deadline.is_none_or(|deadline| Instant::now() < deadline);
                if again && self.begin(index, &mut tally)? {
                    started[index] += 1;
                } else {
                    under_way -= 1;
                }
            }
        }
        tally.elapsed = start.elapsed();
        Ok(tally)
    }

    /// Sends a request; answers whether one is now under way.
    fn begin(&mut self, index: usize, tally: &mut Tally) -> Result<bool> {
        let now = Instant::now();
        if self.load.reconnect {
            self.connections[index] = Some(self.open(index)?);
        }
        let Some(connection) = &mut self.connections[index] else { return Ok(false) };
        if connection.begin(&mut self.requests, now).is_err() {
            tally.lost += 1;
            self.connections[index] = None;
            return Ok(false);
        }
        self.watch(index)?;
        Ok(true)
    }

    /// Tells epoll what a connection waits for, where that has changed.
    fn watch(&mut self, index: usize) -> Result<()> {
        let Some(connection) = &mut self.connections[index] else { return Ok(()) };
        if let Some(interest) = connection.changed_interest() {
            let data = epoll::EventData::new_u64(index as u64);
            epoll::modify(&self.epoll, connection.stream(), data, interest).context("epoll")?;
        }
        Ok(())
    }
}

/// 127.0.0.2 to 127.0.0.251, one after the other.
fn source(connection: u32) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, 2 + (connection % 250) as u8)
}

type Ready<'a> = (&'a mut [epoll::Event], &'a mut [MaybeUninit<epoll::Event>]);

fn wait<'a>(epoll: &OwnedFd, events: &'a mut [MaybeUninit<epoll::Event>], at_most: Duration) -> io::Result<Ready<'a>> {
    let timeout = rustix::time::Timespec { tv_sec: at_most.as_secs() as i64, tv_nsec: i64::from(at_most.subsec_nanos()) };
    Ok(epoll::wait(epoll, events, Some(&timeout))?)
}
