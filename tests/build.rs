//! One constant per guest program: `tests/guests/NAME` becomes `guests::NAME`. The stories are
//! compiled with `deny(dead_code)`, so a guest that no story uses doesn't compile.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new("guests");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            names.push(entry.file_name().into_string().map_err(|name| format!("not UTF-8: {name:?}"))?);
        }
    }
    names.sort();
    let mut code = String::new();
    // `bindings` is the guests' common library, not a program.
    for name in names.iter().filter(|name| *name != "bindings") {
        let constant = name.replace('-', "_").to_uppercase();
        writeln!(code, "pub(crate) const {constant}: sockdock_tests::Guest = sockdock_tests::Guest::named({name:?});")?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("guests.rs"), code)?;
    Ok(())
}
