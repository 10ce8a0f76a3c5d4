//! The limit: what a server costs without a plugin. One tokio runtime per core, and no more work per message than the
//! kernel asks for: one read, one write, no second read to learn that nothing is left, no allocation, no lock.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    net::TcpListener,
    num::NonZeroUsize,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
};

/// What a server does with what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Behaviour {
    /// Sends it back.
    Echo,
    /// Answers each byte with `hello`, in five writes.
    FiveWrites,
}

impl Behaviour {
    /// As the servers' command lines name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::FiveWrites => "five-writes",
        }
    }
}

thread_local! {
    /// One buffer per core rather than per connection: it stays in the cache, and an idle connection has none.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 << 10]);
}

/// A listener on a free port of 127.0.0.1, with a backlog for many connections at once.
pub fn listen() -> io::Result<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(4096)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Serves for as long as the process lives, or until accepting fails for good.
pub fn serve(listener: &TcpListener, workers: NonZeroUsize, behaviour: Behaviour) -> io::Result<()> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.get())
            .map(|_| {
                let listener = listener.try_clone()?;
                Ok(scope.spawn(move || worker(listener, behaviour)))
            })
            .collect::<io::Result<_>>()?;
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| io::Error::other("a worker panicked"))?)
    })
}

fn worker(listener: TcpListener, behaviour: Behaviour) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // A connection that fails has ended; there is nobody to tell.
            match behaviour {
                Behaviour::Echo => drop(tokio::spawn(echo(stream))),
                Behaviour::FiveWrites => drop(tokio::spawn(five_writes(stream))),
            }
        }
    })
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    loop {
        match poll_fn(|cx| echo_once(&mut stream, cx)).await? {
            Echoed::All => {}
            Echoed::AllBut(rest) => stream.write_all(&rest).await?,
            Echoed::End => return Ok(()),
        }
    }
}

enum Echoed {
    All,
    /// What the kernel's buffer had no room for.
    AllBut(Vec<u8>),
    End,
}

fn echo_once(stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<Echoed>> {
    BUFFER.with_borrow_mut(|buffer| {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
        let bytes = buffer.filled();
        if bytes.is_empty() {
            return Poll::Ready(Ok(Echoed::End));
        }
        let sent = match Pin::new(stream).poll_write(cx, bytes) {
            Poll::Ready(sent) => sent?,
            Poll::Pending => 0,
        };
        Poll::Ready(Ok(if sent == bytes.len() { Echoed::All } else { Echoed::AllBut(bytes[sent..].to_vec()) }))
    })
}

async fn five_writes(mut stream: TcpStream) -> io::Result<()> {
    loop {
        let bytes = poll_fn(|cx| {
            BUFFER.with_borrow_mut(|buffer| {
                let mut buffer = ReadBuf::new(buffer);
                ready!(Pin::new(&mut stream).poll_read(cx, &mut buffer))?;
                Poll::Ready(io::Result::Ok(buffer.filled().len()))
            })
        });
        let bytes = bytes.await?;
        if bytes == 0 {
            return Ok(());
        }
        for _ in 0..bytes {
            for letter in [b"h", b"e", b"l", b"l", b"o"] {
                stream.write_all(letter).await?;
            }
        }
    }
}
