//! Puts what `sockdock new` hands out into the binary: the templates, the kits and the contract. A list of our own rather
//! than all that lies there: a kit's folder also holds its tests, and what npm, Python and compilers leave behind.
#![allow(missing_docs)]

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// Kits in folders of their own; the one for Rust is `guest-sdk` itself.
const KITS: [&str; 4] = ["c", "go", "js", "python"];

/// What of `guest-sdk` is the kit for Rust.
const RUST: [&str; 3] = ["Cargo.toml", "README.md", "src"];

/// Names of files and folders that are nobody's source, or no business of who uses a kit. What begins with a dot is neither.
const LEFT_OUT: [&str; 10] =
    ["__pycache__", "build", "dist", "node_modules", "package-lock.json", "target", "templates", "test", "tests", "venv"];

/// Endings of the same kind.
const ENDINGS: [&str; 6] = [".part", ".pyc", ".wasm", "_test.go", ".test.js", ".egg-info"];

fn main() -> Result<(), Box<dyn Error>> {
    let repository = Path::new(&env::var("CARGO_MANIFEST_DIR")?).parent().ok_or("host/ stands in the repository")?.to_owned();
    let sdk = repository.join("guest-sdk");
    let mut files = Vec::new();
    for template in folders(&sdk.join("templates"))? {
        let name = template.file_name().and_then(|name| name.to_str()).ok_or("a template's name")?.to_owned();
        gather(&template, &format!("template/{name}"), &mut files)?;
    }
    for part in RUST {
        gather(&sdk.join(part), &format!("kit/rust/{part}"), &mut files)?;
    }
    for kit in KITS.iter().filter(|kit| sdk.join(kit).is_dir()) {
        gather(&sdk.join(kit), &format!("kit/{kit}"), &mut files)?;
    }
    gather(&repository.join("wit"), "wit", &mut files)?;
    files.sort();

    let mut code = String::from("&[\n");
    for (name, file) in &files {
        writeln!(code, "    ({name:?}, include_bytes!({:?})),", file.to_str().ok_or("a path in UTF-8")?)?;
    }
    code += "]\n";
    fs::write(Path::new(&env::var("OUT_DIR")?).join("embedded.rs"), code)?;
    println!("cargo::rerun-if-changed=build.rs");
    watch(&sdk.join("templates"))?;
    watch(&repository.join("wit"))?;
    for part in RUST.iter().chain(&KITS).map(|part| sdk.join(part)).filter(|part| part.exists()) {
        watch(&part)?;
    }
    Ok(())
}

fn is_left_out(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || LEFT_OUT.contains(&&*name) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// The files of `path`, by the names that they have in the binary.
fn gather(path: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    if !path.is_dir() {
        files.push((name.to_owned(), path.to_owned()));
        return Ok(());
    }
    // A template's tests are the user's.
    let template = name.starts_with("template/");
    let is_test = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        matches!(&*name, "test" | "tests") || name.ends_with("_test.go") || name.ends_with(".test.js")
    };
    // The contract comes from where it is at home.
    let kit = name.starts_with("kit/") && name.matches('/').count() == 1;
    for entry in entries(path)?.into_iter().filter(|entry| !is_left_out(entry) || (template && is_test(entry))) {
        let inner = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if kit && inner == "wit" {
            continue;
        }
        gather(&entry, &format!("{name}/{inner}"), files)?;
    }
    Ok(())
}

/// Has cargo look at what is embedded, and at nothing else: it takes a folder with all that is in it.
fn watch(path: &Path) -> io::Result<()> {
    fn is_clean(path: &Path) -> io::Result<bool> {
        if !path.is_dir() {
            return Ok(true);
        }
        for entry in entries(path)? {
            if is_left_out(&entry) || !is_clean(&entry)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
    if is_clean(path)? {
        println!("cargo::rerun-if-changed={}", path.display());
        return Ok(());
    }
    for entry in entries(path)?.into_iter().filter(|entry| !is_left_out(entry)) {
        watch(&entry)?;
    }
    Ok(())
}
