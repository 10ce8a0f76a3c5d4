//! Compiled components on disk, so that a restart or a reload of a large one takes milliseconds instead of seconds.
//!
//! A cached file is native code that this process will run: whoever can write one owns the process. So the directory
//! must be the user's alone, and a file must carry a digest keyed with a secret that only the user can read. The
//! digest is checked over the very bytes that are then handed to the engine.

use super::Digest;
use crate::pure::error::{Error, Result};
use aws_lc_rs::{constant_time, digest, hmac, rand};
use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use std::fs::{DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, SystemTime};
use wasmtime::component::Component;

const SUFFIX: &str = ".aot";
const KEY: &str = "key";
const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = digest::SHA256_OUTPUT_LEN;

/// How long a half-written file is left alone: another process may be at it.
const STALE: Duration = Duration::from_secs(3600);

/// A directory of compiled components.
pub(super) struct Cache {
    path: PathBuf,
    /// All files are reached through this, so that nobody can exchange the directory after it was checked.
    directory: OwnedFd,
    key: hmac::Key,
    /// What compiled code fits: wasmtime's version, the compiler's settings, the processor.
    compatibility: String,
    size: u64,
}

impl Cache {
    /// Opens the directory at `path`, made if need be; its files may take `size` bytes together.
    ///
    /// # Errors
    /// When it can't be made or read, or isn't the user's alone.
    pub(super) fn open(path: &Path, size: u64, engine: &wasmtime::Engine) -> Result<Self> {
        let failed = |error: io::Error| {
            Error::configuration(format!("can't use the cache directory {}: {error}", path.display()))
                .hint("name another one with --cache-dir, or go without by --no-cache")
        };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = fs::open(path, flags, Mode::empty()).map_err(|error| failed(error.into()))?;
        let stat = fs::fstat(&directory).map_err(|error| failed(error.into()))?;
        owned_alone(&stat, 0o077).map_err(|why| {
            Error::configuration(format!("the cache directory {} {why}: compiled code in it can't be trusted", path.display()))
                .hint(format!("run `chmod 700 {}` if it is yours, or name another one with --cache-dir", path.display()))
        })?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &read_or_make_key(&directory).map_err(failed)?);
        Ok(Self { path: path.to_owned(), directory, key, compatibility: compatibility(engine), size })
    }

    /// The compiled form of the component with this digest, if it is there and untouched.
    pub(super) fn load(&self, engine: &wasmtime::Engine, component: &Digest) -> Option<Component> {
        let name = self.name(component);
        let loaded = match self.read(&name) {
            Ok(None) => return None,
            Ok(Some(bytes)) => self.verified(&name, &bytes).and_then(|code| deserialize(engine, code)),
            Err(error) => Err(error.to_string()),
        };
        loaded
            .inspect_err(|why| {
                tracing::warn!(
                    "the cached {} is not used: {why}; the component is compiled anew",
                    self.path.join(&name).display()
                );
            })
            .ok()
    }

    /// Keeps the compiled form of the component with this digest. A failure is logged: the cache only saves time.
    pub(super) fn store(&self, component: &Digest, compiled: &Component) {
        let name = self.name(component);
        let stored = compiled.serialize().map_err(io::Error::other).and_then(|code| {
            write_atomically(&self.directory, &name, &[self.tag(&name, &code).as_ref(), &code])?;
            self.evict()
        });
        if let Err(error) = stored {
            tracing::warn!(
                "can't keep {}: {error}; the component will be compiled again next time",
                self.path.join(&name).display()
            );
        }
    }

    fn name(&self, component: &Digest) -> String {
        format!("{component}-{}{SUFFIX}", self.compatibility)
    }

    /// Binds the code to its name as well, so that one file can't stand in for another.
    fn tag(&self, name: &str, code: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(name.as_bytes());
        context.update(code);
        context.sign()
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some((mut file, stat)) = open_file(&self.directory, name)? else { return Ok(None) };
        let mut bytes = Vec::with_capacity(usize::try_from(stat.st_size).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        // The time of its last use decides which file goes when there are too many.
        file.set_modified(SystemTime::now())?;
        Ok(Some(bytes))
    }

    fn verified<'a>(&self, name: &str, bytes: &'a [u8]) -> Result<&'a [u8], String> {
        let (tag, code) = bytes.split_at_checked(TAG_BYTES).ok_or("it is truncated")?;
        match constant_time::verify_slices_are_equal(tag, self.tag(name, code).as_ref()) {
            Ok(()) => Ok(code),
            Err(_) => Err("it was changed, or made with another key".into()),
        }
    }

    /// Removes what was used longest ago until the rest fits, and what a crashed process left half-written.
    fn evict(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let (cached, stale) = (ends_with(name.to_bytes(), SUFFIX), ends_with(name.to_bytes(), TEMPORARY));
            if !cached && !stale {
                continue;
            }
            // It may be gone by now: another process evicts as well.
            let Ok(stat) = fs::statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            if cached {
                files.push(((stat.st_mtime, stat.st_mtime_nsec), stat.st_size.unsigned_abs(), name.to_owned()));
            } else if age(&stat) > STALE {
                let _ = fs::unlinkat(&self.directory, name, AtFlags::empty());
            }
        }
        files.sort_unstable_by_key(|&(used, ..)| std::cmp::Reverse(used));
        let mut total = 0;
        for (_, size, name) in &files {
            total += size;
            if total > self.size {
                let _ = fs::unlinkat(&self.directory, name.as_c_str(), AtFlags::empty());
            }
        }
        Ok(())
    }
}

