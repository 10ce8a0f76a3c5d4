//! What of a project's folder is somebody's source: not what compilers, package managers and editors leave there.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Folders that no project's source is in.
const FOLDERS: [&str; 6] = ["__pycache__", "node_modules", "target", "venv", "zig-cache", "zig-out"];

/// How the names of files end that aren't sources: components, compiled Python, half-written files, editors' copies.
const ENDINGS: [&str; 9] = [".bak", ".orig", ".part", ".pyc", ".swp", ".swx", ".tmp", ".wasm", "~"];

/// Whether a file or folder of this name, in a project, is left out.
pub(crate) fn is_left_out(name: &OsStr, folder: bool) -> bool {
    let name = name.to_string_lossy();
    // Cargo's own settings are in such a folder.
    let hidden = name.starts_with('.') && name != ".cargo";
    let editors = name.starts_with('#') || name == "4913";
    hidden
        || (folder && FOLDERS.contains(&&*name))
        || (!folder && (editors || ENDINGS.iter().any(|ending| name.ends_with(ending))))
}

/// The folders and files of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    /// With the project's own.
    pub(crate) folders: Vec<PathBuf>,
    /// Each with its length and the time of its last change.
    pub(crate) files: Vec<(PathBuf, u64, Option<SystemTime>)>,
}

impl Sources {
    /// Those under `root`, in the order of their names. A folder that can't be read, or is gone again, has none.
    pub(crate) fn under(root: &Path) -> Self {
        let mut found = Self::default();
        found.gather(root);
        found
    }

    fn gather(&mut self, folder: &Path) {
        let Ok(mut entries) = read(folder) else { return };
        self.folders.push(folder.to_owned());
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default();
            // Of a link, what it leads to; but a folder only in its own place, for links may go in circles.
            let Ok(data) = fs::metadata(&path) else { continue };
            if is_left_out(name, data.is_dir()) {
                continue;
            }
            if data.is_file() {
                self.files.push((path, data.len(), data.modified().ok()));
            } else if data.is_dir() && !path.is_symlink() && !path.join("CACHEDIR.TAG").exists() {
                self.gather(&path);
            }
        }
    }
}

fn read(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_tools_leave_is_no_source() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        let sources = ["Cargo.toml", ".cargo/config.toml", "kit/src/lib.rs", "src/lib.rs", "src/target.rs"];
        let others = [
            ".git/index",
            "target/debug/x.d",
            "node_modules/a/index.js",
            "src/.lib.rs.swp",
            "src/lib.rs~",
            "src/4913",
            "hello.wasm",
            "hello.wasm.12-0.part",
            "#lib.rs#",
            "app/__pycache__/x.py",
            "elsewhere/CACHEDIR.TAG",
            "elsewhere/x.rs",
            ".sockdock/app.js",
        ];
        sources.iter().chain(&others).for_each(|name| write(name));
        std::os::unix::fs::symlink(folder.path(), folder.path().join("circle")).unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", folder.path().join("broken")).unwrap();
        let found = Sources::under(folder.path());
        let names: Vec<_> =
            found.files.iter().map(|(path, ..)| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        let mut wanted = sources.to_vec();
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        assert_eq!(found.folders.len(), 6, "{:?}", found.folders);
    }

    #[test]
    fn a_folder_that_is_gone_has_none() {
        assert_eq!(Sources::under(Path::new("/nowhere/at/all")), Sources::default());
    }
}
