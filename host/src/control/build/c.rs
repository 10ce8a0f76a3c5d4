//! C, C++ and Zig: zig, which brings a libc for Wasm along, compiles the plugin's files and the kit's to a core module, which is
//! made a component here.

use super::{
    BuildOptions, Language,
    tools::{Places, VENV, find, kit, run, run_talking, step},
    workshop::Workshop,
};
use crate::{Error, Result, control::sources::Sources};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const INSTALL: &str = "install zig (https://ziglang.org), name it by $ZIG, or run `python3 -m venv .venv` and `.venv/bin/pip install ziglang` in \
                       the project's folder";

/// The header by which a kit is known.
const HEADER: &str = "sockdock.h";

/// A Zig plugin's root.
const ROOT: &str = "main.zig";

const TARGET: [&str; 3] = ["-target", "wasm32-wasi", "-mexec-model=reactor"];

/// A stack that no handler should need more of: 128 KiB.
const STACK: &str = "131072";

pub(super) struct C;

impl Language for C {
    fn name(&self) -> &'static str {
        "C (C++, Zig)"
    }

    fn claims(&self, folder: &Path) -> bool {
        let main = ["c", "cpp", "cc", "zig"].iter().any(|ending| folder.join("main").with_extension(ending).is_file());
        (main || folder.join("kit").join(HEADER).is_file()) && !Files::of(folder).is_empty()
    }

    fn build(&self, folder: &Path, options: &BuildOptions) -> Result<PathBuf> {
        let kit = kit(folder, "c", HEADER).ok_or_else(|| {
            Error::configuration(format!("{} is without its kit: there is no kit/{HEADER}", folder.display()))
                .hint("`sockdock new NAME --lang c` makes a project that has it")
        })?;
        let places = Places { variable: Some("ZIG"), folder: Some(VENV) };
        let zig = find(folder, &["zig", "python-zig"], places).ok_or_else(|| {
            Error::configuration(format!("there is no C compiler for Wasm to build {}", folder.display())).hint(INSTALL)
        })?;
        let files = Files::of(folder);
        let workshop = Workshop::of(folder)?;
        let build = Build { zig, folder, kit_files: Files::of(&kit), kit, options, workshop: &workshop };
        step(
            options.output,
            "Compiling",
            &format!("{} ({}; at first also a libc: a minute)", folder.display(), files.language()),
        );
        let core = workshop.path("core.wasm");
        match files.language() {
            "Zig" => build.zig(&core)?,
            "C++" => build.cpp(&files, &core)?,
            _ => build.c(&files, &core)?,
        }
        workshop.component_of(&core)
    }

    fn other_sources(&self, folder: &Path) -> Vec<PathBuf> {
        kit(folder, "c", HEADER).into_iter().collect()
    }
}

/// What there is to compile in a folder, but for its kit and its tests.
struct Files {
    c: Vec<PathBuf>,
    cpp: Vec<PathBuf>,
    objects: Vec<PathBuf>,
    zig: bool,
}

impl Files {
    fn of(folder: &Path) -> Self {
        let aside = |file: &Path| ["kit", "test", "tests"].iter().any(|name| file.starts_with(folder.join(name)));
        let files: Vec<PathBuf> =
            Sources::under(folder).files.into_iter().map(|(path, ..)| path).filter(|file| !aside(file)).collect();
        let with = |endings: &[&str]| {
            let fits = |file: &&PathBuf| file.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known));
            files.iter().filter(fits).cloned().collect()
        };
        Self { c: with(&["c"]), cpp: with(&["cpp", "cc", "cxx"]), objects: with(&["o"]), zig: folder.join(ROOT).is_file() }
    }

    fn is_empty(&self) -> bool {
        self.c.is_empty() && self.cpp.is_empty() && !self.zig
    }

    fn language(&self) -> &'static str {
        match self {
            Self { zig: true, .. } => "Zig",
            Self { cpp, .. } if !cpp.is_empty() => "C++",
            _ => "C",
        }
    }
}

/// A build under way. Zig has a cache of its own, and knows what has changed.
struct Build<'a> {
    zig: PathBuf,
    folder: &'a Path,
    kit: PathBuf,
    kit_files: Files,
    options: &'a BuildOptions,
    workshop: &'a Workshop,
}

