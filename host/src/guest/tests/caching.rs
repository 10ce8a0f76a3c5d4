//! Compiled components on disk.

use super::*;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

fn engine_with(directory: &Path, cache_size: u64) -> Engine {
    let config = EngineConfig { cache_dir: Some(directory.into()), cache_size, max_instances: 2, ..EngineConfig::default() };
    Engine::new(&config).unwrap()
}

/// A cache directory inside of a temporary one; it doesn't exist yet.
fn directory() -> (tempfile::TempDir, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("a/b");
    (outer, inner)
}

/// Loads with a new engine, as after a restart; whether it came from the cache.
fn load_anew(directory: &Path, bytes: &[u8]) -> bool {
    let component = engine_with(directory, 1 << 30).load::<Recorder>(bytes, "test").unwrap();
    let slot = &mut Recorder::slot();
    Instance::new(&component, &settings(), slot).unwrap().open(slot, crate::pure::socket::SocketId(1)).unwrap();
    assert_eq!(slot.as_mut().unwrap().take_written(), ["#1 open"]);
    component.stats().cached
}

fn cached_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "aot")).collect();
    files.sort();
    files
}

fn the_file(directory: &Path) -> PathBuf {
    let files = cached_files(directory);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn what_was_compiled_once_is_taken_from_the_cache() {
    let (_outer, directory) = directory();
    let bytes = Wat::plugin().build();
    assert!(!load_anew(&directory, &bytes));
    assert!(load_anew(&directory, &bytes));
    assert!(!load_anew(&directory, &Wat::plugin().with_timer().build()), "another component is another file");
    assert_eq!(cached_files(&directory).len(), 2);
    assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o700);
    for file in fs::read_dir(&directory).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
    }
}

#[test]
fn every_part_of_a_file_is_checked() {
    let (_outer, directory) = directory();
    let bytes = Wat::plugin().build();
    load_anew(&directory, &bytes);
    let file = the_file(&directory);
    let whole = fs::read(&file).unwrap();
    // In the digest, at the front, in the middle, at the end.
    for at in [0, 40, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&file, &changed).unwrap();
        assert!(!load_anew(&directory, &bytes), "byte {at}");
        assert!(load_anew(&directory, &bytes), "it was replaced");
    }
    for length in [0, 31, 32, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(!load_anew(&directory, &bytes), "{length} bytes");
        assert!(load_anew(&directory, &bytes), "it was replaced");
    }
}

#[test]
fn a_file_made_with_another_key_is_not_used() {
    let (_outer, ours) = directory();
    let (_other_outer, theirs) = directory();
    let bytes = Wat::plugin().build();
    load_anew(&ours, &bytes);
    load_anew(&theirs, &bytes);
    fs::copy(the_file(&theirs), the_file(&ours)).unwrap();
    assert!(!load_anew(&ours, &bytes));
    assert!(load_anew(&ours, &bytes));
}

#[test]
fn one_file_cant_stand_in_for_another() {
    let (_outer, directory) = directory();
    let (one, other) = (Wat::plugin().build(), Wat::plugin().with_timer().build());
    load_anew(&directory, &one);
    let file = the_file(&directory);
    load_anew(&directory, &other);
    let others = cached_files(&directory).into_iter().find(|path| *path != file).unwrap();
    fs::copy(&file, &others).unwrap();
    assert!(!load_anew(&directory, &other));
}

#[test]
fn a_directory_or_file_open_to_others_is_not_used() {
    let (_outer, directory) = directory();
    let bytes = Wat::plugin().build();
    load_anew(&directory, &bytes);
    let file = the_file(&directory);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(!load_anew(&directory, &bytes), "the file was open");
    assert!(load_anew(&directory, &bytes));
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o770)).unwrap();
    assert!(!load_anew(&directory, &bytes), "the directory is open");
    assert!(!load_anew(&directory, &bytes), "and stays unused");
}

#[test]
fn a_link_is_not_followed() {
    let (outer, directory) = directory();
    let bytes = Wat::plugin().build();
    load_anew(&directory, &bytes);
    let (file, elsewhere) = (the_file(&directory), outer.path().join("elsewhere"));
    fs::rename(&file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    assert!(!load_anew(&directory, &bytes));
}

#[test]
fn a_path_that_is_no_directory_leaves_the_engine_without_a_cache() {
    let outer = tempfile::tempdir().unwrap();
    let file = outer.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(!load_anew(&file, &Wat::plugin().build()));
}

#[test]
fn the_file_used_longest_ago_goes_first() {
    let (_outer, directory) = directory();
    let (one, other) = (Wat::plugin().build(), Wat::plugin().with_timer().build());
    load_anew(&directory, &one);
    let oldest = the_file(&directory);
    let size = fs::metadata(&oldest).unwrap().len();
    let engine = engine_with(&directory, size + size / 2);
    engine.load::<Recorder>(&other, "test").unwrap();
    let left = cached_files(&directory);
    assert_eq!(left.len(), 1);
    assert_ne!(left[0], oldest);
    assert!(load_anew(&directory, &other));
}

#[test]
fn engines_at_the_same_directory_dont_disturb_each_other() {
    let (_outer, directory) = directory();
    let bytes = Wat::plugin().build();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| load_anew(&directory, &bytes));
        }
    });
    assert!(load_anew(&directory, &bytes));
    let names: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "the key, one file, nothing half-written: {names:?}");
}
