//! `sockdock.toml`: all listeners of a host and how it is operated, in one file that can be read again.
//!
//! | module | what |
//! |---|---|
//! | `complaint` | what is wrong in the file: line, column, the key that was meant |
//! | `host` | the keys outside of any listener |
//! | `listener` | `[[listener]]` |
//! | `reload` | `[listener.reload]` |
//! | `tls` | `[listener.tls]`, `[listener.credentials]` |
//! | `value` | values in the forms that the flags know, and lists that may be one value |

mod complaint;
mod host;
mod listener;
mod reload;
mod tls;
mod value;

pub(crate) use self::host::HostTable;
pub(crate) use self::listener::ListenerConfig;
pub(crate) use self::value::written;

use self::complaint::Complaint;
use self::listener::ListenerTable;
use crate::{Error, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A configuration file, read and checked as far as it can be without the files that it names.
#[derive(Debug)]
pub(crate) struct Config {
    path: PathBuf,
    pub(crate) host: HostTable,
    /// In the order of the file.
    pub(crate) listeners: Vec<ListenerConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    host: HostTable,
    #[serde(default)]
    listener: Vec<Spanned<ListenerTable>>,
}

impl Config {
    /// # Errors
    /// What is wrong, in which line, and what to do.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let unreadable = |error: std::io::Error| {
            Error::configuration(format!("cannot read the configuration {}: {error}", path.display()))
                .hint("name a file such as sockdock.toml; docs/configuration.md has its keys")
        };
        let path = std::path::absolute(path).map_err(unreadable)?;
        let text = std::fs::read_to_string(&path).map_err(unreadable)?;
        Self::parse(&path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        let complaint = Complaint { path, text };
        let file: File = toml::from_str(text).map_err(|error| complaint.of(&error))?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let mut host = file.host;
        host.relate_to(folder);
        let mut listeners: Vec<ListenerConfig> = Vec::new();
        for table in file.listener {
            let place = table.span();
            let listener = ListenerConfig::new(table.into_inner(), folder).map_err(|error| complaint.at(&place, &error))?;
            if listeners.iter().any(|other| other.name() == listener.name()) {
                let error = Error::configuration(format!("there is a listener '{}' above already", listener.name()));
                return Err(complaint.at(&place, &error.hint("give each a name of its own: name = \"…\"")));
            }
            listeners.push(listener);
        }
        if listeners.is_empty() {
            let error = Error::configuration(format!("{}: there is no listener in it", path.display()));
            return Err(error.hint("add [[listener]] with address = \"127.0.0.1:7000\" and plugin = \"echo.wasm\" below it"));
        }
        Ok(Self { path: path.to_owned(), host, listeners })
    }

    /// Where it was read.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests;
