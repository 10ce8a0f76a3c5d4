//! Reading a PROXY header off a fresh connection, and not a byte beyond it: what follows is TLS, or data.

use super::stream::Transport;
use crate::pure::proxy_protocol::{Announced, Header, Progress};
use rustix::net::{RecvFlags, recv};
use std::io;
use tokio::io::Interest;

/// More than any balancer sends; longer ones take several looks.
const LOOK: usize = 1024;

/// Whom the balancer announces; none where it speaks for itself.
///
/// # Errors
/// When the connection fails, ends, or begins with anything else. Nobody bounds the time: the caller does.
pub async fn read_announcement(transport: &Transport) -> io::Result<Option<Announced>> {
    let mut header = Header::default();
    let mut buffer = [0; LOOK];
    loop {
        let seen = receive(transport, &mut buffer, RecvFlags::PEEK).await?;
        if seen == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended within its PROXY header"));
        }
        let bytes = buffer.get(..seen).unwrap_or_default();
        let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidData, format!("no PROXY header: {why}"));
        let (length, announced) = match header.advance(bytes).map_err(wrong)? {
            Progress::More => (seen, None),
            Progress::Done(length, announced) => (length, Some(announced)),
        };
        // They are there: this takes them at once.
        let taken = buffer.get_mut(..length).unwrap_or_default();
        let got = receive(transport, taken, RecvFlags::empty()).await?;
        if got != length {
            return Err(io::Error::other("the kernel took bytes back that it had shown"));
        }
        if let Some(announced) = announced {
            return Ok(announced);
        }
    }
}

async fn receive(transport: &Transport, buffer: &mut [u8], flags: RecvFlags) -> io::Result<usize> {
    let mut once = || Ok(recv(transport, &mut *buffer, flags).map(|(got, _)| got)?);
    match transport {
        Transport::Tcp(tcp) => tcp.async_io(Interest::READABLE, &mut once).await,
        Transport::Unix(unix) => unix.async_io(Interest::READABLE, &mut once).await,
    }
}
