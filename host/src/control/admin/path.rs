//! Where the admin socket is, and whether its folder is a safe place for it.

use crate::{Error, Result};
use std::{
    env, fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

const FILE: &str = "sockdock.sock";

/// The socket's path unless the operator gives another: `$XDG_RUNTIME_DIR/sockdock.sock`, else in a folder of the
/// user's own under the temporary directory. Server and client come to the same answer.
pub(crate) fn default_path() -> PathBuf {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    default_path_in(runtime.as_deref(), &env::temp_dir(), our_uid())
}

fn default_path_in(runtime: Option<&Path>, temp: &Path, uid: u32) -> PathBuf {
    // With `sudo` the variable may name another user's folder.
    match runtime {
        Some(folder) if folder.is_absolute() && fs::metadata(folder).is_ok_and(|found| private(&found, uid).is_ok()) => {
            folder.join(FILE)
        }
        _ => own_folder(temp, uid).join(FILE),
    }
}

/// The user id that this process acts as.
pub(super) fn our_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn own_folder(temp: &Path, uid: u32) -> PathBuf {
    temp.join(format!("sockdock-{uid}"))
}

/// Makes sure that a socket at `path` would stand in a safe folder; makes the folder, for our user alone, if it is missing.
pub(super) fn prepare_folder(path: &Path) -> Result<()> {
    prepare_folder_in(path, &env::temp_dir(), our_uid())
}

fn prepare_folder_in(path: &Path, temp: &Path, uid: u32) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Err(Error::configuration(format!("{} is no path for an admin socket", path.display()))),
    };
    if folder == own_folder(temp, uid) { prepare_own(folder, uid) } else { check_given(folder) }
}

/// The temporary directory is everybody's: the folder may have been put there by somebody else, or be a link.
fn prepare_own(folder: &Path, uid: u32) -> Result<()> {
    make(folder)?;
    let found = fs::symlink_metadata(folder).map_err(|error| cannot_read(folder, &error))?;
    private(&found, uid).map_err(|why| {
        Error::configuration(format!("the admin socket's folder {} is not safe: {why}", folder.display()))
            .hint("remove it, or give another place with --admin PATH")
    })
}

/// Makes `folder` if it is missing; the one that it stands in must be there.
fn make(folder: &Path) -> Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(Error::configuration(format!("cannot make the admin socket's folder {}: {error}", folder.display()))
                .hint("give another place with --admin PATH"))
        }
        _ => Ok(()),
    }
}

/// Why a folder isn't `uid`'s alone.
fn private(found: &fs::Metadata, uid: u32) -> Result<(), String> {
    if !found.is_dir() {
        Err("it is not a folder".into())
    } else if found.uid() != uid {
        Err(format!("it belongs to uid {}, not {uid}", found.uid()))
    } else if found.mode() & 0o077 != 0 {
        Err(format!("others may enter it (mode {:o}, not 700)", found.mode() & 0o7777))
    } else {
        Ok(())
    }
}

/// A folder of the operator's choice may be shared, but not one where anybody could put a socket of theirs in the place of ours.
fn check_given(folder: &Path) -> Result<()> {
    make(folder)?;
    let found = fs::metadata(folder).map_err(|error| cannot_read(folder, &error))?;
    if !found.is_dir() {
        return Err(Error::configuration(format!("{} is not a folder, so no admin socket can be in it", folder.display())));
    }
    let (everybody_writes, sticky) = (found.mode() & 0o002 != 0, found.mode() & 0o1000 != 0);
    if everybody_writes && !sticky {
        return Err(Error::configuration(format!(
            "the admin socket's folder {} is not safe: every user may change it",
            folder.display()
        ))
        .hint("take that right away (chmod o-w), or give another place with --admin PATH"));
    }
    Ok(())
}

fn cannot_read(folder: &Path, error: &io::Error) -> Error {
    Error::configuration(format!("cannot use the admin socket's folder {}: {error}", folder.display()))
        .hint("give another place with --admin PATH")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_runtime_folder_is_taken_only_if_it_is_ours_alone() {
        let temp = tempfile::tempdir().unwrap();
        let runtime = temp.path().join("run");
        fs::create_dir(&runtime).unwrap();
        let uid = our_uid();
        let fallback = temp.path().join(format!("sockdock-{uid}/sockdock.sock"));
        mode(&runtime, 0o700);
        assert_eq!(default_path_in(Some(&runtime), temp.path(), uid), runtime.join("sockdock.sock"));
        mode(&runtime, 0o755);
        assert_eq!(default_path_in(Some(&runtime), temp.path(), uid), fallback);
        mode(&runtime, 0o700);
        assert_ne!(default_path_in(Some(&runtime), temp.path(), uid + 1), runtime.join("sockdock.sock"));
        for absent in [None, Some(Path::new("relative")), Some(Path::new("/nowhere/at/all"))] {
            assert_eq!(default_path_in(absent, temp.path(), uid), fallback);
        }
    }

    #[test]
    fn our_own_folder_is_made_private_and_checked() {
        let temp = tempfile::tempdir().unwrap();
        let uid = our_uid();
        let socket = default_path_in(None, temp.path(), uid);
        let folder = socket.parent().unwrap();
        prepare_folder_in(&socket, temp.path(), uid).unwrap();
        assert_eq!(fs::metadata(folder).unwrap().mode() & 0o7777, 0o700);
        prepare_folder_in(&socket, temp.path(), uid).unwrap();
        mode(folder, 0o750);
        let open = prepare_folder_in(&socket, temp.path(), uid).unwrap_err();
        assert!(open.message().contains("others may enter it (mode 750, not 700)"), "{open}");
    }

    #[test]
    fn a_link_or_a_file_in_its_place_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let uid = our_uid();
        let socket = default_path_in(None, temp.path(), uid);
        let elsewhere = temp.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        mode(&elsewhere, 0o700);
        symlink(&elsewhere, socket.parent().unwrap()).unwrap();
        let link = prepare_folder_in(&socket, temp.path(), uid).unwrap_err();
        assert!(link.message().contains("it is not a folder"), "{link}");
    }

    #[test]
    fn a_given_folder_is_made_and_must_not_be_everybodys() {
        let temp = tempfile::tempdir().unwrap();
        let check = |path: &Path| prepare_folder_in(path, Path::new("/nowhere"), our_uid());
        let folder = temp.path().join("shared");
        check(&folder.join("a.sock")).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o7777, 0o700);
        let missing = check(&temp.path().join("no/such/a.sock")).unwrap_err();
        assert!(missing.message().starts_with("cannot make the admin socket's folder"), "{missing}");
        mode(&folder, 0o777);
        let open = check(&folder.join("a.sock")).unwrap_err();
        assert!(open.message().contains("every user may change it"), "{open}");
        mode(&folder, 0o1777);
        check(&folder.join("a.sock")).unwrap();
        mode(&folder, 0o755);
        check(&folder.join("a.sock")).unwrap();
        assert!(check(Path::new("/")).is_err());
    }
}
