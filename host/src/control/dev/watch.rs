//! Waits until the sources of a project have changed.

use crate::{
    Error, Result,
    control::sources::{Sources, is_left_out},
};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{sync::Notify, time::timeout};

/// For this long nothing has to happen until a change counts as whole: an editor writes a file in several steps, and a
/// version control many files.
const QUIET: Duration = Duration::from_millis(40);

/// What changes all the time is looked at after this many quiet times without one.
const RESTLESS: u32 = 25;

/// The folders of a project, watched one by one: what is left out of them isn't, such as a compiler's thousands of files.
pub(crate) struct Watch {
    roots: Vec<PathBuf>,
    watcher: RecommendedWatcher,
    news: Arc<Notify>,
    /// As they were when they were last looked at.
    seen: Vec<Sources>,
}

impl Watch {
    /// Watches these folders from now on.
    pub(crate) fn start(roots: Vec<PathBuf>) -> Result<Self> {
        let news = Arc::new(Notify::new());
        let teller = Arc::clone(&news);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if is_news(&event) {
                teller.notify_one();
            }
        });
        let watcher = watcher.map_err(|error| trouble(&error))?;
        let mut watch = Self { roots, watcher, news, seen: Vec::new() };
        watch.seen = watch.look()?;
        Ok(watch)
    }

    /// Waits until sources are others than they were when this last returned, or when it all began.
    pub(crate) async fn changed(&mut self) -> Result<()> {
        loop {
            self.news.notified().await;
            for _ in 0..RESTLESS {
                if timeout(QUIET, self.news.notified()).await.is_err() {
                    break;
                }
            }
            let now = self.look()?;
            if now != self.seen {
                self.seen = now;
                return Ok(());
            }
        }
    }

    /// Watches other folders; what changed in those that stay is still to be told.
    pub(crate) fn set_roots(&mut self, roots: Vec<PathBuf>) -> Result<()> {
        if roots == self.roots {
            return Ok(());
        }
        let before: Vec<(PathBuf, Sources)> = self.roots.drain(..).zip(self.seen.drain(..)).collect();
        self.roots = roots;
        let now = self.look()?;
        let seen = |root: &PathBuf| before.iter().find(|(known, _)| known == root).map(|(_, seen)| seen.clone());
        self.seen = self.roots.iter().zip(now).map(|(root, now)| seen(root).unwrap_or(now)).collect();
        Ok(())
    }

    /// The sources as they are, all their folders being watched.
    fn look(&mut self) -> Result<Vec<Sources>> {
        loop {
            let found: Vec<Sources> = self.roots.iter().map(|root| Sources::under(root)).collect();
            // Also those that are watched already: one that was replaced has the same name, and is another.
            for folder in found.iter().flat_map(|sources| &sources.folders) {
                match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                    Err(error) if folder.exists() => return Err(trouble(&error)),
                    _ => {}
                }
            }
            // What came into a new folder before it was watched is found by a second look.
            let again: Vec<Sources> = self.roots.iter().map(|root| Sources::under(root)).collect();
            if again.iter().zip(&found).all(|(again, found)| again.folders == found.folders) {
                return Ok(again);
            }
        }
    }
}

/// Whether an event can mean that a source has changed. An error can: events were lost.
fn is_news(event: &notify::Result<Event>) -> bool {
    match event {
        Ok(event) if matches!(event.kind, EventKind::Access(_)) => false,
        Ok(event) if event.paths.is_empty() => true,
        Ok(event) => event
            .paths
            .iter()
            .any(|path| path.file_name().is_none_or(|name| !is_left_out(name, false) && !is_left_out(name, true))),
        Err(_) => true,
    }
}

fn trouble(error: &notify::Error) -> Error {
    let hint = match error.kind {
        notify::ErrorKind::MaxFilesWatch => "let this machine watch more: `sysctl fs.inotify.max_user_watches=524288`",
        _ => "`sockdock serve` and `sockdock reload` do the same by hand",
    };
    Error::host(format!("cannot watch the sources: {error}")).hint(hint)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::fs;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn changes_are_told_once_each_and_new_folders_are_watched() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.rs", "1");
        runtime().block_on(async {
            let mut watch = Watch::start(vec![folder.path().to_owned()]).unwrap();
            write("a.rs", "22");
            watch.changed().await.unwrap();
            fs::create_dir_all(folder.path().join("deep/er")).unwrap();
            watch.changed().await.unwrap();
            write("deep/er/b.rs", "1");
            watch.changed().await.unwrap();
            // As editors save: another file takes the name.
            write("deep/er/.b.rs.swp", "333");
            fs::rename(folder.path().join("deep/er/.b.rs.swp"), folder.path().join("deep/er/b.rs")).unwrap();
            watch.changed().await.unwrap();
            fs::remove_dir_all(folder.path().join("deep")).unwrap();
            watch.changed().await.unwrap();
            assert_eq!(watch.seen[0].files.len(), 1);
        });
    }

    #[test]
    fn what_is_no_source_is_no_news() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        runtime().block_on(async {
            let mut watch = Watch::start(vec![folder.path().to_owned()]).unwrap();
            fs::create_dir(folder.path().join("target")).unwrap();
            for name in ["x.wasm", "src/.x.swp", "src/x~", "target/x.rs"] {
                fs::write(folder.path().join(name), "x").unwrap();
            }
            fs::write(folder.path().join("src/last.rs"), "x").unwrap();
            watch.changed().await.unwrap();
            let seen: Vec<_> = watch.seen[0].files.iter().map(|(path, ..)| path.clone()).collect();
            assert_eq!(seen, [folder.path().join("src/last.rs")]);
        });
    }

    #[test]
    fn a_change_while_nobody_waits_is_not_missed() {
        let folder = tempfile::tempdir().unwrap();
        runtime().block_on(async {
            let mut watch = Watch::start(vec![folder.path().to_owned()]).unwrap();
            for text in ["1", "22", "333"] {
                fs::write(folder.path().join("a.rs"), text).unwrap();
            }
            watch.changed().await.unwrap();
            assert_eq!(watch.seen[0].files[0].1, 3);
        });
    }
}
