//! Listening sockets that the process was started with: systemd's socket activation (LISTEN_FDS, LISTEN_FDNAMES).

use super::address::Bind;
use crate::pure::error::{Error, Result};
use listenfd::ListenFd;
use socket2::Socket;
use std::sync::{LazyLock, Mutex, PoisonError};

/// The number of the first one.
const FIRST: usize = 3;

struct Inherited {
    sockets: ListenFd,
    /// By place; fewer than there are sockets where they have no names.
    names: Vec<String>,
}

static INHERITED: LazyLock<Mutex<Inherited>> = LazyLock::new(|| {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let names = names.split(':').map(str::to_owned).collect();
    Mutex::new(Inherited { sockets: ListenFd::from_env(), names })
});

/// The socket called `name`, or of that number; each can be taken once.
///
/// # Errors
/// When there is none, it was taken, or it isn't a TCP or unix stream socket.
pub(super) fn take(bind: &Bind, name: &str) -> Result<Socket> {
    let mut inherited = INHERITED.lock().unwrap_or_else(PoisonError::into_inner);
    let count = inherited.sockets.len();
    let by_number = name.parse::<usize>().ok().and_then(|number| number.checked_sub(FIRST));
    let place = inherited.names.iter().position(|known| known == name).or(by_number).filter(|place| *place < count);
    let refused = |why: String| {
        Error::configuration(format!("can't listen on {bind}: {why}"))
            .hint("start it by a service manager that opens sockets (systemd: a .socket unit), and name one of them, or its number from 3 on")
    };
    let Some(place) = place else {
        let names: Vec<&str> = inherited.names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        let named = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        return Err(refused(format!("the process was handed {count} sockets{named}, and this isn't one")));
    };
    let taken = match inherited.sockets.take_tcp_listener(place) {
        Ok(listener) => Ok(listener.map(Socket::from)),
        Err(_) => inherited.sockets.take_unix_listener(place).map(|listener| listener.map(Socket::from)),
    };
    let socket = taken.map_err(|error| refused(error.to_string()))?.ok_or_else(|| refused("it is in use already".to_owned()))?;
    if !socket.is_listener().unwrap_or(true) {
        return Err(refused("it doesn't listen".to_owned()));
    }
    socket.set_nonblocking(true).map_err(|error| refused(error.to_string()))?;
    Ok(socket)
}
