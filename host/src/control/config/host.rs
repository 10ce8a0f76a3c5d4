//! `[host]`: how the process is operated. The flags of the same names win over it.

use crate::control::telemetry::LogFormat;
use serde::Deserialize;
use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
};

/// The keys of `[host]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct HostTable {
    /// The control socket's path.
    pub(crate) admin: Option<PathBuf>,
    pub(crate) workers: Option<NonZeroUsize>,
    pub(crate) max_instances: Option<NonZeroU32>,
    /// Where compiled plugins are kept.
    pub(crate) cache_dir: Option<PathBuf>,
    /// False: nowhere.
    pub(crate) cache: Option<bool>,
    /// Where plugins that fail leave core dumps.
    pub(crate) coredump: Option<PathBuf>,
    pub(crate) coredump_limit: Option<usize>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) log_level: Option<String>,
}

impl HostTable {
    /// Paths are meant as seen from the file's folder.
    pub(super) fn relate_to(&mut self, folder: &Path) {
        for path in [&mut self.admin, &mut self.cache_dir, &mut self.coredump].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }
}
