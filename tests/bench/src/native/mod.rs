//! The limit: what a server costs without a plugin. One tokio runtime per core, and no more work per message than the
//! kernel asks for: one read, one write, no second read to learn that nothing is left, no allocation, no lock.

mod behaviour;

pub use self::behaviour::Behaviour;
use self::behaviour::{echo, five_writes, tls_echo};
use std::{io, net::TcpListener, num::NonZeroUsize};

/// A listener on a free port of 127.0.0.1, with a backlog for many connections at once.
pub fn listen() -> io::Result<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(4096)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Serves for as long as the process lives, or until accepting fails for good.
pub fn serve(listener: &TcpListener, workers: NonZeroUsize, behaviour: &Behaviour) -> io::Result<()> {
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

fn worker(listener: TcpListener, behaviour: &Behaviour) -> io::Result<()> {
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
                Behaviour::TlsEcho(acceptor) => drop(tokio::spawn(tls_echo(acceptor.accept(stream)))),
            }
        }
    })
}
