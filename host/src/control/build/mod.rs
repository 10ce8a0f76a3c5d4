//! A plugin's source folder to a component. One file per language; this one chooses, and puts the result in its place.

mod rust;
mod toolchain;

use crate::{Error, Result};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// A language that plugins are written in.
trait Language {
    /// As people call it.
    fn name(&self) -> &'static str;
    /// Whether `folder` holds a project in it.
    fn claims(&self, folder: &Path) -> bool;
    /// Builds the project; answers where the component lies, inside the language's own build folder.
    fn build(&self, folder: &Path, options: &BuildOptions) -> Result<PathBuf>;
    /// Other folders that its sources are in.
    fn other_sources(&self, _folder: &Path) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// What this version can build.
const LANGUAGES: [&dyn Language; 1] = [&rust::Rust];

/// Files by which projects in other languages are known.
const OTHERS: [(&str, &str); 5] = [
    ("package.json", "JavaScript"),
    ("pyproject.toml", "Python"),
    ("requirements.txt", "Python"),
    ("go.mod", "Go"),
    ("composer.json", "PHP"),
];

/// What their sources end in, for those that come without such a file.
const ENDINGS: [(&str, &str); 4] = [("c", "C"), ("js", "JavaScript"), ("ts", "TypeScript"), ("py", "Python")];

/// How to build.
#[derive(Clone, Debug, Default)]
pub(crate) struct BuildOptions {
    /// Without optimisation, with debug assertions: quicker to build, slower to run.
    pub(crate) debug: bool,
    /// Where the component goes; `FOLDER/FOLDER'S-NAME.wasm` if not given.
    pub(crate) to: Option<PathBuf>,
    /// What becomes of the compiler's words.
    pub(crate) output: CompilerOutput,
}

/// Where the compiler's words go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CompilerOutput {
    /// To this process's stderr as they come.
    #[default]
    Shown,
    /// Only what is amiss, and that to stderr.
    Complaints,
    /// Into the error, if the build fails.
    InError,
}

/// A component that was built.
#[derive(Debug)]
pub(crate) struct Built {
    /// Where it is.
    pub(crate) file: PathBuf,
}

/// Builds the plugin in `folder`. Blocks until the compiler is done.
pub(crate) fn build(folder: &Path, options: &BuildOptions) -> Result<Built> {
    let found = fs::metadata(folder).map_err(|error| {
        Error::configuration(format!("cannot read the folder {}: {error}", folder.display()))
            .hint("name the folder that holds the plugin's source")
    })?;
    if !found.is_dir() {
        let error = Error::configuration(format!("{} is a file, not a source folder", folder.display()));
        return Err(error.hint("a .wasm component needs no build: hand it to `sockdock serve` or `sockdock inspect`"));
    }
    let language = LANGUAGES.iter().find(|language| language.claims(folder)).ok_or_else(|| unknown(folder))?;
    let to = match &options.to {
        Some(to) => to.clone(),
        None => default_output(folder)?,
    };
    let artifact = language.build(folder, options)?;
    place(&artifact, &to)?;
    Ok(Built { file: to })
}

/// The folders that a project's sources are in, its own first.
pub(crate) fn source_folders(folder: &Path) -> Vec<PathBuf> {
    let language = LANGUAGES.iter().find(|language| language.claims(folder));
    let others = language.map(|language| language.other_sources(folder)).unwrap_or_default();
    // One that lies in another is watched with that.
    let mut all = vec![folder.to_owned()];
    for other in others {
        if !all.iter().any(|known| other.starts_with(known)) {
            all.push(other);
        }
    }
    all
}

/// The folder's name rather than the package's: it can be told without asking the compiler.
fn default_output(folder: &Path) -> Result<PathBuf> {
    let full = folder
        .canonicalize()
        .map_err(|error| Error::configuration(format!("cannot resolve the folder {}: {error}", folder.display())))?;
    let name = full.file_name().ok_or_else(|| {
        Error::configuration(format!("{} has no name to call the component by", folder.display())).hint("give -o FILE")
    })?;
    let mut file = name.to_owned();
    file.push(".wasm");
    Ok(folder.join(file))
}

