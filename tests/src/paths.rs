//! Where things are in the repository.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the repository")
}

/// The folder of an example plugin.
pub fn example_folder(name: &str) -> PathBuf {
    repository().join("examples").join(name)
}

/// The target folder that this test was built into.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("the path of the test");
    // target/debug/deps/e2e-0123
    test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps").to_owned()
}

/// Where compiled plugins are cached between tests and runs.
pub(crate) fn cache() -> PathBuf {
    target().join("e2e-cache")
}

/// The binary under test: `SOCKDOCK_BIN`, else the one beside the tests.
pub fn sockdock() -> PathBuf {
    let path = std::env::var_os("SOCKDOCK_BIN").map_or_else(|| target().join("sockdock"), PathBuf::from);
    assert!(
        path.exists(),
        "{} is missing: run `cargo build -p sockdock` first (`make test` does), or set SOCKDOCK_BIN",
        path.display()
    );
    path
}
