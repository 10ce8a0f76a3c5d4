//! The peer of a scenario: the same for Bun and for sockdock, whichever of the two connects.

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sockdock_tests::{Client, DEADLINE, reset_on_drop};
use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
};

/// One connection, plain or TLS.
pub(super) enum Peer {
    /// It connected, or was accepted by TCP.
    Plain(Client),
    /// It was accepted and speaks TLS.
    Server(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Peer {
    /// Waits for a connection; with a configuration, for its TLS handshake, too, which may fail.
    #[track_caller]
    pub(super) fn accept(listener: &TcpListener, tls: Option<&Arc<ServerConfig>>) -> Result<Self, String> {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        let Some(config) = tls else { return Ok(Self::Plain(Client::Tcp(stream))) };
        let mut connection = ServerConnection::new(config.clone()).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(|error| error.to_string())?;
        }
        Ok(Self::Server(Box::new(StreamOwned::new(connection, stream))))
    }

    #[track_caller]
    pub(super) fn send(&mut self, bytes: &str) {
        self.write_all(bytes.as_bytes()).expect("send");
        self.flush().expect("send");
    }

    #[track_caller]
    pub(super) fn expect(&mut self, bytes: &str) {
        let mut got = vec![0; bytes.len()];
        self.read_exact(&mut got).expect("receive");
        assert_eq!(String::from_utf8_lossy(&got), bytes);
    }

    /// How its input ends, and how many bytes come before that: `peer 3 end`, `peer 0 reset`.
    #[track_caller]
    pub(super) fn ending(&mut self) -> String {
        let (mut buffer, mut bytes) = (vec![0; 16 << 10], 0);
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return format!("peer {bytes} end"),
                Ok(n) => bytes += n,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return format!("peer {bytes} reset"),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return format!("peer {bytes} cut"),
                Err(error) => panic!("after {bytes} bytes: {error}"),
            }
        }
    }

    /// Sends a FIN, after TLS's own end.
    #[track_caller]
    pub(super) fn finish(&mut self) {
        match self {
            Self::Plain(client) => client.finish(),
            Self::Server(stream) => {
                stream.conn.send_close_notify();
                stream.flush().expect("close_notify");
                stream.sock.shutdown(Shutdown::Write).expect("shutdown");
            }
        }
    }

    /// Sends a bare FIN, without TLS's own end, and goes away.
    #[track_caller]
    pub(super) fn cut(self) {
        match self {
            Self::Plain(client) => drop(client),
            Self::Server(stream) => stream.sock.shutdown(Shutdown::Both).expect("shutdown"),
        }
    }

    pub(super) fn reset(self) {
        match &self {
            Self::Plain(client) => reset_on_drop(client),
            Self::Server(stream) => reset_on_drop(&stream.sock),
        }
    }
}

impl Read for Peer {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(client) => client.read(buffer),
            Self::Server(stream) => stream.read(buffer),
        }
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(client) => client.write(bytes),
            Self::Server(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(client) => client.flush(),
            Self::Server(stream) => stream.flush(),
        }
    }
}
