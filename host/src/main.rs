//! sockdock
fn main() {}
