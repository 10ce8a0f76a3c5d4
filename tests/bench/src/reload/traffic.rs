//! Traffic that goes on while something else happens: many connections on a thread of their own, each message numbered.

#[cfg(test)]
mod tests;

use super::pass;
use super::sequence::{Answer, Dialect, Losses, Sequence};
use crate::histogram::Histogram;
use anyhow::{Context as _, Result, bail, ensure};
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    net::SocketAddr,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Semaphore, watch},
    time::{sleep_until, timeout},
};
use tokio_rustls::TlsConnector;

/// How long an answer may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is sent before the first phase and after the last: all connections greet, and take their leave, at once.
const NO_PHASE: usize = usize::MAX;
/// Handshakes at a time.
const CONNECTING: usize = 64;

/// Connections that are alike.
#[derive(Debug, Clone)]
pub struct Group {
    /// How many.
    pub connections: usize,
    /// To where.
    pub address: SocketAddr,
    /// With TLS.
    pub tls: Option<Arc<ClientConfig>>,
    /// What they say.
    pub dialect: Dialect,
    /// When.
    pub rhythm: Rhythm,
}

/// When a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// So many messages are under way at all times.
    Constant(u64),
    /// One each such period, unless the one before hasn't been answered.
    Paced(Duration),
    /// At the beginning and at the end.
    Idle,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What became of the messages.
    pub losses: Losses,
    /// From a message's write to its answer, by the phase that it was sent in. Greetings and farewells are in none.
    pub latency: Vec<Histogram>,
}

#[derive(Debug)]
struct Shared {
    /// True: enough.
    stop: watch::Sender<bool>,
    phase: AtomicUsize,
    conversing: AtomicUsize,
    gone: AtomicUsize,
}

/// Traffic under way.
#[derive(Debug)]
pub struct Traffic {
    shared: Arc<Shared>,
    thread: JoinHandle<Result<Outcome>>,
}

impl Traffic {
    /// Starts it; answers once every connection has been answered once. Messages are told apart by `phases` phases, of which none runs
    /// until [`Traffic::phase`] begins it.
    pub fn start(groups: Vec<Group>, phases: usize) -> Result<Self> {
        let shared = Arc::new(Shared {
            stop: watch::Sender::default(),
            phase: AtomicUsize::new(NO_PHASE),
            conversing: AtomicUsize::default(),
            gone: AtomicUsize::default(),
        });
        let own = shared.clone();
        let all: usize = groups.iter().map(|group| group.connections).sum();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            tokio::task::LocalSet::new().block_on(&runtime, run(groups, phases, own))
        });
        let start = Instant::now();
        while shared.conversing.load(Relaxed) < all {
            let gone = shared.gone.load(Relaxed);
            ensure!(gone == 0 && !thread.is_finished(), "{gone} of {all} connections can't be made or aren't answered");
            ensure!(start.elapsed() < 6 * PATIENCE, "not all of {all} connections are answered");
            pass(Duration::from_millis(1));
        }
        Ok(Self { shared, thread })
    }

    /// What is sent from now on belongs to this phase.
    pub fn phase(&self, phase: usize) {
        self.shared.phase.store(phase, Relaxed);
    }

    /// Ends it once all that is under way has been answered.
    pub fn finish(self) -> Result<Outcome> {
        self.phase(NO_PHASE);
        self.shared.stop.send_replace(true);
        match self.thread.join() {
            Ok(outcome) => outcome,
            Err(_) => bail!("the load generator panicked"),
        }
    }
}

async fn run(groups: Vec<Group>, phases: usize, shared: Arc<Shared>) -> Result<Outcome> {
    let outcome = Outcome { latency: vec![Histogram::default(); phases], ..Outcome::default() };
    let outcome = Rc::new(RefCell::new(outcome));
    let connecting = Rc::new(Semaphore::new(CONNECTING));
    let mut tasks = Vec::new();
    for group in groups {
        for _ in 0..group.connections {
            let (group, shared, outcome, connecting) = (group.clone(), shared.clone(), outcome.clone(), connecting.clone());
            let connection = Connection { number: tasks.len() as u32, group, shared, outcome };
            tasks.push(tokio::task::spawn_local(connection.live(connecting)));
        }
    }
    for task in tasks {
        task.await.context("the load generator panicked")?;
    }
    Ok(Rc::try_unwrap(outcome).map_or_else(|shared| shared.borrow().clone(), RefCell::into_inner))
}

struct Connection {
    number: u32,
    group: Group,
    shared: Arc<Shared>,
    outcome: Rc<RefCell<Outcome>>,
}