/// Copies `artifact` to `to` in one step: who reads `to` meanwhile gets the old component or the new one, whole.
fn place(artifact: &Path, to: &Path) -> Result<()> {
    let failed = |what: &str, path: &Path, error: &std::io::Error| {
        Error::host(format!("cannot {what} {}: {error}", path.display())).hint("give another place with -o FILE")
    };
    let bytes = fs::read(artifact).map_err(|error| failed("read", artifact, &error))?;
    let mut name = to
        .file_name()
        .filter(|_| !to.is_dir())
        .ok_or_else(|| Error::configuration(format!("{} is a folder, not a file", to.display())).hint("give -o FILE"))?
        .to_owned();
    // Two builds at once, of this process or another, don't meet in one temporary file.
    static BUILDS: AtomicU64 = AtomicU64::new(0);
    name.push(format!(".{}-{}.part", std::process::id(), BUILDS.fetch_add(1, Ordering::Relaxed)));
    let part = to.with_file_name(name);
    let written = fs::File::create(&part).and_then(|mut file| file.write_all(&bytes)).and_then(|()| fs::rename(&part, to));
    written.map_err(|error| {
        let _ = fs::remove_file(&part);
        failed("write", to, &error)
    })
}

/// Why `folder` can't be built.
fn unknown(folder: &Path) -> Error {
    let known = LANGUAGES.iter().map(|language| language.name()).collect::<Vec<_>>().join(", ");
    let by_file =
        OTHERS.iter().find(|(file, _)| folder.join(file).is_file()).map(|(file, language)| ((*file).to_owned(), *language));
    let found = by_file.or_else(|| first_source(folder));
    match found {
        Some((file, language)) => Error::configuration(format!(
            "{} is a {language} project ({file}); this version builds {known} only",
            folder.display()
        ))
        .hint("build it to a component with the language's own tools, and hand the .wasm file to sockdock"),
        None => Error::configuration(format!("{} holds no project that sockdock can build", folder.display()))
            .hint("a Rust plugin has a Cargo.toml there; a component that is built already is named by its .wasm file"),
    }
}

/// The first file, by name, that is a source in another language; and that language.
fn first_source(folder: &Path) -> Option<(String, &'static str)> {
    let language_of = |name: &str| {
        let (_, ending) = name.rsplit_once('.')?;
        ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, language)| *language)
    };
    let names = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| language_of(&name).map(|language| (name, language))).min()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn folder_with(file: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(file), "").unwrap();
        folder
    }

    #[test]
    fn other_languages_are_named() {
        for (file, language) in [
            ("package.json", "JavaScript"),
            ("pyproject.toml", "Python"),
            ("go.mod", "Go"),
            ("main.c", "C"),
            ("echo.js", "JavaScript"),
            ("echo.py", "Python"),
        ] {
            let folder = folder_with(file);
            let error = build(folder.path(), &BuildOptions::default()).unwrap_err();
            assert!(
                error.message().contains(&format!("is a {language} project ({file}); this version builds Rust only")),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_no_project_is_said() {
        let folder = folder_with("readme.txt");
        let none = build(folder.path(), &BuildOptions::default()).unwrap_err();
        assert!(none.message().contains("holds no project"), "{none}");
        let file = build(&folder.path().join("readme.txt"), &BuildOptions::default()).unwrap_err();
        assert!(file.message().contains("is a file"), "{file}");
        let missing = build(&folder.path().join("nowhere"), &BuildOptions::default()).unwrap_err();
        assert!(missing.message().contains("No such file"), "{missing}");
    }

    #[test]
    fn the_result_is_named_after_the_folder_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("echo");
        fs::create_dir(&project).unwrap();
        let to = default_output(&project).unwrap();
        assert_eq!(to, project.join("echo.wasm"));
        let artifact = folder.path().join("artifact");
        for bytes in [&b"one"[..], b"two"] {
            fs::write(&artifact, bytes).unwrap();
            place(&artifact, &to).unwrap();
            assert_eq!(fs::read(&to).unwrap(), bytes);
        }
        assert_eq!(fs::read_dir(&project).unwrap().count(), 1, "a temporary file was left behind");
        assert!(place(&artifact, &project).unwrap_err().message().contains("is a folder"));
        let nowhere = place(&artifact, &folder.path().join("no/such/x.wasm")).unwrap_err();
        assert!(nowhere.message().contains("cannot write"), "{nowhere}");
    }
}
