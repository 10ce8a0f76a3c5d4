//! A peer: one connection, over TCP, a unix socket or TLS.

use crate::{secure::Secure, wait::DEADLINE};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::ClientConfig;
use socket2::SockRef;
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    path::Path,
    sync::Arc,
    time::Duration,
};

/// A connection to the host. Reads and writes that take longer than the deadline fail.
#[derive(Debug)]
pub enum Client {
    /// Plain TCP.
    Tcp(TcpStream),
    /// A plain unix socket.
    Unix(UnixStream),
    /// TLS over TCP.
    Tls(Box<Secure<TcpStream>>),
    /// TLS over a unix socket.
    TlsUnix(Box<Secure<UnixStream>>),
}

impl Client {
    /// Connects by TCP.
    #[track_caller]
    pub fn tcp(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).expect("connect");
        stream.set_nodelay(true).unwrap();
        Self::Tcp(stream).patient()
    }

    /// Connects to a unix socket.
    #[track_caller]
    pub fn unix(path: &Path) -> Self {
        Self::Unix(UnixStream::connect(path).expect("connect")).patient()
    }

    /// Connects by TLS over TCP and completes the handshake.
    #[track_caller]
    pub fn tls(address: SocketAddr, config: Arc<ClientConfig>) -> Self {
        let Self::Tcp(stream) = Self::tcp(address) else { unreachable!() };
        Self::Tls(Box::new(Secure::handshake(stream, config).expect("TLS handshake")))
    }

    /// Connects by TLS over a unix socket and completes the handshake.
    #[track_caller]
    pub fn tls_unix(path: &Path, config: Arc<ClientConfig>) -> Self {
        let Self::Unix(stream) = Self::unix(path) else { unreachable!() };
        Self::TlsUnix(Box::new(Secure::handshake(stream, config).expect("TLS handshake")))
    }

    fn patient(self) -> Self {
        let socket = SockRef::from(&self);
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.set_write_timeout(Some(DEADLINE)).unwrap();
        self
    }

    /// The TCP port on this side; 0 for a unix socket.
    pub fn port(&self) -> u16 {
        SockRef::from(self).local_addr().ok().and_then(|address| address.as_socket()).map_or(0, |address| address.port())
    }

    /// Sends all of it.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.write_all(bytes.as_ref()).expect("send");
        self.flush().expect("send");
    }

    /// Reads exactly this.
    #[track_caller]
    pub fn expect(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        let got = self.receive(bytes.len());
        assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(bytes));
    }

    /// Reads exactly `length` bytes.
    #[track_caller]
    pub fn receive(&mut self, length: usize) -> Vec<u8> {
        let mut got = vec![0; length];
        self.read_exact(&mut got).expect("receive");
        got
    }

    /// Sends it and reads it back.
    #[track_caller]
    pub fn echo(&mut self, bytes: impl AsRef<[u8]>) {
        self.send(bytes.as_ref());
        self.expect(bytes);
    }

    /// What comes until the peer's end; an error if the connection is reset.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut got = Vec::new();
        self.read_to_end(&mut got).map(|_| got)
    }

    /// The first `length` bytes, or the error that comes in their place.
    pub fn try_receive(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut got = vec![0; length];
        self.read_exact(&mut got).map(|()| got)
    }

    /// Expects the peer's end, and nothing before it.
    #[track_caller]
    pub fn expect_end(&mut self) {
        assert_eq!(String::from_utf8_lossy(&self.rest().expect("a clean end")), "");
    }

    /// Reads up to a reset, and gives what came before it.
    #[track_caller]
    pub fn expect_reset(&mut self) -> Vec<u8> {
        let mut got = Vec::new();
        match self.read_to_end(&mut got) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => got,
            other => panic!("expected a reset, got {other:?} after {} bytes", got.len()),
        }
    }

    /// Sends a FIN (after TLS's own close message).
    #[track_caller]
    pub fn finish(&mut self) {
        match self {
            Self::Tls(stream) => stream.close_notify().expect("close_notify"),
            Self::TlsUnix(stream) => stream.close_notify().expect("close_notify"),
            Self::Tcp(_) | Self::Unix(_) => {}
        }
        SockRef::from(&*self).shutdown(Shutdown::Write).expect("shutdown");
    }

    /// Closes with a reset.
    pub fn reset(self) {
        reset_on_drop(&self);
    }

    /// Whether bytes or an end can be read now, or within `patience`.
    pub fn readable(&self, patience: Duration) -> bool {
        self.ready(PollFlags::IN, patience)
    }

    /// Whether something can be written now, or within `patience`.
    pub fn writable(&self, patience: Duration) -> bool {
        self.ready(PollFlags::OUT, patience)
    }

    pub(crate) fn ready(&self, wish: PollFlags, patience: Duration) -> bool {
        let patience = Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: patience.subsec_nanos().into() };
        poll(&mut [PollFd::new(self, wish)], Some(&patience)).expect("poll") > 0
    }

    /// Reads and writes that would block fail with `WouldBlock` instead.
    pub fn set_nonblocking(&self, yes: bool) {
        SockRef::from(self).set_nonblocking(yes).expect("set the socket's mode");
    }
}

/// Makes the last close of this socket a reset.
pub fn reset_on_drop(socket: &impl AsFd) {
    SockRef::from(socket).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
}

impl Read for Client {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
            Self::TlsUnix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Client {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
            Self::TlsUnix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.flush(),
            Self::Unix(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
            Self::TlsUnix(stream) => stream.flush(),
        }
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
            Self::Tls(stream) => stream.stream.as_fd(),
            Self::TlsUnix(stream) => stream.stream.as_fd(),
        }
    }
}
