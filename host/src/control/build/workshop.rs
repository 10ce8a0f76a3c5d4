//! A folder of our own in a project, `.sockdock`: what is half done, and what was made of which inputs.

use super::{component::component, place_bytes};
use crate::{Digest, Error, Result};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// The folder's name.
const NAME: &str = ".sockdock";

/// The folder, there and out of version control's sight.
#[derive(Debug)]
pub(super) struct Workshop {
    folder: PathBuf,
}

impl Workshop {
    pub(super) fn of(project: &Path) -> Result<Self> {
        let folder = project.join(NAME);
        let ignore = folder.join(".gitignore");
        let made = fs::create_dir_all(&folder).and_then(|()| if ignore.exists() { Ok(()) } else { fs::write(ignore, "*\n") });
        made.map_err(|error| failed("write", &folder, &error))?;
        Ok(Self { folder })
    }

    /// A file in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The component made of a core module.
    pub(super) fn component_of(&self, core: &Path) -> Result<PathBuf> {
        let bytes = fs::read(core).map_err(|error| failed("read", core, &error))?;
        let file = self.path("component.wasm");
        place_bytes(&component(bytes, core)?, &file)?;
        Ok(file)
    }

    /// The file `name`, which `make` makes at the path that it is given, unless it was made of the same inputs before.
    pub(super) fn cached(&self, name: &str, inputs: &Inputs, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        let (file, stamp) = (self.path(name), self.path(&format!("{name}.made-of")));
        let of = |bytes: &[u8]| format!("{}\n{}\n", Digest::of(&inputs.text), Digest::of(bytes));
        // What stands beside it also says what was made: half a file is none.
        if let (Ok(made), Ok(stamped)) = (fs::read(&file), fs::read_to_string(&stamp))
            && stamped == of(&made)
        {
            return Ok(file);
        }
        // Two builds at once, of this process or another, don't meet in one file.
        let part = tempfile_in(&self.folder, name).map_err(|error| failed("write", &self.folder, &error))?.into_temp_path();
        make(&part)?;
        let made = fs::read(&part).map_err(|error| failed("read", &part, &error))?;
        let kept = part.persist(&file).map_err(io::Error::from).and_then(|()| fs::write(&stamp, of(&made)));
        kept.map(|()| file.clone()).map_err(|error| failed("write", &file, &error))
    }
}

/// A file in `folder` that nobody else has; dropped, it is gone. As open to others as any that is made there, since it becomes one.
pub(super) fn tempfile_in(folder: &Path, name: &str) -> io::Result<NamedTempFile> {
    // The ending stays last: some compilers go by it.
    let suffix = format!(".part.{name}");
    tempfile::Builder::new().suffix(&suffix).permissions(fs::Permissions::from_mode(0o666)).tempfile_in(folder)
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::host(format!("cannot {what} {}: {error}", path.display()))
        .hint("a build keeps its files in the project's folder: make it writable")
}

/// What a result depends on.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    text: Vec<u8>,
}

impl Inputs {
    /// Those of a build by this version of sockdock.
    pub(super) fn new(what: &str) -> Self {
        Self { text: Vec::new() }.text(env!("CARGO_PKG_VERSION")).text(what)
    }

    /// An option, a name.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.push(text.as_bytes());
        self
    }

    /// A file's name and what is in it.
    pub(super) fn file(mut self, path: &Path) -> Self {
        self.push(path.as_os_str().as_encoded_bytes());
        // One that can't be read is the compiler's to complain of.
        self.push(Digest::of(&fs::read(path).unwrap_or_default()).to_string().as_bytes());
        self
    }

    /// A program: another version of it is another file.
    pub(super) fn program(self, path: &Path) -> Self {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let changed = fs::metadata(&real).ok().map(|data| (data.len(), data.modified().ok()));
        self.text(&format!("{} {changed:?}", real.display()))
    }

    fn push(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.text.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::cell::Cell;

    #[test]
    fn the_same_inputs_are_not_built_twice() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("a.py");
        let made = Cell::new(0);
        let build = |option: &str| {
            let workshop = Workshop::of(folder.path()).unwrap();
            let inputs = Inputs::new("test").file(&source).text(option);
            let file = workshop.cached("out.wasm", &inputs, |to| {
                made.set(made.get() + 1);
                fs::write(to, format!("build {}", made.get())).unwrap();
                Ok(())
            });
            fs::read_to_string(file.unwrap()).unwrap()
        };
        fs::write(&source, "one").unwrap();
        assert_eq!([build("x"), build("x")], ["build 1", "build 1"]);
        assert_eq!(build("y"), "build 2");
        fs::write(&source, "two").unwrap();
        assert_eq!([build("y"), build("y")], ["build 3", "build 3"]);
        // Half a result is none.
        fs::write(folder.path().join(".sockdock/out.wasm"), "bui").unwrap();
        assert_eq!(build("y"), "build 4");
        assert_eq!(fs::read_to_string(folder.path().join(".sockdock/.gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let workshop = Workshop::of(folder.path()).unwrap();
        let good = |to: &Path| {
            fs::write(to, "good").unwrap();
            Ok(())
        };
        workshop.cached("out", &Inputs::new("1"), good).unwrap();
        let bad = |to: &Path| {
            fs::write(to, "bad").unwrap();
            Err(Error::guest("no"))
        };
        assert!(workshop.cached("out", &Inputs::new("2"), bad).is_err());
        workshop.cached("out", &Inputs::new("1"), |_| panic!("it was built again")).unwrap();
        assert_eq!(fs::read_dir(folder.path().join(NAME)).unwrap().count(), 3, "something was left behind");
    }

    #[test]
    fn neighbours_do_not_flow_together() {
        let (a, b) = (Inputs::new("x").text("ab").text("c"), Inputs::new("x").text("a").text("bc"));
        assert_ne!(a.text, b.text);
    }
}
