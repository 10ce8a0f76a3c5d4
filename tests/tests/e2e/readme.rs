//! The front page does what it says: its plugin is built and driven, its commands are given, its program runs. All of
//! it is taken from the documents' text.

use crate::{front_page, guests};
use sockdock_tests::{Block, Client, Document, Host, Program, Serve, Terminal, repository};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// A plugin's folder with this as its program, in a place of its own. The rest is as guest-sdk/README.md says.
fn plugin(name: &str, program: &str) -> PathBuf {
    // Always the same one, so that cargo finds there what it has built before.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("front-page").join(name);
    let write = |file: &str, text: &str| {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let shown = Document::at("guest-sdk/README.md").block("sockdock-guest", "toml");
    let sdk = "\"../guest-sdk\"";
    assert_eq!(shown.text.matches(sdk).count(), 1, "guest-sdk/README.md:{}: the SDK isn't at {sdk}", shown.line);
    let rest = shown.text.replace(sdk, &format!("{:?}", repository().join("guest-sdk")));
    let package = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"1.85\"\n\n[workspace]\nresolver = \"3\"\n\n{rest}"
    );
    write("Cargo.toml", &package);
    // The dependencies are those of the examples, which are here already.
    write("Cargo.lock", &fs::read_to_string(repository().join("examples/Cargo.lock")).unwrap());
    write(".cargo/config.toml", &format!("[build]\ntarget-dir = {:?}\n", repository().join("target/guests")));
    write("src/lib.rs", program);
    folder
}

/// Two people type into the echo, one with TLS; the program changes under them as `examples/echo/README.md` says.
fn drive(place: &str, block: &Block, folder: &Path) {
    let host = Serve::plugin(folder).tcp().tls().start();
    let mut people =
        [Terminal::netcat(host.tcp_address()), Terminal::openssl(host.tls_address(), &host.certificates().certificate)];
    for (number, person) in people.iter_mut().enumerate() {
        person.types(&format!("hello {number}\n"));
        assert_eq!(person.sees(&format!("hello {number}")), [""; 0]);
    }
    let changed = Document::at("examples/echo/README.md").span_after("change the program (upper case, say: ");
    let original = "socket.write(bytes).ok();";
    assert_eq!(block.text.matches(original).count(), 1, "{place}: no `{original}` that could be changed");
    fs::write(folder.join("src/lib.rs"), block.text.replace(original, &changed)).unwrap();
    let said = host.cli(["reload"]).success();
    for (number, person) in people.iter_mut().enumerate() {
        person.types(&format!("again {number}\n"));
        assert_eq!(person.sees(&format!("AGAIN {number}")), [""; 0], "{said}");
    }
    assert_eq!((host.count("generation"), host.count("connections"), host.count("traps")), (2, 2, 0));
}

#[track_caller]
fn the_plugin_works(document: &str, heading: &str, name: &str) {
    let block = Document::at(document).block(heading, "rust");
    let place = format!("{document}:{}", block.line);
    let folder = plugin(name, &block.text);
    let component = folder.join("out.wasm");
    let built = Program::sockdock(["build"]).arg(&folder).arg("-o").arg(&component).patience(Duration::from_secs(300)).run();
    assert!(built.status.success(), "{place}: the plugin isn't built:\n{}{}", built.stdout, built.stderr);
    Serve::plugin(&component).tcp().start().tcp().echo("hello");
    drive(&place, &block, &folder);
}

#[test]
fn the_plugin_of_the_front_page() {
    the_plugin_works("README.md", "A plugin", "front-page");
}

#[test]
fn the_plugin_of_the_sdks_front_page() {
    the_plugin_works("guest-sdk/README.md", "sockdock-guest", "sdk-front-page");
}

#[test]
fn the_echo_that_is_explained_is_the_one_that_is_there() {
    let block = Document::at("examples/echo/README.md").block("The program", "rust");
    let source = fs::read_to_string(repository().join("examples/echo/src/lib.rs")).unwrap();
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
    assert!(code.contains(&block.text), "examples/echo/README.md:{}: not what src/lib.rs says:\n{code}", block.line);
}

/// The commands under "Reload", with a client connected all the while.
#[test]
fn the_reload_of_the_front_page() {
    let document = Document::at("README.md");
    let block = document.block("Reload", "sh");
    let lines = block.line..block.line + block.text.lines().count();
    let mut commands = document.commands().into_iter().filter(|(line, _)| lines.contains(line));
    let (line, first) = commands.next().unwrap();
    let words: Vec<&str> = first.split_whitespace().collect();
    let ["target/debug/sockdock", "serve", folder, "--listen", address] = words[..] else {
        panic!("README.md:{line}: not `target/debug/sockdock serve FOLDER --listen ADDR`: `{first}`");
    };
    let (_, port) = address.rsplit_once(':').unwrap();
    let host = Serve::plugin(repository().join(folder)).tcp().start();
    let mut client = host.tcp();
    client.send("GET greeting\r\n");
    client.expect("$-1\r\n");
    let mut done = Vec::new();
    for (line, command) in commands {
        let output = give(&host, &command, port);
        assert!(output.status.success(), "README.md:{line}: `{command}`: {output:?}");
        done.push(command);
        client.send("PING\r\n");
        client.expect("+PONG\r\n");
    }
    assert!(done.len() >= 3, "README.md:{line}: too little is done: {done:?}");
    client.send("GET greeting\r\n");
    client.expect("$5\r\nhello\r\n");
    let reloads = done.iter().filter(|command| command.ends_with("sockdock reload")).count() as u64;
    assert_eq!((host.count("generation"), host.count("reloads")), (1 + reloads, reloads));
    assert_eq!(host.count("traps"), 0);
}

/// Gives a command as it is written, but to this host rather than to one at `port`.
fn give(host: &Host, command: &str, port: &str) -> sockdock_tests::Output {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words[..] {
        ["target/debug/sockdock", ref rest @ ..] => host.cli(rest),
        [program, ref rest @ ..] => {
            let ours = host.tcp_address().port().to_string();
            Program::new(program).args(rest.iter().map(|word| if *word == port { &ours } else { *word })).run()
        }
        [] => panic!("an empty command"),
    }
}

#[test]
fn the_rust_program_of_the_front_page() {
    let (echo, echo_v2) = (guests::ECHO_V1.path(), guests::ECHO_V2.path());
    // A loopback address that no other test uses.
    let [_, a, b, c] = std::process::id().to_be_bytes();
    let address = format!("127.{}.{b}.{c}:7000", a | 128);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut client = None;
    let mut lines = 0;
    runtime
        .block_on(front_page::program(&address, &echo, &echo_v2, |line| {
            lines += 1;
            if line.contains(".listen(") {
                client.insert(Client::tcp(address.parse().unwrap())).echo("listening");
            } else if line.contains(".reload(") {
                client.as_mut().expect("no listener before the reload").echo("still connected");
                // It stops in order: once nobody is connected.
                client = None;
            }
        }))
        .unwrap();
    assert!(lines >= 4 && client.is_none(), "{lines} lines");
    assert!(std::net::TcpStream::connect(&address).is_err(), "it still listens");
}
