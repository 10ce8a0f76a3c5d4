//! Finding compilers, and running them.

use super::CompilerOutput;
use crate::{Error, Result, control::cli::warn};
use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Lines of the compiler's words that go into an error: the first few mistakes, not all that follow from them.
const ERROR_LINES: usize = 60;

/// Where else than on the PATH a program may be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Places {
    /// The environment variable that names it.
    pub(super) variable: Option<&'static str>,
    /// A folder that package managers fill, looked for in the project and above.
    pub(super) folder: Option<&'static str>,
}

/// The program with one of these names, for a project in `folder`: what a variable says comes first, then what the project has
/// installed for itself, then the PATH.
pub(super) fn find(folder: &Path, names: &[&str], places: Places) -> Option<PathBuf> {
    let said = places.variable.and_then(env::var_os).filter(|value| !value.is_empty());
    if let Some(said) = said {
        return Some(said.into());
    }
    let own = folder.ancestors().filter_map(|folder| Some(folder.join(places.folder?)));
    let environment = env::var_os("VIRTUAL_ENV").filter(|_| places.folder == Some(VENV)).map(|path| Path::new(&path).join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let everywhere = own.chain(environment).chain(env::split_paths(&path).collect::<Vec<_>>());
    // All names in one place before the next place.
    everywhere.flat_map(|place| names.iter().map(move |name| place.join(name))).find(|file| file.is_file())
}

/// Where npm puts a project's programs.
pub(super) const NODE: &str = "node_modules/.bin";

/// Where Python's are.
pub(super) const VENV: &str = ".venv/bin";

/// The kit for a language: in the project's own `kit/`, or the one in the repository that the project lies in; known by a file.
pub(super) fn kit(folder: &Path, language: &str, file: &str) -> Option<PathBuf> {
    let in_repository = folder.ancestors().skip(1).map(|above| above.join("guest-sdk").join(language));
    std::iter::once(folder.join("kit")).chain(in_repository).find(|kit| kit.join(file).is_file())
}

/// Says what is being done, where people follow it.
pub(super) fn step(output: CompilerOutput, verb: &str, what: &str) {
    if output == CompilerOutput::Shown {
        warn(&format!("{verb:>12} {what}\n"));
    }
}

/// Why a compiler gave no answer.
pub(super) enum Trouble {
    /// The program, and why it can't be run.
    NotStarted(String, io::Error),
    /// What it wrote, unless that was shown.
    Refused(String),
}

impl Trouble {
    /// `install` says how to get the program.
    pub(super) fn into_error(self, folder: &Path, what: &str, install: &str) -> Error {
        match self {
            Self::NotStarted(program, error) => {
                let hint = if error.kind() == io::ErrorKind::NotFound { install } else { "check that it may be executed" };
                Error::configuration(format!("cannot run `{program}`: {error}")).hint(hint)
            }
            // The compiler's words were shown already.
            Self::Refused(words) if words.is_empty() => {
                Error::guest(format!("{} {what}", folder.display())).hint("the compiler's messages above say why")
            }
            Self::Refused(words) => Error::guest(format!("{} {what}", folder.display())).hint(first_errors(&words)),
        }
    }
}

/// Runs a compiler to its end; answers what it wrote to stdout.
pub(super) fn run(mut command: Command, output: CompilerOutput) -> Result<Vec<u8>, Trouble> {
    let stderr = if output == CompilerOutput::InError { Stdio::piped() } else { Stdio::inherit() };
    let done = match command.stdin(Stdio::null()).stderr(stderr).output() {
        Ok(done) => done,
        Err(error) => return Err(Trouble::NotStarted(command.get_program().to_string_lossy().into_owned(), error)),
    };
    if done.status.success() {
        Ok(done.stdout)
    } else {
        Err(Trouble::Refused(String::from_utf8_lossy(&done.stderr).into_owned()))
    }
}

/// The same for one whose stdout has nothing but words, which matter only if it fails.
pub(super) fn run_talking(mut command: Command, output: CompilerOutput) -> Result<(), Trouble> {
    let in_error = output == CompilerOutput::InError;
    let stderr = if in_error { Stdio::piped() } else { Stdio::inherit() };
    let program = command.get_program().to_owned();
    match command.stdin(Stdio::null()).stderr(stderr).output() {
        Ok(done) if done.status.success() => Ok(()),
        Ok(done) if in_error => Err(Trouble::Refused(words(&program, &done.stdout, &done.stderr))),
        Ok(done) => {
            warn(&String::from_utf8_lossy(&done.stdout));
            Err(Trouble::Refused(String::new()))
        }
        Err(error) => Err(Trouble::NotStarted(program.to_string_lossy().into_owned(), error)),
    }
}

fn words(program: &OsString, stdout: &[u8], stderr: &[u8]) -> String {
    let said = [stderr, stdout].map(|bytes| String::from_utf8_lossy(bytes).trim_end().to_owned()).join("\n");
    let said = said.trim();
    if said.is_empty() { format!("{} said nothing", program.to_string_lossy()) } else { said.to_owned() }
}

/// The compiler's words from its first error on.
fn first_errors(words: &str) -> String {
    let lines: Vec<&str> = words.lines().collect();
    let start = lines.iter().position(|line| line.starts_with("error")).unwrap_or(0);
    let shown = &lines[start..];
    let mut text = shown[..shown.len().min(ERROR_LINES)].join("\n");
    if shown.len() > ERROR_LINES {
        text.push_str(&format!("\n… and {} more lines", shown.len() - ERROR_LINES));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::fs;

    #[test]
    fn a_missing_compiler_is_told() {
        let missing = Command::new("/nowhere/cargo");
        let Err(trouble) = run(missing, CompilerOutput::InError) else { panic!("it ran") };
        let error = trouble.into_error(Path::new("/p"), "cannot be built", "install Rust (https://rustup.rs)");
        assert!(error.message().starts_with("cannot run `/nowhere/cargo`"), "{error}");
        assert!(error.advice().unwrap().contains("install Rust"), "{error}");
    }

    #[test]
    fn errors_start_where_the_compiler_starts_to_complain() {
        assert_eq!(first_errors("   Compiling p\nwarning: x\nerror[E1]: y\n  --> z"), "error[E1]: y\n  --> z");
        assert!(first_errors(&"error: again\n".repeat(100)).ends_with("… and 40 more lines"));
    }

    #[test]
    fn what_a_compiler_says_anywhere_is_in_the_error() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo to stdout; echo to stderr >&2; exit 3"]);
        let Err(Trouble::Refused(words)) = run_talking(shell, CompilerOutput::InError) else { panic!("it did it") };
        assert_eq!(words, "to stderr\nto stdout");
        let Err(Trouble::Refused(words)) = run_talking(Command::new("false"), CompilerOutput::InError) else {
            panic!("it did it")
        };
        assert_eq!(words, "false said nothing");
    }

    #[test]
    fn the_projects_own_programs_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        let own = project.join(NODE);
        let above = folder.path().join(NODE);
        [&own, &above].into_iter().for_each(|place| fs::create_dir_all(place).unwrap());
        let places = Places { folder: Some(NODE), ..Places::default() };
        assert_eq!(find(&project, &["no-such-program"], places), None);
        assert!(find(&project, &["sh"], places).is_some(), "not found on the PATH");
        fs::write(above.join("sh"), "").unwrap();
        assert_eq!(find(&project, &["sh"], places), Some(above.join("sh")));
        fs::write(own.join("sh"), "").unwrap();
        assert_eq!(find(&project, &["sh"], places), Some(own.join("sh")));
    }

    #[test]
    fn a_kit_is_the_projects_or_the_repositorys() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("tests/x");
        let repository = folder.path().join("guest-sdk/c");
        fs::create_dir_all(&project).unwrap();
        assert_eq!(kit(&project, "c", "sockdock.h"), None);
        fs::create_dir_all(&repository).unwrap();
        fs::write(repository.join("sockdock.h"), "").unwrap();
        assert_eq!(kit(&project, "c", "sockdock.h"), Some(repository));
        fs::create_dir_all(project.join("kit")).unwrap();
        fs::write(project.join("kit/sockdock.h"), "").unwrap();
        assert_eq!(kit(&project, "c", "sockdock.h"), Some(project.join("kit")));
    }
}
