//! A plugin as an embedder names it: a component's bytes and its configuration.

use crate::guest::Digest;
use crate::pure::error::{Error, Result};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A component's bytes, where they came from, and what `lifecycle.start` will be told. Nothing is compiled until it is used.
///
/// ```no_run
/// let plugin = sockdock::Plugin::from_file("echo.wasm")?.config("greeting", "hello");
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone)]
pub struct Plugin {
    name: Arc<str>,
    path: Option<PathBuf>,
    /// What its file was built from, where that is a folder.
    source: Option<PathBuf>,
    bytes: Arc<[u8]>,
    config: Vec<(String, String)>,
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin").field("name", &self.name).field("path", &self.path).field("bytes", &self.bytes.len()).finish()
    }
}

impl Plugin {
    /// Reads a component; its name is the file's, without the ending.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| {
            let error = Error::configuration(format!("plugin file {}: {error}", path.display()));
            error.hint("give the path of a .wasm component; `sockdock build` makes one from a source folder")
        })?;
        let name = path.file_stem().map_or("plugin".into(), |stem| stem.to_string_lossy());
        Ok(Self {
            name: name.as_ref().into(),
            path: Some(path.to_owned()),
            source: None,
            bytes: bytes.into(),
            config: Vec::new(),
        })
    }

    /// A component that is in memory already.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into().into(), path: None, source: None, bytes: bytes.into().into(), config: Vec::new() }
    }

    /// Adds a pair to what `lifecycle.start` is told, in the order of the calls.
    #[must_use]
    pub fn config(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.push((key.into(), value.into()));
        self
    }

    /// The pairs added by [`Plugin::config`].
    pub fn configuration(&self) -> &[(String, String)] {
        &self.config
    }

    /// Its name; a listener that isn't given one takes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that it was read from.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Refuses it unless this is its digest.
    ///
    /// # Errors
    /// When it is another.
    pub fn pinned(self, digest: Digest) -> Result<Self> {
        let own = Digest::of(&self.bytes);
        if own == digest {
            return Ok(self);
        }
        let shown = self.path.as_ref().map_or_else(|| self.name.to_string(), |path| path.display().to_string());
        Err(Error::configuration(format!("plugin {shown} has the digest sha256:{own}, and sha256:{digest} was asked for"))
            .hint("it isn't the build that was meant: fetch that one, or ask for this one"))
    }

    /// Says what its file was built from, for a reload that builds it again.
    #[must_use]
    pub(crate) fn built_from(mut self, source: impl Into<PathBuf>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The folder or file that it came from.
    pub(crate) fn source(&self) -> Option<&Path> {
        self.source.as_deref().or(self.path())
    }

    /// The component.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
