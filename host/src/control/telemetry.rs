//! The log: `tracing` events as lines on stderr.
//!
//! Workers log too, so writing a line must neither block (a terminal that was stopped, a pipe that nobody empties) nor
//! panic (a stderr that was closed): lines go through a bounded queue to a thread of their own. What doesn't fit is
//! counted and owned up to.

use crate::{Error, Result};
use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Lines that may wait to be written: some hundred KiB at worst, half a second of a busy log.
const QUEUE: usize = 4096;

/// How long the end of the process waits for the last lines to be written.
const FLUSH: Duration = Duration::from_secs(1);

/// The shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// A line for people.
    Text,
    /// One JSON object per line, for programs.
    Json,
}

/// Writes what is still queued when it is dropped.
#[must_use = "dropping it ends the log"]
pub(crate) struct LogGuard {
    queue: SyncSender<Message>,
    done: Receiver<()>,
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        // A full queue means that nobody reads: then there is nothing to wait for.
        if self.queue.try_send(Message::Flush).is_ok() {
            let _: Result<(), RecvTimeoutError> = self.done.recv_timeout(FLUSH);
        }
    }
}

/// Starts the log. `filter` is a level, or directives as in `RUST_LOG` (`info,sockdock=debug`).
pub(crate) fn start(format: LogFormat, filter: &str) -> Result<LogGuard> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Error::configuration(format!("`{filter}` is no log level: {error}"))
            .hint("give error, warn, info, debug, trace or off, or directives as `info,sockdock=debug`")
    })?;
    let (lines, guard) = LineQueue::start(io::stderr(), format == LogFormat::Text)?;
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // Writing can't fail here, and the subscriber's own complaint would panic on a closed stderr.
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines).log_internal_errors(false);
    let set = match format {
        LogFormat::Text => tracing::subscriber::set_global_default(subscriber.with_ansi(colours).finish()),
        LogFormat::Json => tracing::subscriber::set_global_default(subscriber.with_ansi(false).json().finish()),
    };
    set.map_err(|error| Error::host(format!("cannot start the log: {error}")))?;
    Ok(guard)
}

enum Message {
    Line(Vec<u8>),
    Flush,
}

/// The writers' end of the queue.
#[derive(Clone)]
struct LineQueue {
    queue: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
    fold: bool,
}

impl LineQueue {
    fn start(out: impl Write + Send + 'static, fold: bool) -> Result<(Self, LogGuard)> {
        let (queue, messages) = sync_channel(QUEUE);
        let (finished, done) = sync_channel(1);
        let dropped = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&dropped);
        thread::Builder::new()
            .name("log".into())
            .spawn(move || write_lines(out, &messages, &counter, &finished))
            .map_err(|error| Error::host(format!("cannot start the log's thread: {error}")))?;
        Ok((Self { queue: queue.clone(), dropped, fold }, LogGuard { queue, done }))
    }
}

fn write_lines(mut out: impl Write, messages: &Receiver<Message>, dropped: &AtomicU64, finished: &SyncSender<()>) {
    while let Ok(message) = messages.recv() {
        match message {
            // A reader that has gone is no reason to stop emptying the queue: the workers go on.
            Message::Line(line) => drop(out.write_all(&line)),
            Message::Flush => {
                let _ = out.flush();
                let _ = finished.try_send(());
            }
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = writeln!(out, "{lost} log lines were dropped: stderr was not read fast enough");
        }
    }
}

impl<'a> MakeWriter<'a> for LineQueue {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { queue: self, text: Vec::new() }
    }
}

/// One event's text; queued as a whole when it is complete.
struct Line<'a> {
    queue: &'a LineQueue,
    text: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let line = if self.queue.fold { fold(text) } else { text };
        if self.queue.queue.try_send(Message::Line(line)).is_err() {
            self.queue.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Indents what follows a line break inside an event, and shows a carriage return as `\r`: a plugin's message can't
/// pass for a line of the host's.
fn fold(text: Vec<u8>) -> Vec<u8> {
    let Some((b'\n', body)) = text.split_last() else { return text };
    if !body.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return text;
    }
    let mut folded = String::with_capacity(text.len() + 16);
    for c in String::from_utf8_lossy(body).chars() {
        match c {
            '\n' => folded.push_str("\n    "),
            '\r' => folded.push_str("\\r"),
            c => drop(folded.write_char(c)),
        }
    }
    folded.push('\n');
    folded.into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::sync::{Condvar, Mutex};

    #[test]
    fn a_message_cannot_pass_for_two_lines() {
        assert_eq!(fold(b"INFO one line\n".to_vec()), b"INFO one line\n");
        assert_eq!(fold(b"INFO a\nERROR forged\rX\n".to_vec()), b"INFO a\n    ERROR forged\\rX\n");
    }

    /// A stderr that takes nothing until it is opened.
    #[derive(Clone, Default)]
    struct Gate(Arc<(Mutex<Written>, Condvar)>);

    /// Whether it is open, and what it has taken.
    type Written = (bool, Vec<u8>);

    impl Gate {
        fn open(&self) {
            self.0.0.lock().unwrap().0 = true;
            self.0.1.notify_all();
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.0.lock().unwrap().1.clone()).unwrap()
        }
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut state = self.0.1.wait_while(self.0.0.lock().unwrap(), |(open, _)| !*open).unwrap();
            state.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_stalled_reader_blocks_nobody_and_the_loss_is_told() {
        let gate = Gate::default();
        let (lines, guard) = LineQueue::start(gate.clone(), true).unwrap();
        for number in 0..2 * QUEUE {
            writeln!(lines.make_writer(), "line {number}").unwrap();
        }
        assert!(lines.dropped.load(Ordering::Relaxed) > 0);
        gate.open();
        // The queue is full at this moment: a blocking send stands in for the next event after it has room.
        lines.queue.send(Message::Line(b"last\n".to_vec())).unwrap();
        lines.queue.send(Message::Flush).unwrap();
        guard.done.recv().unwrap();
        let text = gate.text();
        assert!(text.starts_with("line 0\n"), "{text:.40}");
        assert!(text.contains("log lines were dropped"));
        assert!(text.contains("last\n"));
    }

    #[test]
    fn the_end_writes_what_is_queued() {
        let gate = Gate::default();
        gate.open();
        let (lines, guard) = LineQueue::start(gate.clone(), true).unwrap();
        writeln!(lines.make_writer(), "bye").unwrap();
        drop(guard);
        assert_eq!(gate.text(), "bye\n");
    }
}
