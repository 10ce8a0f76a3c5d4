//! A new plugin's folder, of what the binary carries: a template, the language's kit, the contract.

mod languages;
mod name;
mod template;

pub(crate) use self::{name::check_name, template::Template};

use crate::{Error, Result};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What stands in a template where the project's name belongs.
const NAME: &str = "{{name}}";

/// A project that was written.
#[derive(Debug)]
pub(crate) struct Created {
    /// Its files' places in it.
    pub(crate) files: Vec<PathBuf>,
    /// What to do next: the first commands of its README.
    pub(crate) commands: Vec<String>,
}

/// Writes the project `folder`, called `name`: the template's files, and the kit and the contract under `kit/`. `folder`
/// may be there if it is empty; if something fails, nothing is left of the project.
pub(crate) fn create(folder: &Path, name: &str, template: &Template) -> Result<Created> {
    let found = look(folder)?;
    let files: Vec<_> = template.files().into_iter().map(|(path, bytes)| (path, named(bytes, name))).collect();
    let written = files.iter().try_for_each(|(path, bytes)| write(folder, path, bytes));
    written.map_err(|error| {
        if found == Found::Nothing {
            let _ = fs::remove_dir_all(folder);
        } else {
            empty(folder);
        }
        Error::host(format!("cannot write {}: {error}", folder.display())).hint("choose a place where you may write")
    })?;
    let readme = files.iter().find(|(path, _)| path == Path::new("README.md"));
    let commands = readme.map(|(_, bytes)| commands(&String::from_utf8_lossy(bytes))).unwrap_or_default();
    Ok(Created { files: files.into_iter().map(|(path, _)| path).collect(), commands })
}

/// The lines of the first block of commands.
fn commands(readme: &str) -> Vec<String> {
    let block = readme.lines().skip_while(|line| *line != "```sh").skip(1).take_while(|line| *line != "```");
    block.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What is at the place of the project to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    EmptyFolder,
}

fn look(folder: &Path) -> Result<Found> {
    let taken = |what: &str| {
        Error::configuration(format!("{} is {what}", folder.display())).hint("choose another name, or move away what is there")
    };
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            if entries.next().is_none() {
                Ok(Found::EmptyFolder)
            } else {
                Err(taken("a folder with something in it"))
            }
        }
        // A broken link is something, too.
        Err(error) if error.kind() == io::ErrorKind::NotFound && folder.symlink_metadata().is_err() => Ok(Found::Nothing),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory || folder.is_file() => Err(taken("there, and no folder")),
        Err(error) => Err(taken(&format!("there, and can't be used: {error}"))),
    }
}

fn write(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}

fn empty(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
}

/// `bytes` with the name in its places; what isn't text has none.
fn named(bytes: &[u8], name: &str) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.replace(NAME, name).into_bytes(),
        Err(_) => bytes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_template_becomes_a_whole_project() {
        for template in Template::all() {
            let folder = tempfile::tempdir().unwrap();
            let project = folder.path().join("deeper").join("first-try");
            let Created { files, commands } = create(&project, "first-try", &template).unwrap();
            assert!(commands.iter().any(|line| line.starts_with("sockdock dev")), "{}: {commands:?}", template.language());
            for needed in ["README.md", ".gitignore", "kit/README.md", "kit/wit/world.wit"] {
                assert!(files.contains(&needed.into()), "{}: no {needed} in {files:?}", template.language());
            }
            for file in files {
                let bytes = fs::read(project.join(&file)).unwrap();
                let text = String::from_utf8_lossy(&bytes);
                assert!(file.starts_with("kit") || !text.contains("{{name"), "{}: {}", template.language(), file.display());
            }
            let readme = fs::read_to_string(project.join("README.md")).unwrap();
            assert!(readme.contains("first-try") && readme.contains("sockdock dev"), "{}: {readme}", template.language());
            let wit = fs::read_to_string(project.join("kit/wit/world.wit")).unwrap();
            assert!(wit.contains("package sockdock:plugin@0.1.0;"), "{wit}");
        }
    }

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let template = Template::find("rust").unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "mine").unwrap();
        let full = create(folder.path(), "x", &template).unwrap_err();
        assert!(full.message().ends_with("is a folder with something in it"), "{full}");
        let no_folder = create(&file, "x", &template).unwrap_err();
        assert!(no_folder.message().ends_with("is there, and no folder"), "{no_folder}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let inside = create(&file.join("deeper"), "x", &template).unwrap_err();
        assert!(inside.message().contains("file/deeper"), "{inside}");
        std::os::unix::fs::symlink("/nowhere/at/all", folder.path().join("link")).unwrap();
        assert!(create(&folder.path().join("link"), "x", &template).is_err());
    }

    #[test]
    fn an_empty_folder_is_filled() {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path(), "x", &Template::find("rust").unwrap()).unwrap();
        assert!(folder.path().join("src/lib.rs").is_file());
    }

    #[test]
    fn only_text_has_the_name_in_it() {
        assert_eq!(named(b"a {{name}} b {{name}}", "x"), b"a x b x");
        assert_eq!(named(b"\xff{{name}}", "x"), b"\xff{{name}}");
    }
}
