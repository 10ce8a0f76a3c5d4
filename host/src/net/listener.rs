//! Listening sockets.

mod closing;
mod unix;

pub use self::unix::Owner;

use super::address::{Bind, shown_path};
use super::inherited;
use crate::pure::error::{Error, Result};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Enough for a burst of connections between two turns of the accept loop.
const BACKLOG: i32 = 4096;

/// How to listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketOptions {
    /// Connections that the kernel may hold for us; 4,096 unless given. It takes less where `net.core.somaxconn` says so.
    pub backlog: Option<u32>,
    /// Permissions of a unix socket's file, as `0o660`; those that the umask leaves unless given.
    pub unix_mode: Option<u32>,
    /// Whose a unix socket's file is; the process's own unless given.
    pub unix_owner: Option<Owner>,
    /// Whether `[::]` takes IPv6 alone; the system's setting (`net.ipv6.bindv6only`) unless given.
    pub ipv6_only: Option<bool>,
    /// Whether other processes may listen on the same port (SO_REUSEPORT), each getting a share of the connections. Handshakes
    /// that are under way when one of them stops are lost.
    pub reuse_port: bool,
}

/// A listening socket. A unix socket's file goes with it.
#[derive(Debug)]
pub struct Bound {
    socket: Socket,
    place: Place,
    /// Another process goes on listening on it.
    shared: bool,
}

#[derive(Clone, Debug)]
enum Place {
    Tcp(SocketAddr),
    Unix { path: PathBuf, inode: Option<(u64, u64)> },
}

impl Bound {
    /// Binds and listens. May look a name up: not on a worker.
    ///
    /// # Errors
    /// When the address is in use, isn't this machine's, or isn't allowed.
    pub fn new(bind: &Bind, options: &SocketOptions) -> Result<Self> {
        match bind {
            Bind::Tcp { host, port } => Self::tcp(bind, host, *port, options),
            Bind::Unix(path) => Self::unix(bind, path, options),
            Bind::Inherited(name) => Self::inherited(bind, name),
        }
    }

    fn inherited(bind: &Bind, name: &str) -> Result<Self> {
        let socket = inherited::take(bind, name)?;
        let place = match socket.local_addr().map(|local| (local.as_socket(), local.as_pathname().map(Path::to_owned))) {
            Ok((Some(address), _)) => Place::Tcp(address),
            // Its file is the service manager's.
            Ok((None, path)) => Place::Unix { path: path.unwrap_or_default(), inode: None },
            Err(error) => return Err(refused(bind, &error)),
        };
        Ok(Self { socket, place, shared: true })
    }

    fn tcp(bind: &Bind, host: &str, port: u16, options: &SocketOptions) -> Result<Self> {
        let addresses = (host, port).to_socket_addrs().map_err(|error| {
            Error::configuration(format!("can't listen on {bind}: the name '{host}' has no address: {error}"))
                .hint("give an IP address of this machine, as 127.0.0.1 or 0.0.0.0, or a name that it can resolve")
        })?;
        let mut last = None;
        for address in addresses {
            match listen_tcp(address, options) {
                Ok(socket) => {
                    let local = socket.local_addr().ok().and_then(|local| local.as_socket()).unwrap_or(address);
                    return Ok(Self { socket, place: Place::Tcp(local), shared: false });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(refused(bind, &last.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())))
    }

    fn unix(bind: &Bind, path: &Path, options: &SocketOptions) -> Result<Self> {
        let (socket, inode) = unix::listen(bind, path, options)?;
        Ok(Self { socket, place: Place::Unix { path: path.to_owned(), inode }, shared: false })
    }

    /// Has newcomers go elsewhere while those that the kernel has queued are accepted. A socket of the service manager stays as it is: the
    /// next process serves whom this one leaves.
    pub(super) fn turn_away(&self) {
        self.remove_file();
        if !self.shared {
            closing::turn_away(&self.socket, self.is_unix());
        }
    }

    /// Ends listening, whoever else still has the descriptor.
    pub(super) fn shut(&self) {
        if !self.shared {
            closing::shut(&self.socket);
        }
    }

    /// The TCP address, its port the one that the system chose.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match &self.place {
            Place::Tcp(address) => Some(*address),
            Place::Unix { .. } => None,
        }
    }

    /// Whether it is a unix socket.
    pub fn is_unix(&self) -> bool {
        matches!(self.place, Place::Unix { .. })
    }

    /// As `tcp://127.0.0.1:7000`, `tls://…`, `unix:/path`, `tls+unix:/path`.
    pub fn url(&self, tls: bool) -> String {
        match (&self.place, tls) {
            (Place::Tcp(address), false) => format!("tcp://{address}"),
            (Place::Tcp(address), true) => format!("tls://{address}"),
            (Place::Unix { path, .. }, false) => format!("unix:{}", shown_path(path)),
            (Place::Unix { path, .. }, true) => format!("tls+unix:{}", shown_path(path)),
        }
    }

    fn remove_file(&self) {
        let Place::Unix { path, inode } = &self.place else { return };
        // Not a file that somebody has put there since.
        let there = std::fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()));
        if inode.is_some() && there == *inode {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl AsFd for Bound {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        self.remove_file();
    }
}

fn listen_tcp(address: SocketAddr, options: &SocketOptions) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    // A restart must not wait for old connections' TIME_WAIT; a listener that is still there is an error all the same.
    socket.set_reuse_address(true)?;
    if options.reuse_port {
        socket.set_reuse_port(true)?;
    }
    if let (Some(only), true) = (options.ipv6_only, address.is_ipv6()) {
        socket.set_only_v6(only)?;
    }
    socket.bind(&SockAddr::from(address))?;
    socket.listen(backlog(options))?;
    Ok(socket)
}

fn backlog(options: &SocketOptions) -> i32 {
    options.backlog.map_or(BACKLOG, |backlog| i32::try_from(backlog).unwrap_or(i32::MAX))
}

fn refused(bind: &Bind, error: &io::Error) -> Error {
    let (why, hint) = match error.kind() {
        io::ErrorKind::AddrInUse => {
            ("the address is in use", "another process listens there (see: ss -ltnp, ss -lxp); stop it or choose another address")
        }
        io::ErrorKind::AddrNotAvailable => {
            ("no interface of this machine has the address", "use an address of this machine, 0.0.0.0 or [::]")
        }
        io::ErrorKind::PermissionDenied => {
            ("permission denied", "ports below 1024 need CAP_NET_BIND_SERVICE; a unix socket needs write access to its folder")
        }
        io::ErrorKind::NotFound => ("the folder doesn't exist", "create the folder first"),
        _ => return Error::configuration(format!("can't listen on {bind}: {error}")),
    };
    Error::configuration(format!("can't listen on {bind}: {why}")).hint(hint)
}