impl Build<'_> {
    fn c(&self, files: &Files, core: &Path) -> Result<()> {
        let mut command = self.compiler("cc");
        command.args(&files.c).args(&self.kit_files.c).args(&files.objects).args(&self.kit_files.objects);
        self.run(command, core)
    }

    /// What is C is compiled apart, by the rules of C.
    fn cpp(&self, files: &Files, core: &Path) -> Result<()> {
        let mut objects = Vec::new();
        for (index, source) in self.kit_files.c.iter().chain(&files.c).enumerate() {
            let object = self.workshop.path(&format!("{index}.o"));
            let mut command = self.compiler("cc");
            command.arg("-c").arg(source);
            self.run(command, &object)?;
            objects.push(object);
        }
        let mut command = self.compiler("c++");
        command
            .args(["-std=c++20", "-fno-exceptions"])
            .args(&files.cpp)
            .args(&objects)
            .args(&files.objects)
            .args(&self.kit_files.objects);
        self.run(command, core)
    }

    /// `sockdock.h` is the module `sockdock`.
    fn zig(&self, core: &Path) -> Result<()> {
        let header = self.workshop.path("sockdock.zig");
        let mut translate = self.command("translate-c");
        translate.args(["-target", "wasm32-wasi", "-lc"]).arg(self.kit.join(HEADER));
        let translated = run(translate, self.options.output).map_err(|trouble| self.failed(trouble))?;
        fs::write(&header, translated).map_err(|error| Error::host(format!("cannot write {}: {error}", header.display())))?;

        let mut command = self.command("build-exe");
        command.args(TARGET).args(["-O", if self.options.debug { "Debug" } else { "ReleaseSmall" }]);
        command.args(["-fno-entry", "-rdynamic", "-lc", "--stack", STACK]).args(&self.kit_files.c).args(&self.kit_files.objects);
        command
            .args(["--dep", "sockdock"])
            .arg(format!("-Mroot={ROOT}"))
            .arg(joined("-Msockdock=", &header))
            .arg(joined("-femit-bin=", core));
        run_talking(command, self.options.output).map_err(|trouble| self.failed(trouble))
    }

    /// A call of the C or C++ compiler, to which files are added.
    fn compiler(&self, which: &str) -> Command {
        let mut command = self.command(which);
        command.args(TARGET).args(["-Wall", "-Wextra"]);
        // The names of functions stay, for the backtrace of a trap.
        command.args(if self.options.debug { &["-O1", "-g"][..] } else { &["-O2", "-Wl,--strip-debug"] });
        command.arg(format!("-Wl,-z,stack-size={STACK}")).arg("-I").arg(&self.kit);
        command
    }

    fn command(&self, which: &str) -> Command {
        let mut command = Command::new(&self.zig);
        command.current_dir(self.folder).arg(which);
        command
    }

    fn run(&self, mut command: Command, to: &Path) -> Result<()> {
        command.arg("-o").arg(to);
        run_talking(command, self.options.output).map_err(|trouble| self.failed(trouble))
    }

    fn failed(&self, trouble: super::tools::Trouble) -> Error {
        trouble.into_error(self.folder, "cannot be built", INSTALL)
    }
}

fn joined(flag: &str, path: &Path) -> std::ffi::OsString {
    let mut joined = std::ffi::OsString::from(flag);
    joined.push(path);
    joined
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_compiled_is_the_plugins() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        assert!(!C.claims(folder.path()));
        ["main.c", "src/line.c", "kit/sockdock.c", "kit/sockdock.h", "tests/test.c", ".sockdock/0.o", "notes.txt"]
            .iter()
            .for_each(|name| write(name));
        let files = Files::of(folder.path());
        assert_eq!(files.c, ["main.c", "src/line.c"].map(|name| folder.path().join(name)));
        assert!(C.claims(folder.path()) && files.objects.is_empty() && files.language() == "C");
        write("more.cc");
        assert_eq!(Files::of(folder.path()).language(), "C++");
        write(ROOT);
        assert_eq!(Files::of(folder.path()).language(), "Zig");
    }
}
