//! C, C++ and Zig: zig, which brings a libc for Wasm along, compiles the plugin's files and the kit's to a core module.

use super::{
    BuildOptions, Language,
    go::component_of,
    tools::{Places, VENV, find, kit, run_talking, step},
    workshop::Workshop,
};
use crate::{Error, Result, control::sources::Sources};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const INSTALL: &str = "install zig (https://ziglang.org), name it by $ZIG, or run `python3 -m venv .venv` and `.venv/bin/pip install ziglang` in the \
                       project's folder";

/// The header by which a kit is known.
const HEADER: &str = "sockdock.h";

/// For a module that is called event by event, with a stack that no handler should need more of.
const FLAGS: [&str; 8] = [
    "-target",
    "wasm32-wasi",
    "-mexec-model=reactor",
    "-Wall",
    "-Wextra",
    "-Wno-unused-parameter",
    // What the kit doesn't know of may be linked twice, or not at all: to be told here rather than in a trap.
    "-Wl,--fatal-warnings",
    "-Wl,-z,stack-size=131072",
];

pub(super) struct C;

impl Language for C {
    fn name(&self) -> &'static str {
        "C"
    }

    fn claims(&self, folder: &Path) -> bool {
        (folder.join("kit").join(HEADER).is_file() || ["c", "cpp", "cc"].iter().any(|ending| folder.join("main").with_extension(ending).is_file()))
            && !sources(folder, None).is_empty()
    }

    fn build(&self, folder: &Path, options: &BuildOptions) -> Result<PathBuf> {
        let kit = kit(folder, "c", HEADER).ok_or_else(|| {
            Error::configuration(format!("{} is without its kit: there is no kit/{HEADER}", folder.display()))
                .hint("`sockdock new NAME --lang c` makes a project that has it")
        })?;
        let places = Places { variable: Some("ZIG"), folder: Some(VENV) };
        let zig = find(folder, &["zig", "python-zig"], places)
            .ok_or_else(|| Error::configuration(format!("there is no C compiler for Wasm to build {}", folder.display())).hint(INSTALL))?;
        let own = sources(folder, Some(&kit));
        let plus = own.iter().any(|file| file.extension().is_some_and(|ending| ending == "cpp" || ending == "cc"));
        let workshop = Workshop::of(folder)?;
        let core = workshop.path("core.wasm");
        // It has a cache of its own, and knows what has changed.
        step(options.output, "Compiling", &format!("{} ({}; the first time a libc is compiled, too: a minute)", folder.display(), if plus { "C++" } else { "C" }));
        let mut command = Command::new(zig);
        command.current_dir(folder).arg(if plus { "c++" } else { "cc" }).args(FLAGS);
        command.args(if options.debug { &["-O1", "-g"][..] } else { &["-Os", "-Wl,--strip-all"] });
        if plus {
            command.args(["-fno-exceptions", "-std=c++20"]);
        }
        command.arg("-I").arg(&kit).arg("-I").arg(kit.join("bindings")).args(&own).args(sources(&kit, None)).args(objects(&kit));
        command.arg("-o").arg(&core);
        run_talking(command, options.output).map_err(|trouble| trouble.into_error(folder, "cannot be built", INSTALL))?;
        component_of(&core, &workshop)
    }

    fn other_sources(&self, folder: &Path) -> Vec<PathBuf> {
        kit(folder, "c", HEADER).into_iter().collect()
    }
}

/// The files in `folder` that are compiled; not those in `except`, nor its tests.
fn sources(folder: &Path, except: Option<&Path>) -> Vec<PathBuf> {
    let kit = folder.join("kit");
    with_endings(folder, &["c", "cpp", "cc"])
        .filter(|file| !file.starts_with(&kit) && except.is_none_or(|except| !file.starts_with(except)))
        .filter(|file| !file.strip_prefix(folder).is_ok_and(|inner| inner.starts_with("tests") || inner.starts_with("test")))
        .collect()
}

fn objects(folder: &Path) -> Vec<PathBuf> {
    with_endings(folder, &["o"]).collect()
}

fn with_endings<'a>(folder: &Path, endings: &'a [&str]) -> impl Iterator<Item = PathBuf> + 'a {
    let files = Sources::under(folder).files.into_iter().map(|(path, ..)| path);
    files.filter(|file| file.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known)))
}
