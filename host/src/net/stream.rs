//! A connected socket, plain or TLS, as the driver polls it.

use super::tls::Verdict;
use crate::pure::socket::SessionInfo;
use rustix::net::SocketAddrAny;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsStream;

/// A plain stream socket.
#[derive(Debug)]
pub enum Transport {
    /// TCP.
    Tcp(TcpStream),
    /// A unix socket.
    Unix(UnixStream),
}

impl Transport {
    /// Registers an accepted, non-blocking socket with the current runtime.
    pub fn register(fd: OwnedFd, unix: bool) -> io::Result<Self> {
        if unix { UnixStream::from_std(fd.into()).map(Self::Unix) } else { TcpStream::from_std(fd.into()).map(Self::Tcp) }
    }
}

impl AsFd for Transport {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(tcp) => tcp.as_fd(),
            Self::Unix(unix) => unix.as_fd(),
        }
    }
}

/// Has its close send RST rather than FIN.
pub(super) fn reset(transport: &Transport) {
    // A zero linger is what does it; it fails only on a socket that is gone already.
    let _ = rustix::net::sockopt::set_socket_linger(transport, Some(Duration::ZERO));
}

/// Passes a poll on to whichever kind of socket it is.
macro_rules! each {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Transport::Tcp($stream) => $call,
            Transport::Unix($stream) => $call,
        }
    };
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        each!(self, stream => Pin::new(stream).poll_write_vectored(cx, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }
}

/// A connection with TLS.
#[derive(Debug)]
pub struct Secure {
    pub(super) tls: TlsStream<Transport>,
    /// The name that was asked for (SNI).
    pub(super) server_name: Option<String>,
    /// Whether the peer's certificate is good.
    pub(super) verdict: Verdict,
}

/// A connection: its handshake, if any, is done.
#[derive(Debug)]
pub enum Stream {
    /// Without TLS.
    Plain(Transport),
    /// TLS, either side.
    Tls(Box<Secure>),
    /// There is no descriptor: not yet, or no more.
    Closed,
}

impl Stream {
    /// Whether what is written goes to the kernel as it is.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Reads once into `buf`. Ready with nothing filled: the peer has finished.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(transport) => Pin::new(transport).poll_read(cx, buf),
            Self::Tls(secure) => Pin::new(&mut secure.tls).poll_read(cx, buf),
            Self::Closed => Poll::Ready(Ok(())),
        }
    }

    /// Writes once. On TLS the bytes may rest in its own buffer until [`Self::poll_flush`].
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(transport) => match bytes {
                // One slice: send is cheaper than writev.
                [one] => Pin::new(transport).poll_write(cx, one),
                [one, rest @ ..] if rest.iter().all(|slice| slice.is_empty()) => Pin::new(transport).poll_write(cx, one),
                many => Pin::new(transport).poll_write_vectored(cx, many),
            },
            Self::Tls(secure) => Pin::new(&mut secure.tls).poll_write_vectored(cx, bytes),
            Self::Closed => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// Ready when all that was written has reached the kernel.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tls(secure) => Pin::new(&mut secure.tls).poll_flush(cx),
            Self::Plain(_) | Self::Closed => Poll::Ready(Ok(())),
        }
    }

    /// Sends FIN; on TLS `close_notify` first.
    pub fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(transport) => Pin::new(transport).poll_shutdown(cx),
            Self::Tls(secure) => Pin::new(&mut secure.tls).poll_shutdown(cx),
            Self::Closed => Poll::Ready(Ok(())),
        }
    }

    /// Closes the descriptor with a reset (RST) rather than FIN.
    pub fn reset(&mut self) {
        self.transport().into_iter().for_each(reset);
        *self = Self::Closed;
    }

    /// The plain socket beneath, unless it is closed.
    pub fn transport(&self) -> Option<&Transport> {
        match self {
            Self::Plain(transport) => Some(transport),
            Self::Tls(secure) => Some(secure.tls.get_ref().0),
            Self::Closed => None,
        }
    }

    /// TCP_NODELAY; `None` where there is no such thing.
    pub fn set_no_delay(&self, enabled: bool) -> Option<io::Result<()>> {
        match self.transport()? {
            Transport::Tcp(tcp) => Some(tcp.set_nodelay(enabled)),
            Transport::Unix(_) => None,
        }
    }

    /// TCP keep-alive after `delay` of silence, or none; `None` where there is no such thing.
    pub fn set_keep_alive(&self, delay: Option<Duration>) -> Option<io::Result<()>> {
        let Transport::Tcp(tcp) = self.transport()? else { return None };
        let socket = socket2::SockRef::from(tcp);
        Some(match delay {
            Some(delay) => socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(delay)),
            None => socket.set_keepalive(false),
        })
    }

    /// This end's address.
    pub fn local(&self) -> Option<SocketAddrAny> {
        rustix::net::getsockname(self.transport()?).ok()
    }

    /// The peer's address.
    pub fn remote(&self) -> Option<SocketAddrAny> {
        rustix::net::getpeername(self.transport()?).ok().flatten()
    }

    /// What TLS agreed on; `None` for a plain socket.
    pub fn session(&self) -> Option<SessionInfo> {
        let Self::Tls(secure) = self else { return None };
        let (_, connection) = secure.tls.get_ref();
        Some(SessionInfo {
            version: match connection.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3".to_owned(),
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2".to_owned(),
                other => format!("{other:?}"),
            },
            cipher: connection
                .negotiated_cipher_suite()
                .and_then(|suite| suite.suite().as_str())
                .unwrap_or("unknown")
                // IANA's name for TLS 1.3 suites has no number in it; rustls's has.
                .replacen("TLS13_", "TLS_", 1),
            alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
            server_name: secure.server_name.clone(),
            resumed: connection.handshake_kind() == Some(rustls::HandshakeKind::Resumed),
            verified: secure.verdict.verified,
        })
    }

    /// Why the peer isn't verified, where it should have been and may go on all the same.
    pub fn objection(&self) -> Option<&str> {
        let Self::Tls(secure) = self else { return None };
        secure.verdict.objection.as_deref()
    }

    /// The peer's certificate chain, DER, leaf first; empty where it showed none.
    pub fn peer_certificates(&self) -> Vec<Vec<u8>> {
        let Self::Tls(secure) = self else { return Vec::new() };
        let certificates = secure.tls.get_ref().1.peer_certificates().unwrap_or_default();
        certificates.iter().map(|certificate| certificate.to_vec()).collect()
    }
}
