//! What the examples' READMEs show of a console is what one sees.

use sockdock_tests::{Certificates, Document, Host, Program, Serve, Terminal, repository};

/// A command of a `console` block, and the lines below it.
struct Turn {
    line: usize,
    command: String,
    below: Vec<String>,
}

/// The first `console` block of an example's README: a server is started, then clients.
struct Console {
    host: Host,
    /// Where it would listen if it were alone on the machine.
    address: String,
    clients: Vec<Turn>,
}

#[track_caller]
fn console(example: &str) -> Console {
    console_where(example, &[])
}

/// The same with these words of its commands replaced: the addresses of other servers.
#[track_caller]
fn console_where(example: &str, replaced: &[(&str, &str)]) -> Console {
    let document = Document::at(&format!("examples/{example}/README.md"));
    let block = document.first_block("console");
    let mut turns: Vec<Turn> = Vec::new();
    for (line, text) in (block.line..).zip(block.text.lines()) {
        match (text.strip_prefix("$ "), turns.last_mut()) {
            (Some(command), _) => {
                let command = command.split_once(" #").map_or(command, |(command, _)| command).trim().to_owned();
                let command = replaced.iter().fold(command, |command, (theirs, ours)| command.replace(theirs, ours));
                turns.push(Turn { line, command, below: Vec::new() });
            }
            (None, Some(turn)) => turn.below.push(text.to_owned()),
            (None, None) => panic!("{}:{line}: the first line isn't a command", document.name()),
        }
    }
    let clients = turns.split_off(1);
    assert!(!clients.is_empty(), "{}:{}: no client", document.name(), block.line);
    let words: Vec<&str> = turns[0].command.split_whitespace().collect();
    let ["sockdock", "serve", folder, ref options @ .., "--listen", address] = words[..] else {
        panic!("{}:{}: not `sockdock serve FOLDER … --listen ADDR`: {}", document.name(), turns[0].line, turns[0].command);
    };
    let host = Serve::plugin(repository().join(folder)).args(options).tcp().start();
    Console { host, address: address.to_owned(), clients }
}

#[test]
fn echo() {
    let Console { host, address, clients } = console("echo");
    assert_eq!(clients[0].command, format!("nc {}", address.replace(':', " ")));
    let mut terminal = Terminal::netcat(host.tcp_address());
    let below = &clients[0].below;
    assert!(!below.is_empty() && below.len() % 2 == 0, "{below:?}");
    for pair in below.chunks(2) {
        terminal.types(&format!("{}\n", pair[0]));
        assert_eq!(terminal.sees(&pair[1]), [""; 0]);
    }
}

#[test]
fn http() {
    let Console { host, address, clients } = console("http");
    for Turn { line, command, below } in clients {
        let ours = command.replace(&address, &host.tcp_address().to_string());
        assert!(ours != command && command.starts_with("curl "), "examples/http/README.md:{line}: {command}");
        let said = Program::new("sh").args(["-c", &ours]).run().success();
        // A page isn't shown there.
        assert!(!said.is_empty() && (below.is_empty() || said.lines().eq(&below)), "examples/http/README.md:{line}: {said}");
    }
}

#[test]
fn kv() {
    let Console { host, address, clients } = console("kv");
    let (_, port) = address.rsplit_once(':').unwrap();
    assert_eq!(clients[0].command, format!("redis-cli -p {port}"));
    let below = &clients[0].below;
    assert!(!below.is_empty() && below.len() % 2 == 0, "{below:?}");
    for pair in below.chunks(2) {
        let typed = pair[0].strip_prefix(&format!("{address}> ")).unwrap_or_else(|| panic!("no prompt: {}", pair[0]));
        let port = host.tcp_address().port().to_string();
        assert_eq!(Program::new("redis-cli").args(["-p", &port]).input(typed).run().success().trim_end(), pair[1]);
    }
}

#[test]
fn chat() {
    let Console { host, address, clients } = console("chat");
    assert_eq!(clients[0].command, format!("nc {}", address.replace(':', " ")));
    let [greeting, typed @ ..] = &clients[0].below[..] else { panic!("nothing is shown") };
    let mut ann = Terminal::netcat(host.tcp_address());
    assert_eq!(ann.sees(greeting), [""; 0]);
    let mut other = Terminal::netcat(host.tcp_address());
    other.sees(&greeting.replace("guest1", "guest2"));
    typed.iter().for_each(|line| ann.types(&format!("{line}\n")));
    let said = format!("ann: {}", typed.last().unwrap());
    other.sees(&said);
    // "Now put version 2 behind the open connections".
    let (_, reload) = Document::at("examples/chat/README.md")
        .commands()
        .into_iter()
        .find(|(_, command)| command.starts_with("sockdock reload "))
        .unwrap();
    host.cli(reload.split_whitespace().skip(1).map(|word| match word {
        "examples/chat" => repository().join(word).display().to_string(),
        _ => word.to_owned(),
    }))
    .success();
    let mut newcomer = Terminal::netcat(host.tcp_address());
    newcomer.sees(&said);
    ann.types("/join tea\n");
    other.sees("* ann has gone to tea");
}

#[test]
fn socks5() {
    let web = Serve::plugin(repository().join("examples/http")).tcp().start();
    let Console { host, address, clients } = console_where("socks5", &[("127.0.0.1:8080", &web.tcp_address().to_string())]);
    assert!(clients.len() > 1);
    for Turn { line, command, below } in clients {
        let ours = command.replace(&address, &host.tcp_address().to_string());
        assert!(ours != command && command.starts_with("curl "), "examples/socks5/README.md:{line}: {command}");
        // Without what curl says of its progress.
        let said = Program::new("sh").args(["-c", &ours.replacen("curl ", "curl --silent --show-error ", 1)]).run();
        let said = if said.status.success() { said.stdout } else { said.stderr };
        assert!(said.lines().eq(&below), "examples/socks5/README.md:{line}: {said}");
    }
}

#[test]
fn smtp_starttls() {
    let folder = tempfile::tempdir().unwrap();
    let made = Certificates::write(folder.path(), "mail");
    let pair = format!("{},{}", made.certificate.display(), made.key.display());
    let Console { host, address, clients } = console_where("smtp-starttls", &[("cert.pem,key.pem", &pair)]);
    for (number, Turn { line, command, below }) in (1..).zip(clients) {
        let ours = command.replace(&address, &host.tcp_address().to_string());
        assert!(ours != command && command.starts_with("swaks "), "examples/smtp-starttls/README.md:{line}: {command}");
        let said = Program::new("sh").args(["-c", &ours]).run().success();
        assert!(said.lines().eq(&below), "examples/smtp-starttls/README.md:{line}: {said}");
        if number == 1 {
            host.wait_log(&["message 1", "<ann@example.com>", "<ben@example.org>"]);
        }
    }
}

#[test]
fn redis_client() {
    let redis = crate::kv_redis::Redis::start();
    let Console { host, address, clients } = console_where("redis-client", &[("127.0.0.1:6379", &redis.address.to_string())]);
    let (theirs, ours) = (address.rsplit(':').next().unwrap(), host.tcp_address().port().to_string());
    for Turn { line, command, below } in clients {
        let command = command.replace(theirs, &ours);
        assert!(command.starts_with("redis-cli "), "examples/redis-client/README.md:{line}: {command}");
        // As it would look at a terminal.
        let said = Program::new("sh").args(["-c", &command.replacen("redis-cli ", "redis-cli --no-raw ", 1)]).run().success();
        assert!(said.lines().filter(|line| !line.is_empty()).eq(&below), "examples/redis-client/README.md:{line}: {said}");
    }
}
