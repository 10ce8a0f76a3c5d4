//! A component, but a command and not a plugin: it exports `wasi:cli/run`.

fn main() {
    println!("a command");
}
