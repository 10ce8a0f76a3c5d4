//! Where to listen, as people write it.

use crate::pure::error::Error;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// An address to listen on: `HOST:PORT`, `[::1]:PORT`, `unix:/path`, `unix:@name` (an abstract name, without a file), or `fd:NAME`, a
/// socket that the service manager has opened.
///
/// ```
/// use sockdock::Bind;
/// assert_eq!("127.0.0.1:7000".parse::<Bind>()?, Bind::Tcp { host: "127.0.0.1".into(), port: 7000 });
/// assert_eq!("[::1]:0".parse::<Bind>()?, Bind::Tcp { host: "::1".into(), port: 0 });
/// assert_eq!("unix:/run/echo.sock".parse::<Bind>()?, Bind::Unix("/run/echo.sock".into()));
/// assert_eq!("fd:web".parse::<Bind>()?, Bind::Inherited("web".into()));
/// assert!("7000".parse::<Bind>().is_err());
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// A host name or IP address, and a port; 0 has the system choose one.
    Tcp {
        /// Without brackets.
        host: String,
        /// 0: any free one.
        port: u16,
    },
    /// The path of a unix socket; one that begins with a zero byte is an abstract name.
    Unix(PathBuf),
    /// A listening socket handed over at the start (systemd's socket activation): its name in LISTEN_FDNAMES, or its
    /// descriptor's number, from 3 on.
    Inherited(String),
}

/// Whether a unix socket has an abstract name in place of a file.
pub(super) fn is_abstract(path: &Path) -> bool {
    path.as_os_str().as_bytes().first() == Some(&0)
}

/// A unix socket's path as people write it: `/path` or `@name`.
pub(super) fn shown_path(path: &Path) -> String {
    let shown = path.display().to_string();
    if is_abstract(path) { shown.replacen('\0', "@", 1) } else { shown }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", shown_path(path)),
            Self::Inherited(name) => write!(f, "fd:{name}"),
        }
    }
}

impl FromStr for Bind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |why: &str| {
            Error::configuration(format!("address '{text}': {why}")).hint(
                "write HOST:PORT, [IPV6]:PORT, unix:/path, unix:@name or fd:NAME, as 127.0.0.1:7000, [::1]:7000, unix:/run/echo.sock, unix:@echo, fd:3",
            )
        };
        if let Some(path) = text.strip_prefix("unix:") {
            // sun_path holds 108 bytes, the closing zero among them.
            return match path.len() {
                0 => Err(bad("the path is empty")),
                _ if path == "@" => Err(bad("the abstract name is empty")),
                1..=108 if path.starts_with('@') && !path.contains('\0') => Ok(Self::Unix(path.replacen('@', "\0", 1).into())),
                1..=107 if !path.contains('\0') => Ok(Self::Unix(path.into())),
                _ => Err(bad("a unix socket's path has at most 107 bytes and no zero byte")),
            };
        }
        if let Some(name) = text.strip_prefix("fd:") {
            let fits = !name.is_empty() && !name.contains(|c: char| c == ':' || c.is_whitespace() || c.is_control());
            return if fits {
                Ok(Self::Inherited(name.to_owned()))
            } else {
                Err(bad("a descriptor's number or name is missing"))
            };
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => rest.split_once("]:").ok_or_else(|| bad("an IPv6 address in brackets needs a port after it"))?,
            None => text.rsplit_once(':').ok_or_else(|| bad("the port is missing"))?,
        };
        if host.is_empty() {
            return Err(bad("the host is missing (0.0.0.0 or [::] mean every interface)"));
        }
        if text.starts_with('[') && host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(bad("what stands in brackets isn't an IPv6 address"));
        }
        if !text.starts_with('[') && host.contains(':') {
            return Err(bad("an IPv6 address needs brackets"));
        }
        let port = port.parse().map_err(|_| bad("the port isn't a number from 0 to 65535"))?;
        Ok(Self::Tcp { host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_what_is_shown() {
        for text in ["127.0.0.1:7000", "[::1]:0", "localhost:80", "unix:/tmp/x.sock", "unix:@x", "fd:3", "fd:web.socket"] {
            assert_eq!(text.parse::<Bind>().map(|bind| bind.to_string()).ok().as_deref(), Some(text));
        }
    }

    #[test]
    fn bad_addresses_say_what_is_wrong() {
        for (text, word) in [
            ("7000", "port is missing"),
            ("::1:7000", "needs brackets"),
            ("[::1]", "needs a port"),
            ("[x]:1", "isn't an IPv6"),
            (":7000", "host is missing"),
            ("h:65536", "0 to 65535"),
            ("unix:", "empty"),
            ("unix:@", "empty"),
            ("fd:", "is missing"),
        ] {
            let message = text.parse::<Bind>().expect_err(text).to_string();
            assert!(message.contains(word) && message.contains(text), "{message}");
        }
    }
}
