//! Python: componentize-py puts CPython, the plugin, the kit and what they import into a component.

use super::{
    BuildOptions, Language,
    tools::{Places, VENV, find, kit, run_talking, step},
    workshop::{Inputs, Workshop},
};
use crate::{
    Error, Result,
    control::{embedded, sources::Sources},
};
use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const INSTALL: &str = "run `python3 -m venv .venv` and `.venv/bin/pip install componentize-py` in the project's folder";

/// The module that is taken if none is named.
const APP: &str = "app";

pub(super) struct Python;

/// What matters here of `pyproject.toml`.
#[derive(Default, Deserialize)]
struct Project {
    #[serde(default)]
    tool: Tools,
}

#[derive(Default, Deserialize)]
struct Tools {
    #[serde(default)]
    sockdock: Settings,
}

#[derive(Default, Deserialize)]
struct Settings {
    /// The plugin's module.
    module: Option<String>,
}

impl Language for Python {
    fn name(&self) -> &'static str {
        "Python"
    }

    fn claims(&self, folder: &Path) -> bool {
        folder.join("pyproject.toml").is_file()
    }

    fn build(&self, folder: &Path, options: &BuildOptions) -> Result<PathBuf> {
        let module = module(folder)?;
        let kit = kit(folder, "python", "sockdock/__init__.py").ok_or_else(|| {
            Error::configuration(format!("{} is without its kit: there is no kit/sockdock", folder.display()))
                .hint("`sockdock new NAME --lang python` makes a project that has it")
        })?;
        let places = Places { folder: Some(VENV), ..Places::default() };
        let compiler = find(folder, &["componentize-py"], places).ok_or_else(|| {
            Error::configuration(format!("componentize-py is not installed for {}", folder.display())).hint(INSTALL)
        })?;
        let workshop = Workshop::of(folder)?;
        let wit = contract(&workshop)?;
        let inputs = inputs(folder, &kit, &compiler, &module);
        workshop.cached("component.wasm", &inputs, |to| {
            step(options.output, "Componentizing", &format!("{module}.py, with CPython (about 20 s)"));
            let mut command = Command::new(&compiler);
            command.current_dir(folder).arg("--quiet").arg("--wit-path").arg(&wit).args([
                "--world",
                "plugin-full",
                "componentize",
            ]);
            command.arg(&module).arg("--python-path").arg(folder).arg("--python-path").arg(&kit).arg("--output").arg(to);
            run_talking(command, options.output).map_err(|trouble| trouble.into_error(folder, "cannot be built", INSTALL))
        })
    }

    fn other_sources(&self, folder: &Path) -> Vec<PathBuf> {
        kit(folder, "python", "sockdock/__init__.py").into_iter().collect()
    }
}

/// The plugin's module: what the project says, else `app`, else the only file there is.
fn module(folder: &Path) -> Result<String> {
    let file = folder.join("pyproject.toml");
    let text =
        fs::read_to_string(&file).map_err(|error| Error::configuration(format!("cannot read {}: {error}", file.display())))?;
    let project: Project =
        toml::from_str(&text).map_err(|error| Error::guest(format!("{}: {error}", file.display())).hint("mend the file"))?;
    if let Some(module) = project.tool.sockdock.module {
        return Ok(module);
    }
    if folder.join(APP).with_extension("py").is_file() {
        return Ok(APP.to_owned());
    }
    let found = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let modules: Vec<PathBuf> = found.filter(|path| path.extension().is_some_and(|ending| ending == "py")).collect();
    match &modules[..] {
        [only] => Ok(only.file_stem().unwrap_or_default().to_string_lossy().into_owned()),
        _ => Err(Error::guest(format!("{} doesn't say which module the plugin is", file.display()))
            .hint("write it there:\n\n[tool.sockdock]\nmodule = \"app\"")),
    }
}

/// The contract, as files: those of the binary, for a project's own copy may have been left behind by an update of it.
fn contract(workshop: &Workshop) -> Result<PathBuf> {
    let folder = workshop.path("wit");
    let written = fs::create_dir_all(&folder).and_then(|()| {
        embedded::files("wit/").try_for_each(|(name, text)| {
            let file = folder.join(name);
            if fs::read(&file).is_ok_and(|there| there == text) { Ok(()) } else { fs::write(file, text) }
        })
    });
    written.map_err(|error| Error::host(format!("cannot write {}: {error}", folder.display())))?;
    Ok(folder)
}

/// What the component is made of: all sources, for a module may read files as it is imported; and which packages are installed.
fn inputs(folder: &Path, kit: &Path, compiler: &Path, module: &str) -> Inputs {
    let files = [folder, kit].into_iter().flat_map(|place| Sources::under(place).files);
    let mut inputs = Inputs::new("python").program(compiler).text(module);
    let mut names: Vec<PathBuf> = files.map(|(path, ..)| path).collect();
    names.sort();
    names.dedup();
    for file in names {
        inputs = inputs.file(&file);
    }
    embedded::files("wit/").fold(inputs, |inputs, (name, text)| inputs.text(name).text(&String::from_utf8_lossy(text)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_module_is_named_or_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("pyproject.toml", "[project]\nname = \"x\"\n");
        assert!(module(folder.path()).unwrap_err().advice().unwrap().contains("[tool.sockdock]"));
        write("echo.py", "");
        assert_eq!(module(folder.path()).unwrap(), "echo");
        write("other.py", "");
        assert!(module(folder.path()).is_err());
        write("app.py", "");
        assert_eq!(module(folder.path()).unwrap(), "app");
        write("pyproject.toml", "[tool.sockdock]\nmodule = \"other\"\n");
        assert_eq!(module(folder.path()).unwrap(), "other");
        write("pyproject.toml", "[tool");
        assert!(module(folder.path()).unwrap_err().message().contains("pyproject.toml"));
    }
}