impl Connection {
    async fn live(self, connecting: Rc<Semaphore>) {
        if self.converse(connecting).await.is_err() {
            self.shared.gone.fetch_add(1, Relaxed);
            self.outcome.borrow_mut().losses.disconnected += 1;
        }
    }

    async fn converse(&self, connecting: Rc<Semaphore>) -> io::Result<()> {
        let permit = connecting.acquire().await.map_err(io::Error::other)?;
        let stream = TcpStream::connect(self.group.address).await?;
        stream.set_nodelay(true)?;
        match &self.group.tls {
            None => {
                drop(permit);
                self.talk(stream).await
            }
            Some(config) => {
                let name = ServerName::IpAddress(self.group.address.ip().into());
                let stream = TlsConnector::from(config.clone()).connect(name, stream).await?;
                drop(permit);
                self.talk(stream).await
            }
        }
    }

    async fn talk(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let mut talk = Talk { sequence: Sequence::default(), sent: 0, under_way: VecDeque::new(), input: Vec::new() };
        let result = self.exchange(&mut stream, &mut talk).await;
        talk.sequence.end(talk.sent, &mut self.outcome.borrow_mut().losses);
        result?;
        stream.shutdown().await
    }

    async fn exchange(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin), talk: &mut Talk) -> io::Result<()> {
        self.say(stream, talk).await?;
        while talk.due() > 0 {
            self.hear(stream, talk).await?;
        }
        self.shared.conversing.fetch_add(1, Relaxed);
        // Not all at the same moment.
        let stagger = |period: Duration| period.mul_f64(f64::from(self.number % 97) / 97.0);
        let mut next = match self.group.rhythm {
            Rhythm::Paced(period) => Instant::now() + stagger(period),
            Rhythm::Constant(_) | Rhythm::Idle => Instant::now(),
        };
        let mut stop = self.shared.stop.subscribe();
        while !*stop.borrow() {
            match self.group.rhythm {
                Rhythm::Constant(window) => {
                    while talk.due() < window {
                        self.say(stream, talk).await?;
                    }
                    self.hear(stream, talk).await?;
                }
                Rhythm::Paced(period) => {
                    tokio::select! {
                        heard = self.hear(stream, talk) => heard?,
                        () = sleep_until(next.into()) => {
                            if talk.due() == 0 {
                                self.say(stream, talk).await?;
                            }
                            next = (next + period).max(Instant::now());
                        }
                    }
                }
                Rhythm::Idle => {
                    tokio::select! {
                        heard = self.hear(stream, talk) => heard?,
                        // Not by a glance now and then: that of ten thousand is felt by those who speak.
                        _ = stop.wait_for(|stop| *stop) => {}
                    }
                }
            }
        }
        self.say(stream, talk).await?;
        while talk.due() > 0 {
            self.hear(stream, talk).await?;
        }
        Ok(())
    }

    async fn say(&self, stream: &mut (impl AsyncWrite + Unpin), talk: &mut Talk) -> io::Result<()> {
        let mut message = Vec::with_capacity(64);
        self.group.dialect.message(self.number, talk.sent, &mut message);
        talk.sent += 1;
        talk.under_way.push_back((Instant::now(), self.shared.phase.load(Relaxed)));
        stream.write_all(&message).await?;
        stream.flush().await
    }

    /// Reads once. Safe to be dropped: nothing is taken from the stream that isn't kept.
    async fn hear(&self, stream: &mut (impl AsyncRead + Unpin), talk: &mut Talk) -> io::Result<()> {
        let owed = talk.due() > 0;
        let read = stream.read_buf(&mut talk.input);
        let n = if owed { timeout(PATIENCE, read).await.map_err(|_| io::ErrorKind::TimedOut)?? } else { read.await? };
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut outcome = self.outcome.borrow_mut();
        let mut taken = 0;
        loop {
            match self.group.dialect.answer(self.number, &talk.input[taken..]) {
                Answer::Partial => break,
                Answer::Garbage => {
                    outcome.losses.corrupted += 1;
                    return Err(io::ErrorKind::InvalidData.into());
                }
                Answer::To(number, length) => {
                    taken += length;
                    talk.sequence.came(number, talk.sent, &mut outcome.losses);
                    if let Some((begun, phase)) = talk.under_way.pop_front()
                        && let Some(latency) = outcome.latency.get_mut(phase)
                    {
                        latency.record(begun.elapsed());
                    }
                }
            }
        }
        talk.input.drain(..taken);
        Ok(())
    }
}

/// One connection's side of it.
struct Talk {
    sequence: Sequence,
    sent: u64,
    under_way: VecDeque<(Instant, usize)>,
    input: Vec<u8>,
}

impl Talk {
    fn due(&self) -> u64 {
        self.sequence.due(self.sent)
    }
}
