//! The lines that a process prints, gathered by a thread while it runs.

use crate::wait::DEADLINE;
use std::{
    io::{BufRead as _, BufReader, Read},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

#[derive(Debug, Default)]
struct Gathered {
    lines: Vec<String>,
    ended: bool,
}

/// Lines so far; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<(Mutex<Gathered>, Condvar)>);

impl Lines {
    /// Gathers what comes from `source`, until its end.
    pub fn of(source: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let writer = lines.clone();
        std::thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while source.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                line.clear();
                writer.change(|gathered| gathered.lines.push(text));
            }
            writer.change(|gathered| gathered.ended = true);
        });
        lines
    }

    fn change(&self, change: impl FnOnce(&mut Gathered)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    /// The first line that `wanted` picks, once it is there; none if the output ends without it.
    pub(crate) fn wait(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        self.wait_for(DEADLINE, wanted)
    }

    /// The same, with a patience of its own.
    pub(crate) fn wait_for(&self, patience: Duration, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let until = Instant::now() + patience;
        let mut gathered = self.0.0.lock().unwrap();
        let mut seen = 0;
        loop {
            if let Some(line) = gathered.lines[seen..].iter().find(|line| wanted(line)) {
                return Some(line.clone());
            }
            seen = gathered.lines.len();
            let left = until.saturating_duration_since(Instant::now());
            if gathered.ended || left.is_zero() {
                return None;
            }
            gathered = self.0.1.wait_timeout(gathered, left).unwrap().0;
        }
    }

    /// Waits until nothing more can come.
    #[track_caller]
    pub fn until_the_end(&self) {
        self.wait(|_| false);
        assert!(self.0.0.lock().unwrap().ended, "the output didn't end");
    }

    /// What has come so far.
    pub fn all(&self) -> Vec<String> {
        self.0.0.lock().unwrap().lines.clone()
    }
}