/// # Errors
/// Why it isn't: the words that follow the file's name.
fn owned_alone(stat: &Stat, forbidden: u32) -> Result<(), String> {
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(format!("belongs to another user (uid {})", stat.st_uid));
    }
    let mode = stat.st_mode & 0o777;
    if mode & forbidden != 0 {
        return Err(format!("is open to other users (mode {mode:03o})"));
    }
    Ok(())
}

/// The file `name`, if there is one. It must be an ordinary file of the user's alone.
fn open_file(directory: &OwnedFd, name: &str) -> io::Result<Option<(File, Stat)>> {
    // Without NONBLOCK a fifo that somebody put here would hold us up.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match fs::openat(directory, name, flags, Mode::empty()) {
        Ok(file) => file,
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let stat = fs::fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::other("it isn't an ordinary file"));
    }
    owned_alone(&stat, 0o077).map_err(|why| io::Error::other(format!("it {why}")))?;
    Ok(Some((file.into(), stat)))
}

const TEMPORARY: &str = ".tmp";

/// A name that no other thread or process writes to.
fn temporary_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}{TEMPORARY}", std::process::id(), COUNT.fetch_add(1, Relaxed))
}

fn write_temporary(directory: &OwnedFd, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(fs::openat(directory, name, flags, Mode::RUSR | Mode::WUSR)?);
    parts.iter().try_for_each(|part| file.write_all(part))
}

/// Readers see the old file or the whole new one.
fn write_atomically(directory: &OwnedFd, name: &str, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = temporary_name();
    let written =
        write_temporary(directory, &temporary, parts).and_then(|()| Ok(fs::renameat(directory, &temporary, directory, name)?));
    if written.is_err() {
        let _ = fs::unlinkat(directory, temporary.as_str(), AtFlags::empty());
    }
    written
}

/// The secret that only this user's processes know.
fn read_or_make_key(directory: &OwnedFd) -> io::Result<[u8; KEY_BYTES]> {
    if let Some(key) = read_key(directory)? {
        return Ok(key);
    }
    let mut key = [0; KEY_BYTES];
    rand::fill(&mut key).map_err(|_| io::Error::other("no randomness for the key"))?;
    // A link fails where a rename would replace: of two processes that come here at once, both take the key of the first.
    let temporary = temporary_name();
    let made = write_temporary(directory, &temporary, &[&key])
        .and_then(|()| Ok(fs::linkat(directory, &temporary, directory, KEY, AtFlags::empty())?));
    let _ = fs::unlinkat(directory, temporary.as_str(), AtFlags::empty());
    match made {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read_key(directory)?.ok_or_else(|| io::Error::other("its key was removed meanwhile"))
        }
        Err(error) => Err(error),
    }
}

fn read_key(directory: &OwnedFd) -> io::Result<Option<[u8; KEY_BYTES]>> {
    let Some((file, _)) = open_file(directory, KEY).map_err(|error| io::Error::other(format!("its file `{KEY}`: {error}")))?
    else {
        return Ok(None);
    };
    let mut key = Vec::with_capacity(KEY_BYTES);
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut key)?;
    match <[u8; KEY_BYTES]>::try_from(key) {
        Ok(key) => Ok(Some(key)),
        Err(_) => {
            Err(io::Error::other(format!("its file `{KEY}` doesn't hold {KEY_BYTES} bytes; remove it to have a new one made")))
        }
    }
}

fn age(stat: &Stat) -> Duration {
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(stat.st_mtime.unsigned_abs());
    SystemTime::now().duration_since(modified).unwrap_or(Duration::ZERO)
}

fn ends_with(name: &[u8], suffix: &str) -> bool {
    name.ends_with(suffix.as_bytes())
}

/// The hash that wasmtime gives for "code of this engine runs on that one", as hex.
fn compatibility(engine: &wasmtime::Engine) -> String {
    struct Digesting(digest::Context);
    impl Hasher for Digesting {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            // Nobody asks: the digest itself is taken.
            0
        }
    }
    let mut hasher = Digesting(digest::Context::new(&digest::SHA256));
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finish().as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The one `unsafe` of the crate: `code` becomes native code of this process.
#[allow(unsafe_code, reason = "there is no safe way to load precompiled code")]
fn deserialize(engine: &wasmtime::Engine, code: &[u8]) -> Result<Component, String> {
    // SAFETY: `code` must come from `Component::serialize`, unchanged. It carried a digest keyed with a secret that
    // only this user's processes can read, and `verified` has checked it over these very bytes, which nobody else can
    // change: they are in our memory. wasmtime itself refuses code of another version or with other settings.
    unsafe { Component::deserialize(engine, code) }.map_err(|error| format!("{error:#}"))
}
