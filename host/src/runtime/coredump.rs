//! Core dumps of plugins: a file per fault, in a folder that the operator has named.

use super::generation::Generation;
use crate::guest::{GuestFault, Host as GuestHost, Instance};
use crate::pure::error::{Error, Result};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::NamedTempFile;

/// Files that the folder may hold unless the operator says otherwise.
pub(super) const LIMIT: usize = 16;
/// Dead instances that wait for their dump to be written: each keeps its memory until then.
const WAITING: usize = 2;
const ENDING: &str = "coredump";

/// The folder of core dumps.
#[derive(Debug)]
pub(super) struct CoreDumps {
    folder: PathBuf,
    limit: usize,
    waiting: AtomicUsize,
    /// Files in the folder when it was last looked at, and those promised since.
    held: AtomicUsize,
    made: AtomicU64,
}

impl CoreDumps {
    /// Makes the folder, for its owner alone: memory holds what peers have sent.
    ///
    /// # Errors
    /// When there can't be such a folder, or nothing can be written there.
    pub(super) fn open(folder: PathBuf, limit: usize) -> Result<Self> {
        let failed = |error: io::Error| {
            Error::configuration(format!("core dumps can't be kept in {}: {error}", folder.display()))
                .hint("name a folder that this user may write to")
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
        // Found out now rather than at the first fault.
        NamedTempFile::new_in(&folder).map_err(failed)?;
        let held = count(&folder).map_err(failed)?;
        Ok(Self { folder, limit, waiting: AtomicUsize::new(0), held: AtomicUsize::new(held), made: AtomicU64::new(0) })
    }

    /// The file for the dump of `instance`, which has failed; or why there is none. It is written when the instance is buried.
    pub(super) fn allot<H: GuestHost>(
        &self,
        instance: &mut Instance<H>,
        listener: &str,
        generation: &Generation,
        fault: &GuestFault,
    ) -> Result<PathBuf, &'static str> {
        if !instance.has_core() {
            return Err("none: no code of the plugin was running");
        }
        if self.held.load(Relaxed) >= self.limit {
            return Err("none: the folder holds as many as it may (coredump-limit)");
        }
        if self.waiting.load(Relaxed) >= WAITING {
            return Err("none: others are being written");
        }
        self.waiting.fetch_add(1, Relaxed);
        self.held.fetch_add(1, Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let name = format!(
            "{}.{}.{}.{now}-{}-{}.{ENDING}",
            plain(listener),
            generation.number,
            fault.handler,
            std::process::id(),
            self.made.fetch_add(1, Relaxed)
        );
        let file = self.folder.join(name);
        instance.keep_core(file.clone());
        Ok(file)
    }

    /// Writes what a dead instance has to leave. Off the workers.
    pub(super) fn bury<H: GuestHost>(&self, instance: &mut Instance<H>) {
        if instance.owes_core() {
            let _turn = Turn(&self.waiting);
            if let Some((file, bytes)) = instance.core_dump()
                && let Err(error) = write(&file, &bytes)
            {
                tracing::warn!("the core dump {} can't be written: {error}", file.display());
            }
        } else if self.held.load(Relaxed) < self.limit {
            return;
        }
        // Files may have been taken away meanwhile. Those promised are in `waiting`.
        if let Ok(held) = count(&self.folder) {
            self.held.store(held + self.waiting.load(Relaxed), Relaxed);
        }
    }
}

/// A dump's turn: over once it is written, can't be, or its making has panicked.
struct Turn<'a>(&'a AtomicUsize);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// Whole or not at all: who watches the folder never meets a half. Its owner's alone, as temporary files are.
fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut part = NamedTempFile::new_in(file.parent().unwrap_or(Path::new("")))?;
    part.write_all(bytes)?;
    part.persist_noclobber(file).map(drop).map_err(Into::into)
}

fn count(folder: &Path) -> io::Result<usize> {
    let is_dump = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|ending| ending == ENDING);
    Ok(fs::read_dir(folder)?.filter_map(io::Result::ok).filter(is_dump).count())
}

/// A listener's name as a file's may hold it.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_folder_of_its_owners_own_that_can_be_written() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("some/cores");
        let dumps = CoreDumps::open(folder.clone(), LIMIT).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!((fs::read_dir(&folder).unwrap().count(), dumps.held.load(Relaxed)), (0, 0));
        let file = place.path().join("a-file");
        fs::write(&file, "").unwrap();
        let error = CoreDumps::open(file, LIMIT).unwrap_err();
        assert!(error.message().contains("a-file"), "{error}");
    }

    /// Else the second panic would be the last dump.
    #[test]
    fn a_turn_ends_with_a_panic_too() {
        let waiting = AtomicUsize::new(1);
        let panicked = std::panic::catch_unwind(|| {
            let _turn = Turn(&waiting);
            panic!("inside a dump");
        });
        assert!(panicked.is_err() && waiting.into_inner() == 0);
    }

    #[test]
    fn names_stay_in_the_folder() {
        assert_eq!(plain("../a b.c"), "___a_b_c");
    }

    #[test]
    fn a_dump_is_written_once_and_for_its_owner() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("x.1.data.coredump");
        write(&file, b"dump").unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(count(place.path()).unwrap(), 1);
    }
}
