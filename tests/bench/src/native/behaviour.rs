//! What the native server does on a connection.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{Accept, TlsAcceptor};

/// What the server does with what it reads.
#[derive(Clone)]
pub enum Behaviour {
    /// Sends it back.
    Echo,
    /// Answers each byte with `hello`, in five writes.
    FiveWrites,
    /// Sends it back, by TLS.
    TlsEcho(TlsAcceptor),
}

thread_local! {
    /// One buffer per core rather than per connection: it stays in the cache, and an idle connection has none.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 << 10]);
}

/// Sends back what comes, until the peer ends.
pub(super) async fn echo(stream: TcpStream) -> io::Result<()> {
    echo_until_end(stream).await.map(drop)
}

/// The same, once the handshake is done; the peer is told of the end.
pub(super) async fn tls_echo(handshake: Accept<TcpStream>) -> io::Result<()> {
    echo_until_end(handshake.await?).await?.shutdown().await
}

async fn echo_until_end<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<S> {
    loop {
        match poll_fn(|cx| echo_once(&mut stream, cx)).await? {
            Echoed::All => {}
            Echoed::AllBut(rest) => {
                stream.write_all(&rest).await?;
                stream.flush().await?;
            }
            Echoed::End => return Ok(stream),
        }
    }
}

enum Echoed {
    All,
    /// What the kernel's buffer had no room for.
    AllBut(Vec<u8>),
    End,
}

fn echo_once<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<Echoed>> {
    BUFFER.with_borrow_mut(|buffer| {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
        let bytes = buffer.filled();
        if bytes.is_empty() {
            return Poll::Ready(Ok(Echoed::End));
        }
        let sent = match Pin::new(&mut *stream).poll_write(cx, bytes) {
            Poll::Ready(sent) => sent?,
            Poll::Pending => 0,
        };
        // TLS may have taken bytes and still hold them; a plain socket has nothing to flush, and that costs nothing.
        let all = sent == bytes.len() && Pin::new(stream).poll_flush(cx)?.is_ready();
        Poll::Ready(Ok(if all { Echoed::All } else { Echoed::AllBut(bytes[sent..].to_vec()) }))
    })
}

/// Answers each byte that comes, until the peer ends.
pub(super) async fn five_writes(mut stream: TcpStream) -> io::Result<()> {
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
