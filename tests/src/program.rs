//! Programs that run to their end: the CLI, and clients that nobody here wrote.

use crate::paths::sockdock;
use std::{
    ffi::{OsStr, OsString},
    io::{Read, Write as _},
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// A program to run.
#[derive(Debug)]
pub struct Program {
    command: Command,
    name: OsString,
    input: Vec<u8>,
    patience: Duration,
}

/// What it printed, and how it ended.
#[derive(Debug)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit status.
    pub status: ExitStatus,
}

impl Program {
    /// A program from the `PATH`. `.ci/run` installs those that the tests use.
    pub fn new(name: impl AsRef<OsStr>) -> Self {
        let name = name.as_ref().to_owned();
        Self { command: Command::new(&name), name, input: Vec::new(), patience: Duration::from_secs(60) }
    }

    /// The binary under test.
    pub fn sockdock<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        Self::new(sockdock()).args(args)
    }

    /// Adds one argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    /// Runs it in this folder.
    pub fn folder(mut self, folder: impl AsRef<std::path::Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Standard input.
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// How long it may run.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(mut self) -> Output {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("can't start {:?}: {error} (`.ci/run` installs what the tests need)", self.name));
        let mut stdin = child.stdin.take().unwrap();
        let input = std::mem::take(&mut self.input);
        // A program that doesn't want its input may be gone before it is written: not our concern.
        let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let stdout = gather(child.stdout.take().unwrap());
        let stderr = gather(child.stderr.take().unwrap());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > self.patience {
                child.kill().ok();
                child.wait().ok();
                panic!(
                    "{:?} ran longer than {:?}\n{}{}",
                    self.command,
                    self.patience,
                    stdout.join().unwrap(),
                    stderr.join().unwrap()
                );
            }
            #[expect(clippy::disallowed_methods, reason = "the pause between two looks at a state that nothing announces")]
            std::thread::sleep(Duration::from_millis(2));
        };
        writing.join().unwrap();
        Output { stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap(), status }
    }
}

impl Output {
    /// Standard output of a program that must have succeeded.
    #[track_caller]
    pub fn success(self) -> String {
        assert!(self.status.success(), "{}\n{}{}", self.status, self.stdout, self.stderr);
        self.stdout
    }

    /// Standard error of a program that must have failed with this exit code, having said what, where and what to
    /// do: each of `words` must be in it.
    #[track_caller]
    pub fn refusal(self, code: i32, words: &[&str]) -> String {
        assert_eq!(self.status.code(), Some(code), "{}\n{}{}", self.status, self.stdout, self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in: {}", self.stderr);
        }
        // A plugin may: its words are in the log, under `plugin:`.
        let panicked = self.stderr.lines().any(|line| line.contains("panicked") && !line.contains(" plugin: "));
        assert!(!panicked, "{}", self.stderr);
        self.stderr
    }
}

fn gather(mut source: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        source.read_to_end(&mut all).ok();
        String::from_utf8_lossy(&all).into_owned()
    })
}
