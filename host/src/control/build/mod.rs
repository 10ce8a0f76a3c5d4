//! A plugin's source folder to a component. One file per language; this one chooses, and puts the result in its place.

mod c;
mod component;
mod go;
mod js;
mod python;
mod rust;
mod toolchain;
mod tools;
mod workshop;

use crate::{Error, Result};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
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

/// What can be built. A file that says what a project is comes before files that only tell what it is written in.
const LANGUAGES: [&dyn Language; 5] = [&rust::Rust, &js::JavaScript, &python::Python, &go::Go, &c::C];

/// Files by which projects are known: those that can be built, and others that people may try.
const KNOWN_BY: [(&str, &str); 7] = [
    ("Cargo.toml", "Rust"),
    ("package.json", "JavaScript"),
    ("pyproject.toml", "Python"),
    ("go.mod", "Go"),
    ("kit/sockdock.h", "C"),
    ("composer.json", "PHP"),
    ("Gemfile", "Ruby"),
];

/// What sources end in, for those that come without such a file.
const ENDINGS: [(&str, &str); 9] = [
    ("rs", "Rust"),
    ("c", "C"),
    ("cpp", "C"),
    ("js", "JavaScript"),
    ("mjs", "JavaScript"),
    ("ts", "JavaScript"),
    ("py", "Python"),
    ("go", "Go"),
    ("rb", "Ruby"),
];

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

/// Builds the plugin in `folder`, or makes a component of the core module that `folder` is. Blocks until the compiler is done.
pub(crate) fn build(folder: &Path, options: &BuildOptions) -> Result<Built> {
    let found = fs::metadata(folder).map_err(|error| {
        Error::configuration(format!("cannot read the folder {}: {error}", folder.display()))
            .hint("name the folder that holds the plugin's source")
    })?;
    if !found.is_dir() {
        return build_module(folder, options);
    }
    let language = LANGUAGES.iter().find(|language| language.claims(folder)).ok_or_else(|| unknown(folder))?;
    let to = match &options.to {
        Some(to) => to.clone(),
        None => default_output(folder)?,
    };
    // Compilers run in the project's folder, where a relative path would mean another one.
    let folder = folder
        .canonicalize()
        .map_err(|error| Error::configuration(format!("cannot resolve the folder {}: {error}", folder.display())))?;
    let artifact = language.build(&folder, options)?;
    place(&artifact, &to)?;
    Ok(Built { file: to })
}

/// Makes a component of a core module, which another compiler has made.
fn build_module(module: &Path, options: &BuildOptions) -> Result<Built> {
    let bytes = fs::read(module).map_err(|error| Error::configuration(format!("cannot read {}: {error}", module.display())))?;
    let made = component::component(bytes.clone(), module)?;
    if made == bytes {
        let error = Error::configuration(format!("{} is a component already", module.display()));
        return Err(error.hint("it needs no build: hand it to `sockdock serve` or `sockdock inspect`"));
    }
    let to = options.to.as_ref().ok_or_else(|| {
        Error::configuration(format!("{} is a file, so it isn't told where its component goes", module.display()))
            .hint("say so: `sockdock build MODULE.wasm -o COMPONENT.wasm`")
    })?;
    place_bytes(&made, to)?;
    Ok(Built { file: to.clone() })
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
    let bytes = fs::read(artifact).map_err(|error| {
        Error::host(format!("cannot read {}: {error}", artifact.display())).hint("something has taken it away; build again")
    })?;
    place_bytes(&bytes, to)
}

fn place_bytes(bytes: &[u8], to: &Path) -> Result<()> {
    let name = to
        .file_name()
        .filter(|_| !to.is_dir())
        .ok_or_else(|| Error::configuration(format!("{} is a folder, not a file", to.display())).hint("give -o FILE"))?;
    // What is there already needn't be written, and keeps its time.
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let written = workshop::tempfile_in(to.parent().unwrap_or(Path::new("")), &name.to_string_lossy()).and_then(|mut part| {
        part.write_all(bytes)?;
        Ok(part.persist(to)?)
    });
    written
        .map(drop)
        .map_err(|error| Error::host(format!("cannot write {}: {error}", to.display())).hint("give another place with -o FILE"))
}

/// Why `folder` can't be built.
fn unknown(folder: &Path) -> Error {
    let known = LANGUAGES.iter().map(|language| language.name()).collect::<Vec<_>>().join(", ");
    let language_of = |by: &str| KNOWN_BY.iter().find(|(file, _)| *file == by).map(|(_, language)| *language);
    let by_file = KNOWN_BY.iter().map(|(file, _)| *file).find(|file| folder.join(file).is_file());
    if let Some((file, language)) = by_file.and_then(|file| Some((file, language_of(file)?))) {
        return Error::configuration(format!("{} is a {language} project ({file}); sockdock builds {known}", folder.display()))
            .hint("build it to a component with the language's own tools, and hand the .wasm file to sockdock");
    }
    if let Some((file, language)) = first_source(folder) {
        let marks = KNOWN_BY.iter().find(|(_, known)| *known == language).map(|(mark, _)| *mark).unwrap_or_default();
        return Error::configuration(format!(
            "{} holds {file}, but no {marks}, by which a project in {language} is known",
            folder.display()
        ))
        .hint("`sockdock new` makes a project that has all it needs");
    }
    Error::configuration(format!("{} holds no project that sockdock can build ({known})", folder.display())).hint(
        "a project has a Cargo.toml, package.json, pyproject.toml, go.mod or kit/sockdock.h; `sockdock new` makes one; a component that is \
         built already is named by its .wasm file",
    )
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
        let folder = folder_with("composer.json");
        let error = build(folder.path(), &BuildOptions::default()).unwrap_err();
        assert!(error.message().contains("is a PHP project (composer.json); sockdock builds Rust, JavaScript"), "{error}");
    }

    #[test]
    fn sources_without_a_project_are_told_what_is_missing() {
        for (file, mark) in [
            ("lib.rs", "Cargo.toml"),
            ("echo.c", "kit/sockdock.h"),
            ("echo.ts", "package.json"),
            ("echo.py", "pyproject.toml"),
            ("echo.go", "go.mod"),
        ] {
            let folder = folder_with(file);
            let error = build(folder.path(), &BuildOptions::default()).unwrap_err();
            assert!(error.message().contains(&format!("holds {file}, but no {mark}")), "{error}");
            assert!(error.advice().is_some_and(|advice| advice.contains("sockdock new")), "{error}");
        }
    }

    #[test]
    fn what_is_no_project_is_said() {
        let folder = folder_with("readme.txt");
        let none = build(folder.path(), &BuildOptions::default()).unwrap_err();
        assert!(none.message().contains("holds no project"), "{none}");
        let file = build(&folder.path().join("readme.txt"), &BuildOptions::default()).unwrap_err();
        assert!(file.message().contains("is no WebAssembly"), "{file}");
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
