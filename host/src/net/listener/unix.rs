//! Unix sockets: the file that a path needs, whose it is, and what may be in its place.

use super::{SocketOptions, backlog, refused};
use crate::net::address::{Bind, is_abstract};
use crate::pure::error::{Error, Result};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fmt;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, lchown};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::str::FromStr;

/// Whose the file of a unix socket is: `USER`, `USER:GROUP` or `:GROUP`, each by name or number.
///
/// ```
/// use sockdock::Owner;
/// assert_eq!("0:0".parse::<Owner>()?, Owner { user: Some(0), group: Some(0) });
/// assert_eq!(":0".parse::<Owner>()?, Owner { user: None, group: Some(0) });
/// assert!("nobody-of-that-name".parse::<Owner>().is_err());
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its user's number; the process's own unless given.
    pub user: Option<u32>,
    /// Its group's number; the process's own unless given.
    pub group: Option<u32>,
}

impl FromStr for Owner {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let nobody = |what: &str, name: &str| {
            Error::configuration(format!("owner '{text}': this machine has no {what} '{name}'"))
                .hint("write USER, USER:GROUP or :GROUP, each by its name (see: getent passwd, getent group) or its number")
        };
        let (user, group) = text.split_once(':').unwrap_or((text, ""));
        if user.is_empty() && group.is_empty() {
            return Err(nobody("user", ""));
        }
        let number = |name: &str, look_up: fn(&str) -> Option<u32>, what: &str| match name {
            "" => Ok(None),
            name => name.parse().ok().or_else(|| look_up(name)).map(Some).ok_or_else(|| nobody(what, name)),
        };
        Ok(Self {
            user: number(user, |name| Some(uzers::get_user_by_name(name)?.uid()), "user")?,
            group: number(group, |name| Some(uzers::get_group_by_name(name)?.gid()), "group")?,
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = self.user {
            write!(f, "{user}")?;
        }
        self.group.map_or(Ok(()), |group| write!(f, ":{group}"))
    }
}

/// Listens on a path, or on an abstract name. Answers the file's device and inode, if there is a file.
pub(super) fn listen(bind: &Bind, path: &Path, options: &SocketOptions) -> Result<(Socket, Option<(u64, u64)>)> {
    if is_abstract(path) {
        let socket = bound(path).and_then(|socket| socket.listen(backlog(options)).map(|()| socket));
        return Ok((socket.map_err(|error| refused(bind, &error))?, None));
    }
    remove_stale(bind, path)?;
    let socket = bound(path).map_err(|error| refused(bind, &error))?;
    // Before anybody can connect.
    if let Err(error) =
        hand_over(bind, path, options).and_then(|()| socket.listen(backlog(options)).map_err(|error| refused(bind, &error)))
    {
        let _ = std::fs::remove_file(path);
        return Err(error);
    }
    Ok((socket, std::fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()))))
}

fn bound(path: &Path) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    Ok(socket)
}

/// Gives the file its owner and permissions.
fn hand_over(bind: &Bind, path: &Path, options: &SocketOptions) -> Result<()> {
    if let Some(owner) = options.unix_owner {
        lchown(path, owner.user, owner.group).map_err(|error| {
            Error::configuration(format!("can't listen on {bind}: its file can't be given to {owner}: {error}"))
                .hint("only root may give a file to another user, and only to groups of its own may anybody else (unix-owner)")
        })?;
    }
    match options.unix_mode {
        Some(mode) => std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(|error| refused(bind, &error)),
        None => Ok(()),
    }
}

/// Removes the socket file of a process that is gone. Anything else there stays, and is an error.
fn remove_stale(bind: &Bind, path: &Path) -> Result<()> {
    let Ok(file) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !file.file_type().is_socket() {
        return Err(Error::configuration(format!("can't listen on {bind}: a file that isn't a socket is there"))
            .hint("choose another path, or move the file away"));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(|error| refused(bind, &error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        _ => Err(refused(bind, &io::ErrorKind::AddrInUse.into())),
    }
}
