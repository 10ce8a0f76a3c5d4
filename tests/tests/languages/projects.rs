//! What `sockdock new` makes, in each language for which there is a template: `sockdock dev` builds and serves it, and swaps a
//! change in under a live connection.

use sockdock_tests::{Program, Project};
use std::path::Path;

/// The file of a template that has the handlers, what it does with what came in, and another thing to do.
const CHANGES: [(&str, &str, &str, &str); 6] = [
    ("c", "main.c", "sockdock_write(socket, bytes, length)", "sockdock_write(socket, (const uint8_t *)\"CHANGED\", 7)"),
    ("go", "main.go", "socket.Write(data)", "socket.Write([]byte(\"CHANGED\"))"),
    ("js", "src/main.js", "socket.write(bytes)", "socket.write(\"CHANGED\")"),
    ("python", "app.py", "socket.write(data)", "socket.write(b\"CHANGED\")"),
    ("rust", "src/lib.rs", "socket.write(bytes)", "socket.write(b\"CHANGED\")"),
    ("ts", "src/main.ts", "socket.write(bytes)", "socket.write(\"CHANGED\")"),
];

#[test]
fn every_template_is_driven_here() {
    let said = Program::sockdock(["new", "x", "--lang", "none"]).run().stderr;
    let (_, list) = said.lines().next().and_then(|line| line.split_once("there is a template for ")).expect("a list");
    let listed: Vec<&str> = list.split([',', ' ']).filter(|word| !word.is_empty() && *word != "and").collect();
    assert_eq!(listed, CHANGES.map(|(language, ..)| language));
}

#[test]
fn a_change_is_swapped_in() {
    for (language, file, from, to) in CHANGES {
        let name = format!("dev-in-{language}");
        let project = Project::new(Path::new(env!("CARGO_TARGET_TMPDIR")), &name, language);
        let host = project.dev().start();
        let mut client = host.tcp();
        client.expect(format!("hello from {name}\n"));
        client.echo("as it is");
        project.edit(file, from, to);
        host.wait_said(&[" · swapped ", " · 1 connection · ", &format!("{name}.wasm sha256:")]);
        client.send("another");
        client.expect("CHANGED");
        assert_eq!(host.count("traps"), 0, "{language}");
    }
}
