//! Makes code for the stories: a constant for each guest program, and the Rust program that README.md shows.

#[path = "src/markdown.rs"]
#[allow(dead_code)]
mod markdown;

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("guests.rs"), guests(Path::new("guests"))?)?;
    fs::write(Path::new(&out).join("front_page.rs"), front_page(Path::new("../README.md"))?)?;
    println!("cargo::rerun-if-changed=src/markdown.rs");
    Ok(())
}

/// One constant per guest program: `tests/guests/NAME` becomes `guests::NAME`. The stories are compiled with
/// `deny(dead_code)`, so a guest that no story uses doesn't compile.
fn guests(folder: &Path) -> Result<String, Box<dyn Error>> {
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
    Ok(code)
}

/// The block "In a Rust program" as a function. The address and the files that it names are the function's parameters,
/// and after each of its lines `after` is told that it is done.
fn front_page(readme: &Path) -> Result<String, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", readme.display());
    let shown = markdown::block(&fs::read_to_string(readme)?, "In a Rust program", "rust");
    let block = shown.map_err(|error| format!("README.md: {error}"))?;
    let mut code = block.text;
    for (literal, parameter) in [(r#""127.0.0.1:7000""#, "address"), (r#""echo.wasm""#, "echo"), (r#""echo-v2.wasm""#, "echo_v2")]
    {
        if code.matches(literal).count() != 1 {
            return Err(format!(
                "README.md:{}: the program doesn't name {literal} once; tests/build.rs puts a value there",
                block.line
            )
            .into());
        }
        code = code.replace(literal, parameter);
    }
    let (imports, program): (Vec<_>, Vec<_>) =
        (block.line..).zip(code.lines()).partition(|(_, text)| text.starts_with("use ") || text.is_empty());
    let mut function = String::new();
    imports.iter().for_each(|(_, text)| function += &format!("{text}\n"));
    function += "\n#[allow(unused_variables, reason = \"what it shows needn't be used\")]\npub(crate) async fn program(address: &str, echo: &std::path::Path, echo_v2: &std::path::Path, mut after: impl FnMut(&str)) -> Result<(), Box<dyn std::error::Error>> {\n";
    for (line, text) in program {
        if !text.trim_end().ends_with(';') {
            return Err(format!(
                "README.md:{line}: a line of the program that doesn't end with `;`; tests/build.rs calls a test after each"
            )
            .into());
        }
        writeln!(function, "    {text} // README.md:{line}\n    after({text:?});")?;
    }
    Ok(function + "    Ok(())\n}\n")
}
