//! The `sockdock` command; everything is in the library's `control` module.

fn main() -> std::process::ExitCode {
    sockdock::control::main()
}
