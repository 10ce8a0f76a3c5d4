//! TLS for the load: rustls without a runtime. The certificate is verified.

use super::wire::Buffers;
use anyhow::Result;
use rustls::{ClientConfig, ClientConnection, HandshakeKind};
use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

#[derive(Debug)]
pub(super) struct Tls {
    stream: TcpStream,
    session: ClientConnection,
    /// The server has said that it has no more to say.
    ended: bool,
}

impl Tls {
    pub(super) fn new(stream: TcpStream, config: Arc<ClientConfig>, address: SocketAddr) -> Result<Self> {
        Ok(Self { stream, session: ClientConnection::new(config, address.ip().into())?, ended: false })
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Whether the handshake was a full one, and without a second round of messages.
    pub(super) fn is_full(&self) -> bool {
        self.session.handshake_kind() == Some(HandshakeKind::Full)
    }

    /// What is written before the handshake is done waits for it.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.session.writer().write(bytes)?;
        self.flush()?;
        if n == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(n) }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.stream) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(super) fn owes(&self) -> bool {
        self.session.wants_write()
    }

    pub(super) fn read(&mut self, buffers: &mut Buffers) -> io::Result<usize> {
        loop {
            let n = match self.stream.read(&mut buffers.cipher) {
                // Anyone could have cut the connection, unless the server has said that this is the end.
                Ok(0) if !self.ended => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(0) => return Ok(0),
                Ok(n) => n,
                Err(error) => return Err(error),
            };
            let got = self.take(&buffers.cipher[..n], &mut buffers.plain)?;
            self.flush()?;
            if got > 0 {
                return Ok(got);
            }
        }
    }

    fn take(&mut self, mut came: &[u8], plain: &mut [u8]) -> io::Result<usize> {
        let mut got = 0;
        while !came.is_empty() && !self.ended {
            self.session.read_tls(&mut came)?;
            let state = self.session.process_new_packets().map_err(io::Error::other)?;
            if state.plaintext_bytes_to_read() > 0 {
                got += self.session.reader().read(&mut plain[got..])?;
            }
            self.ended = state.peer_has_closed();
        }
        Ok(got)
    }

    /// Says that nothing more will come.
    pub(super) fn say_end(&mut self) -> io::Result<()> {
        self.session.send_close_notify();
        self.flush()
    }
}
