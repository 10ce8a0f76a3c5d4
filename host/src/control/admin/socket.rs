//! The admin socket: claimed without a moment in which others could use it or two hosts could have it; its listener
//! turns away other users.

use super::{Client, path};
use crate::{Error, Result};
use rustix::fs::{FlockOperation, Mode};
use socket2::{Domain, SockAddr, Socket, Type};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::net::{UnixListener, UnixStream};

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 64;

/// After an accept that failed (no descriptors left, mostly): the next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A socket that is ours; its file goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    listener: UnixListener,
    file: SocketFile,
}

impl Claim {
    /// Makes the socket at `path`. A dead one that is there already is replaced; a live one is an error that names it.
    pub(crate) async fn take(path: &Path) -> Result<Self> {
        path::prepare_folder(path)?;
        let lock = Lock::take(path)?;
        clear(path).await?;
        let (listener, file) = bind(path).map_err(|error| {
            Error::host(format!("cannot make the admin socket {}: {error}", path.display()))
                .hint("give another place with --admin PATH")
        })?;
        drop(lock);
        Ok(Self { listener, file })
    }

    /// The listener, and what removes the file.
    pub(super) fn into_parts(self) -> (OwnersOnly, SocketFile) {
        (OwnersOnly(self.listener), self.file)
    }
}

fn bind(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // On Linux the file gets the mode that its socket has at this moment: it is never open to others, not even
    // between `bind` and a `chmod`, and no process-wide umask is touched.
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let found = fs::symlink_metadata(path)?;
    let file = SocketFile { path: path.to_owned(), identity: (found.dev(), found.ino()) };
    if found.mode() & 0o077 != 0 {
        return Err(io::Error::other("this file system doesn't keep it from other users"));
    }
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok((UnixListener::from_std(std::os::unix::net::UnixListener::from(socket))?, file))
}

/// Removes a dead socket at `path`.
async fn clear(path: &Path) -> Result<()> {
    let cannot = |error: io::Error| Error::host(format!("cannot use {} as the admin socket: {error}", path.display()));
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(cannot)?,
    };
    let elsewhere = "give this one another place with --admin PATH";
    if !found.file_type().is_socket() {
        return Err(Error::configuration(format!("{} exists and is not a socket", path.display())).hint(elsewhere));
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(cannot),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(cannot(error).hint(elsewhere)),
        // It is alive: connected, or too busy to let us in.
        _ => {
            let who = match Client::new(path).status().await {
                Ok(status) => format!("another sockdock (pid {}, {})", status.pid, names(&status)),
                Err(_) => "another program".to_owned(),
            };
            Err(Error::configuration(format!("{who} answers on the admin socket {}", path.display())).hint(elsewhere))
        }
    }
}

fn names(status: &crate::HostStatus) -> String {
    let names: Vec<&str> = status.listeners.iter().map(|listener| listener.name.as_str()).collect();
    if names.is_empty() { "no listener yet".into() } else { format!("serving {}", names.join(", ")) }
}

/// Held while a socket is claimed, so that two hosts that start at once don't both find the place free.
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    fn take(socket: &Path) -> Result<Self> {
        let mut path = socket.to_owned().into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        let cannot = |error: io::Error| {
            Error::host(format!("cannot make {}, the lock of the admin socket: {error}", path.display()))
                .hint("give another place with --admin PATH")
        };
        loop {
            let flags = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .custom_flags(flags)
                .open(&path)
                .map_err(cannot)?;
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(Error::configuration(format!(
                        "another sockdock is just starting on the admin socket {}",
                        socket.display()
                    ))
                    .hint("give this one another place with --admin PATH"));
                }
                locked => locked.map_err(|error| cannot(error.into()))?,
            }
            // The last holder may have removed the file between our `open` and our lock: then it locks nothing.
            let ours = file.metadata().map_err(cannot)?;
            match fs::symlink_metadata(&path) {
                Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => return Ok(Self { path, _file: file }),
                _ => {}
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// A socket's file; removed on drop, if it still is the one that was made.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Accepts connections of our own user and of root; others are closed at once.
#[derive(Debug)]
pub(super) struct OwnersOnly(UnixListener);

impl OwnersOnly {
    /// The next connection. Nothing is lost if this is dropped half-way.
    pub(super) async fn accept(&self) -> UnixStream {
        loop {
            match self.0.accept().await {
                Ok((stream, _)) => match stream.peer_cred() {
                    Ok(peer) if may_command(peer.uid(), path::our_uid()) => return stream,
                    Ok(peer) => tracing::warn!(uid = peer.uid(), "a user who may not use the admin socket was turned away"),
                    Err(error) => tracing::warn!(%error, "a client of the admin socket was turned away: its user is unknown"),
                },
                Err(error) => {
                    tracing::warn!(%error, "the admin socket cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

fn may_command(peer: u32, ours: u32) -> bool {
    peer == ours || peer == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn the_socket_is_its_owners_alone_and_goes_with_its_claim() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        let claim = Claim::take(&path).await.unwrap();
        let found = fs::symlink_metadata(&path).unwrap();
        assert!(found.file_type().is_socket());
        assert_eq!(found.mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the lock was left behind");
        drop(claim);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_dead_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let claim = Claim::take(&path).await.unwrap();
        assert!(UnixStream::connect(&path).await.is_ok());
        drop(claim);
    }

    #[tokio::test]
    async fn a_live_socket_and_a_file_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "precious").unwrap();
        let error = Claim::take(&file).await.unwrap_err();
        assert!(error.message().ends_with("exists and is not a socket"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "precious");

        let path = folder.path().join("a.sock");
        let other = UnixListener::bind(&path).unwrap();
        let answer_nothing = tokio::spawn(async move {
            while let Ok((stream, _)) = other.accept().await {
                drop(stream);
            }
        });
        let error = Claim::take(&path).await.unwrap_err();
        assert!(error.message().starts_with("another program answers on the admin socket"), "{error}");
        assert!(UnixStream::connect(&path).await.is_ok());
        answer_nothing.abort();
    }

    #[tokio::test]
    async fn two_that_start_at_once_do_not_both_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        let lock = Lock::take(&path).unwrap();
        let error = Claim::take(&path).await.unwrap_err();
        assert!(error.message().starts_with("another sockdock is just starting"), "{error}");
        drop(lock);
        Claim::take(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_no_longer_ours_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        let claim = Claim::take(&path).await.unwrap();
        fs::rename(&path, folder.path().join("b.sock")).unwrap();
        fs::write(&path, "somebody else's").unwrap();
        drop(claim);
        assert!(path.exists());
    }

    #[tokio::test]
    async fn a_path_too_long_for_a_socket_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = Claim::take(&folder.path().join("x".repeat(120))).await.unwrap_err();
        assert!(error.message().starts_with("cannot make the admin socket"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn who_may_command() {
        assert!(may_command(1000, 1000));
        assert!(may_command(0, 1000));
        assert!(!may_command(1001, 1000));
        assert!(!may_command(1000, 0));
    }
}
