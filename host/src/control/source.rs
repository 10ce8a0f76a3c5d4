//! Where a plugin comes from, so that a reload can go there again: a component's file, or a source folder that is
//! built first.

use super::build::{self, BuildOptions, CompilerOutput};
use crate::{Digest, Error, Plugin, Result};
use std::path::{Path, PathBuf};

/// A plugin's file or folder, and the settings that its `start` gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    path: PathBuf,
    settings: Vec<(String, String)>,
    /// What the component has to be.
    digest: Option<Digest>,
    /// Built without optimisation, if it is built.
    debug: bool,
}

impl Source {
    /// `path` is made absolute, so that it means the same whatever becomes of the working directory.
    pub(crate) fn new(path: &Path, settings: Vec<(String, String)>) -> Result<Self> {
        let path = std::path::absolute(path).map_err(|error| {
            Error::configuration(format!("cannot use {} as a plugin's path: {error}", path.display()))
                .hint("name a .wasm component or a plugin's source folder")
        })?;
        Ok(Self { path, settings, digest: None, debug: false })
    }

    /// The component has to have this digest.
    pub(crate) fn pinned(self, digest: Option<Digest>) -> Self {
        Self { digest, ..self }
    }

    /// Without optimisation, if it is a folder.
    pub(crate) fn debug(self, debug: bool) -> Self {
        Self { debug, ..self }
    }

    /// What to call a listener that wasn't given a name: the file's or the folder's.
    pub(crate) fn name(&self) -> String {
        // `.` and `..` have no name of their own.
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
        name.map_or_else(|| "plugin".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// Reads the component, after a build if this is a folder. Blocks, a build for long.
    pub(crate) fn load(&self, output: CompilerOutput) -> Result<Plugin> {
        let file = match std::fs::metadata(&self.path) {
            Ok(found) if found.is_dir() => build::build(&self.path, &BuildOptions { output, debug: self.debug, to: None })?.file,
            _ => self.path.clone(),
        };
        let plugin = Plugin::from_file(file)?.built_from(&self.path);
        let plugin = match self.digest {
            Some(digest) => plugin.pinned(digest)?,
            None => plugin,
        };
        Ok(self.settings.iter().fold(plugin, |plugin, (key, value)| plugin.config(key, value)))
    }

    /// The same as [`load`](Self::load), off the async threads.
    pub(crate) async fn load_async(&self, output: CompilerOutput) -> Result<Plugin> {
        let source = self.clone();
        let loading = tokio::task::spawn_blocking(move || source.load(output)).await;
        loading.map_err(|error| Error::host(format!("reading the plugin did not end properly: {error}")))?
    }

    /// The file or folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_listener_is_named_after_the_file_or_folder() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("kv.store");
        std::fs::create_dir(&inner).unwrap();
        let name = |path: &Path| Source::new(path, Vec::new()).unwrap().name();
        assert_eq!(name(&inner), "kv.store");
        assert_eq!(name(&inner.join("..").join("kv.store").join(".")), "kv.store");
        assert_eq!(name(Path::new("/srv/echo.wasm")), "echo");
        assert_eq!(name(Path::new("/")), "plugin");
        assert!(Source::new(Path::new(""), Vec::new()).is_err());
    }
}
