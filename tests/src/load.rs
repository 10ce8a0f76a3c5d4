//! Constant traffic over many connections, each byte checked against what was sent.

use crate::{random::Random, wait::DEADLINE};
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread::JoinHandle,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
};
use tokio_rustls::TlsConnector;

/// Bytes of one connection that may be under way at a time.
const WINDOW: usize = 16 << 10;
const LARGEST: usize = 4 << 10;

/// What became of the connections.
#[derive(Debug, Default)]
pub struct Tally {
    /// Bytes that went out and came back, per connection.
    pub echoed: Vec<u64>,
    /// What went wrong, a line per connection.
    pub failures: Vec<String>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    echoed: AtomicU64,
    conversing: AtomicU64,
}

/// Traffic under way.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    thread: JoinHandle<Tally>,
}

impl Load {
    /// Starts `plain` connections over TCP and `encrypted` ones over TLS; each sends and checks until `stop`.
    pub fn start(plain: (usize, SocketAddr), encrypted: Option<(usize, SocketAddr, Arc<ClientConfig>)>) -> Self {
        let shared = Arc::new(Shared::default());
        let own = shared.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(run(plain, encrypted, own))
        });
        Self { shared, thread }
    }

    /// Bytes echoed so far, all connections together.
    pub fn echoed(&self) -> u64 {
        self.shared.echoed.load(Relaxed)
    }

    /// Connections of which something has come back.
    pub fn conversing(&self) -> u64 {
        self.shared.conversing.load(Relaxed)
    }

    /// Ends the traffic: what is under way is awaited, then every connection is closed by its peer.
    pub fn finish(self) -> Tally {
        self.shared.stop.store(true, Relaxed);
        self.thread.join().expect("the load's thread")
    }
}

async fn run(
    plain: (usize, SocketAddr),
    encrypted: Option<(usize, SocketAddr, Arc<ClientConfig>)>,
    shared: Arc<Shared>,
) -> Tally {
    let mut tasks = Vec::new();
    for n in 0..plain.0 {
        let shared = shared.clone();
        tasks.push(tokio::spawn(async move {
            let stream = TcpStream::connect(plain.1).await?;
            stream.set_nodelay(true)?;
            converse(stream, n as u64, shared).await
        }));
    }
    if let Some((count, address, config)) = encrypted {
        for n in 0..count {
            let (shared, connector) = (shared.clone(), TlsConnector::from(config.clone()));
            tasks.push(tokio::spawn(async move {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await?;
                converse(stream, 1_000 + n as u64, shared).await
            }));
        }
    }
    let mut tally = Tally::default();
    for (n, task) in tasks.into_iter().enumerate() {
        match task.await.expect("a connection's task") {
            Ok(bytes) => tally.echoed.push(bytes),
            Err(error) => tally.failures.push(format!("connection {n}: {error}")),
        }
    }
    tally
}

/// Sends random messages and reads their echo, both at once; gives the bytes echoed.
async fn converse<S>(stream: S, seed: u64, shared: Arc<Shared>) -> io::Result<u64>
where
    S: AsyncRead + AsyncWrite,
{
    let (mut reading, mut writing) = tokio::io::split(stream);
    let window = Semaphore::new(WINDOW);
    let total = AtomicU64::new(u64::MAX);
    let send = async {
        let (mut sizes, mut content, mut sent) = (Random::new(seed ^ 0x5eed), Random::new(seed), 0);
        while !shared.stop.load(Relaxed) {
            let size = sizes.between(1, LARGEST);
            window.acquire_many(size as u32).await.map_err(io::Error::other)?.forget();
            let message = content.bytes(size);
            writing.write_all(&message).await?;
            writing.flush().await?;
            sent += size as u64;
        }
        total.store(sent, Relaxed);
        writing.shutdown().await
    };
    let receive = async {
        let (mut content, mut buffer, mut got) = (Random::new(seed), vec![0; WINDOW], 0_u64);
        loop {
            let reading = tokio::time::timeout(DEADLINE, reading.read(&mut buffer));
            let n = reading.await.map_err(|_| io::Error::other(format!("nothing came back after {got} bytes")))??;
            if n == 0 {
                let sent = total.load(Relaxed);
                let lost = || io::Error::other(format!("ended after {got} bytes of {sent}"));
                return if got == sent { Ok(got) } else { Err(lost()) };
            }
            if content.bytes(n) != buffer[..n] {
                return Err(io::Error::other(format!("other bytes than were sent, between {got} and {}", got + n as u64)));
            }
            if got == 0 {
                shared.conversing.fetch_add(1, Relaxed);
            }
            got += n as u64;
            shared.echoed.fetch_add(n as u64, Relaxed);
            window.add_permits(n);
        }
    };
    tokio::try_join!(send, receive).map(|((), got)| got)
}
