//! People at a terminal: netcat, and OpenSSL's client.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A client program into which one types, and which shows what comes back. It is killed when dropped.
#[derive(Debug)]
pub struct Terminal {
    program: Child,
    keyboard: ChildStdin,
    screen: BufReader<ChildStdout>,
}

impl Terminal {
    /// `nc`, connected by TCP.
    #[track_caller]
    pub fn netcat(address: SocketAddr) -> Self {
        Self::start(Command::new("nc").args(["-w", "60", &address.ip().to_string(), &address.port().to_string()]))
    }

    /// `openssl s_client`, connected by TLS; it trusts this certificate for `localhost`.
    #[track_caller]
    pub fn openssl(address: SocketAddr, certificate: &Path) -> Self {
        Self::start(
            Command::new("openssl")
                .args(["s_client", "-quiet", "-verify_return_error", "-verify_hostname", "localhost", "-servername", "localhost"])
                .args(["-connect", &address.to_string(), "-CAfile"])
                .arg(certificate)
                .stderr(Stdio::null()),
        )
    }

    #[track_caller]
    fn start(command: &mut Command) -> Self {
        let mut program = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("can't start {command:?}: {error} (`.ci/run` installs what the tests need)"));
        let (keyboard, screen) = (program.stdin.take().unwrap(), BufReader::new(program.stdout.take().unwrap()));
        Self { program, keyboard, screen }
    }

    /// Types this.
    #[track_caller]
    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).expect("type");
    }

    /// Reads up to this line; answers those before it.
    #[track_caller]
    pub fn sees(&mut self, wanted: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.screen.read_line(&mut line).unwrap() > 0, "the end came before {wanted:?}, after {before:?}");
            if line.trim_end() == wanted {
                return before;
            }
            before.push(line.trim_end().to_owned());
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.program.kill().ok();
        self.program.wait().ok();
    }
}
