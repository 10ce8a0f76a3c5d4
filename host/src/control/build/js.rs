//! JavaScript and TypeScript: esbuild bundles the plugin with its kit, componentize-qjs puts the bundle and QuickJS into a component.

use super::{
    BuildOptions, Language,
    tools::{self, NODE, Places, find, kit, run_talking, step},
    workshop::{Inputs, Workshop},
};
use crate::{Error, Result};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The kit's package.
const KIT: &str = "@sockdock/guest";

/// What the kit calls the plugin's own first file.
const PLUGIN: &str = "@sockdock/plugin";

/// How the bundle has to be for QuickJS and the kit: one module, nothing of Node's, and `async` functions as generators, for the kit's
/// promises aren't the engine's.
const BUNDLING: [&str; 10] = [
    "--bundle",
    "--format=esm",
    "--platform=neutral",
    "--main-fields=module,main",
    "--target=es2024",
    "--supported:async-await=false",
    "--supported:async-generator=false",
    "--supported:for-await=false",
    "--external:sockdock:*",
    "--external:wasi:*",
];

pub(super) struct JavaScript;

/// What matters here of `package.json`.
#[derive(Deserialize)]
struct Package {
    name: Option<String>,
    /// Before what a published package would show.
    source: Option<String>,
    main: Option<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, String>,
    #[serde(default, rename = "devDependencies")]
    dev_dependencies: BTreeMap<String, String>,
}

impl Language for JavaScript {
    fn name(&self) -> &'static str {
        "JavaScript and TypeScript"
    }

    fn claims(&self, folder: &Path) -> bool {
        folder.join("package.json").is_file()
    }

    fn build(&self, folder: &Path, options: &BuildOptions) -> Result<PathBuf> {
        let package = Package::read(folder)?;
        let entry = package.entry(folder)?;
        let kit = package.kit(folder)?;
        let (esbuild, componentize) = (program(folder, "esbuild")?, program(folder, "componentize-qjs")?);
        let workshop = Workshop::of(folder)?;
        let failed =
            |trouble: tools::Trouble| trouble.into_error(folder, "cannot be built", "install Node.js 20 or later, with npm");

        // It knows itself which files it needs, and takes some milliseconds.
        let bundle = workshop.path("bundle.js");
        let name = package.name.as_deref().unwrap_or("the plugin");
        step(options.output, "Bundling", &format!("{name} ({})", entry.strip_prefix(folder).unwrap_or(&entry).display()));
        let mut command = Command::new(&esbuild);
        command.current_dir(folder).arg(kit.join("entry.js")).args(BUNDLING).arg("--log-level=warning");
        command.arg(flag(&format!("--alias:{PLUGIN}="), &entry)).arg(flag(&format!("--alias:{KIT}="), &kit));
        command.arg(flag("--outfile=", &bundle));
        run_talking(command, options.output).map_err(failed)?;

        let world = kit.join("world");
        let inputs = wit_files(&world)
            .iter()
            .fold(Inputs::new("js").program(&componentize).file(&bundle), |inputs, file| inputs.file(file));
        workshop.cached("component.wasm", &inputs, |to| {
            step(options.output, "Componentizing", &format!("{name}, with QuickJS"));
            let mut command = Command::new(&componentize);
            command.current_dir(folder).arg("--wit").arg(&world).args(["--world", "plugin", "--sync", "--js"]).arg(&bundle);
            run_talking(command_to(command, to), options.output).map_err(failed)
        })
    }

    fn other_sources(&self, folder: &Path) -> Vec<PathBuf> {
        Package::read(folder).and_then(|package| package.kit(folder)).into_iter().collect()
    }
}

fn command_to(mut command: Command, to: &Path) -> Command {
    command.arg("--output").arg(to);
    command
}

fn flag(name: &str, value: &Path) -> std::ffi::OsString {
    let mut flag = std::ffi::OsString::from(name);
    flag.push(value);
    flag
}

impl Package {
    fn read(folder: &Path) -> Result<Self> {
        let file = folder.join("package.json");
        let text = fs::read(&file).map_err(|error| Error::configuration(format!("cannot read {}: {error}", file.display())))?;
        serde_json::from_slice(&text).map_err(|error| {
            Error::guest(format!("{} is no package description: {error}", file.display()))
                .hint("npm's documentation has what may stand there")
        })
    }

    fn entry(&self, folder: &Path) -> Result<PathBuf> {
        let entry = self.source.as_deref().or(self.main.as_deref()).unwrap_or("index.js");
        let path = folder.join(entry);
        if path.is_file() {
            return Ok(path);
        }
        Err(Error::guest(format!("{} is not there", path.display()))
            .hint(format!("name the plugin's file as `main` in {}", folder.join("package.json").display())))
    }

    /// Where the kit is: at the place that the package names, where npm has put it, or in the project.
    fn kit(&self, folder: &Path) -> Result<PathBuf> {
        let named = [&self.dependencies, &self.dev_dependencies].into_iter().find_map(|all| all.get(KIT));
        let place = named.and_then(|place| place.strip_prefix("file:")).map(|place| folder.join(place));
        let installed = folder.ancestors().map(|above| above.join("node_modules").join(KIT));
        let found = place.into_iter().chain(installed).find(|kit| kit.join("entry.js").is_file());
        let found = found.or_else(|| kit(folder, "js", "entry.js"));
        found.and_then(|kit| kit.canonicalize().ok()).ok_or_else(|| {
            Error::configuration(format!("{} is without its kit, {KIT}", folder.display())).hint(format!(
                "run `npm install` in {}; `sockdock new NAME --lang js` makes a project that has it",
                folder.display()
            ))
        })
    }
}

/// A program that the project, or one around it, has installed.
fn program(folder: &Path, name: &str) -> Result<PathBuf> {
    find(folder, &[name], Places { folder: Some(NODE), ..Places::default() }).ok_or_else(|| {
        let hint = match find(folder, &["npm"], Places::default()) {
            Some(_) => format!(
                "run `npm install` in {} (`npm install --save-dev {name}` if package.json doesn't name it)",
                folder.display()
            ),
            None => format!("install Node.js 20 or later, with npm; then run `npm install` in {}", folder.display()),
        };
        Error::configuration(format!("{name} is not installed for {}", folder.display())).hint(hint)
    })
}

/// The contract's files, also those of packages that it needs.
fn wit_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}
