//! A project that `sockdock new` has made.

use crate::{Program, Serve, paths::repository};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long its first build may take: all that it depends on is compiled, too.
const PATIENCE: Duration = Duration::from_secs(400);

/// A folder of its own, at the same place in each run, so that compilers find there what they have made before.
#[derive(Debug)]
pub struct Project {
    folder: PathBuf,
}

impl Project {
    /// Makes it. Two of one name are one to cargo: each test has a name of its own.
    #[track_caller]
    pub fn new(place: &Path, name: &str, language: &str) -> Self {
        let folder = place.join("projects").join(name);
        fs::remove_dir_all(&folder).ok();
        Program::sockdock(["new", "--lang", language]).arg(&folder).run().success();
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Changes a file: this text, which is in it once, to that.
    #[track_caller]
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{file} doesn't have {from:?} in it once:\n{text}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// A program in its folder, with a build folder that all projects share.
    pub fn program(&self, name: &str) -> Program {
        Program::new(name).patience(PATIENCE).folder(&self.folder).env("CARGO_TARGET_DIR", target())
    }

    /// `sockdock dev` of it.
    pub fn dev(&self) -> Serve {
        self.at_home(Serve::dev(&self.folder)).tcp()
    }

    /// `sockdock serve` of it.
    pub fn serve(&self) -> Serve {
        self.at_home(Serve::plugin(&self.folder)).tcp()
    }

    fn at_home(&self, serve: Serve) -> Serve {
        let tools = repository().join("target/languages");
        let path = ["node_modules/.bin", "python/bin"].map(|place| tools.join(place).display().to_string()).join(":");
        // The libc that zig compiles, too, is there only once.
        serve.patience(PATIENCE).launched_by([
            "env".into(),
            format!("CARGO_TARGET_DIR={}", target().display()),
            format!("ZIG_GLOBAL_CACHE_DIR={}", tools.join("zig-cache").display()),
            format!("PATH={path}:{}", std::env::var("PATH").unwrap_or_default()),
        ])
    }
}

fn target() -> PathBuf {
    repository().join("target/guests")
}
