//! What bytes go over: a socket, plain or with TLS on it. Nothing here waits, except for connecting.

use super::tls::Tls;
use anyhow::{Context as _, Result};
use rustls::ClientConfig;
use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    sync::Arc,
};

/// Where a run reads to.
#[derive(Debug)]
pub(super) struct Buffers {
    /// As it came over TLS.
    pub(super) cipher: Vec<u8>,
    /// As it is compared; what `cipher` can hold fits, and what of an earlier record was still there.
    pub(super) plain: Vec<u8>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { cipher: vec![0; 64 << 10], plain: vec![0; 96 << 10] }
    }
}

#[derive(Debug)]
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<Tls>),
}

impl Wire {
    /// `source` is an address of our own to connect from, if not the system's choice.
    pub(super) fn connect(address: SocketAddr, source: Option<Ipv4Addr>, tls: Option<&Arc<ClientConfig>>) -> Result<Self> {
        let context = || format!("connecting to {address}");
        let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
        if let Some(source) = source {
            socket.bind(&SocketAddr::from((source, 0)).into()).with_context(|| format!("binding to {source}"))?;
        }
        socket.connect(&address.into()).with_context(context)?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(match tls {
            None => Self::Plain(stream),
            Some(config) => Self::Tls(Box::new(Tls::new(stream, config.clone(), address)?)),
        })
    }

    pub(super) fn stream(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(tls) => tls.stream(),
        }
    }

    /// Sends what it can of `bytes`; `WouldBlock` where that is nothing.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    /// Sends what is left of earlier writes, as far as that goes now.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Tls(tls) => tls.flush(),
        }
    }

    /// Whether something is left of earlier writes.
    pub(super) fn owes(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.owes(),
        }
    }

    /// What came, into `buffers.plain`: how many bytes, 0 at an orderly end. `WouldBlock` where nothing came.
    pub(super) fn read(&mut self, buffers: &mut Buffers) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(&mut buffers.plain),
            Self::Tls(tls) => tls.read(buffers),
        }
    }

    /// Ends our side.
    pub(super) fn end(&mut self) -> io::Result<()> {
        if let Self::Tls(tls) = self {
            tls.say_end()?;
        }
        self.stream().shutdown(Shutdown::Write)
    }

    /// Whether this connection paid for a handshake of its own, if it speaks TLS.
    pub(super) fn is_as_asked(&self) -> bool {
        match self {
            Self::Plain(_) => true,
            Self::Tls(tls) => tls.is_full(),
        }
    }
}
