//! What reloads cost those who are connected: `make bench-reload`.

mod chat;
pub(crate) mod host;
mod losses;
mod page;
mod pauses;
pub mod sequence;
mod state;
mod storm;
pub mod traffic;

pub use self::{host::Host, page::document};
use crate::{credentials::Credentials, histogram::Histogram};
use anyhow::{Result, ensure};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How often there is a reload.
pub const EVERY: Duration = Duration::from_millis(20);

/// What runs, and for how long.
#[derive(Debug)]
pub struct Bench {
    /// The repository.
    pub root: PathBuf,
    /// The host.
    pub sockdock: PathBuf,
    /// A look, no result.
    pub quick: bool,
    /// Of the TLS listener.
    pub credentials: Credentials,
}

/// A table, and what it is about.
#[derive(Debug, Clone)]
pub struct Section {
    /// A heading.
    pub title: String,
    /// What was done; Markdown.
    pub about: String,
    /// Headings, then rows.
    pub table: Vec<Vec<String>>,
    /// What it was to reach, and whether it did.
    pub aims: Vec<Aim>,
}

/// A figure that has an aim.
#[derive(Debug, Clone)]
pub struct Aim {
    /// Of what.
    pub name: String,
    /// What was found.
    pub found: String,
    /// What was aimed at.
    pub aim: String,
    /// Whether it was reached.
    pub reached: bool,
}

impl Aim {
    fn new(name: impl Into<String>, found: impl Into<String>, aim: impl Into<String>, reached: bool) -> Self {
        Self { name: name.into(), found: found.into(), aim: aim.into(), reached }
    }
}

/// A measurement.
type Measure = fn(&Bench) -> Result<Section>;

/// All measurements, by name.
pub const ALL: [(&str, Measure); 5] = [
    ("losses", losses::measure),
    ("pauses", pauses::measure),
    ("chat", chat::measure),
    ("state", state::measure),
    ("storm", storm::measure),
];

impl Bench {
    /// A program of `tests/guests`.
    fn guest(&self, name: &str) -> PathBuf {
        self.root.join("target/guests/wasm32-wasip2/release").join(name).with_extension("wasm")
    }

    /// An example's component.
    fn example(&self, name: &str) -> PathBuf {
        self.root.join("examples").join(name).join(name).with_extension("wasm")
    }

    /// Fails unless everything is there, and enough files may be open.
    pub fn check(&self) -> Result<()> {
        let guests = ["echo_v1", "echo_v2", "faulty"].map(|name| self.guest(name));
        let examples = ["chat", "kv"].map(|name| self.example(name));
        for file in [self.sockdock.clone()].iter().chain(&guests).chain(&examples) {
            ensure!(file.exists(), "there is no {}: `make bench-reload` makes it", file.display());
        }
        let files = crate::process::raise_open_files()?;
        let need = pauses::MOST as u64 + 500;
        ensure!(files >= need, "{need} open files are needed, {files} are allowed (ulimit -Hn)");
        Ok(())
    }

    fn host(&self, plugin: &Path, scratch: &Path, args: &[&str]) -> Result<Host> {
        Host::start(&self.sockdock, plugin, &self.credentials, scratch, args)
    }

    fn seconds(&self, seconds: u64, quick: u64) -> Duration {
        Duration::from_secs(if self.quick { quick } else { seconds })
    }
}

/// Calls `each` with 0, 1, 2, … at the rhythm of the reloads; one that takes longer delays the next.
fn in_rhythm(length: Duration, mut each: impl FnMut(usize) -> Result<()>) -> Result<usize> {
    let (start, mut next, mut n) = (Instant::now(), Instant::now(), 0);
    while start.elapsed() < length {
        each(n)?;
        n += 1;
        next = (next + EVERY).max(Instant::now());
        pass(next.saturating_duration_since(Instant::now()));
    }
    Ok(n)
}

/// Lets time go by while others are at work.
#[expect(clippy::disallowed_methods, reason = "so long is what is measured; no state is waited for")]
fn pass(time: Duration) {
    std::thread::sleep(time);
}

fn histogram(microseconds: impl IntoIterator<Item = u64>) -> Histogram {
    let mut histogram = Histogram::default();
    microseconds.into_iter().for_each(|us| histogram.record(Duration::from_micros(us)));
    histogram
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1e3)
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).into()
}
