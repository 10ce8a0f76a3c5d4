//! TLS over any stream, reading and writing independently: unlike rustls' own `Stream`, a write that
//! is blocked doesn't keep it from reading.

use rustls::{ClientConfig, ClientConnection, pki_types::ServerName};
use std::{
    io::{self, ErrorKind, Read, Write},
    sync::Arc,
};

/// A client's side of a TLS connection.
#[derive(Debug)]
pub struct Secure<S> {
    connection: ClientConnection,
    /// What carries it.
    pub stream: S,
}

impl<S: Read + Write> Secure<S> {
    /// Completes the handshake for `localhost` over a connected stream.
    pub fn handshake(stream: S, config: Arc<ClientConfig>) -> io::Result<Self> {
        Self::handshake_with("localhost", stream, config)
    }

    /// Completes the handshake, asking for `name`.
    pub fn handshake_with(name: &str, mut stream: S, config: Arc<ClientConfig>) -> io::Result<Self> {
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Self { connection, stream })
    }

    /// The subject of the peer's certificate and so on.
    pub fn connection(&self) -> &ClientConnection {
        &self.connection
    }

    /// Says that nothing more will be sent.
    pub fn close_notify(&mut self) -> io::Result<()> {
        self.connection.send_close_notify();
        self.flush()
    }
}

impl<S: Read + Write> Read for Secure<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.connection.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
            if self.connection.wants_write() {
                match self.flush() {
                    Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                    _ => {}
                }
            }
            self.connection.read_tls(&mut self.stream)?;
            self.connection.process_new_packets().map_err(io::Error::other)?;
        }
    }
}

impl<S: Read + Write> Write for Secure<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.connection.writer().write(bytes)?;
        match self.flush() {
            Err(error) if error.kind() == ErrorKind::WouldBlock && taken > 0 => Ok(taken),
            Err(error) => Err(error),
            Ok(()) => Ok(taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(&mut self.stream)?;
        }
        self.stream.flush()
    }
}
