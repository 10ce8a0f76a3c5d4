//! What the tracer knows, and how it is carried through a reload.

use std::{cell::RefCell, collections::BTreeMap};

#[derive(Default)]
pub(crate) struct Trace {
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) events: Vec<String>,
    pub(crate) hooks: BTreeMap<String, String>,
    /// The socket that the last `connect` made.
    pub(crate) made: u64,
    /// Per control connection: the line that has not ended yet.
    pub(crate) partial: BTreeMap<u64, Vec<u8>>,
}

thread_local! {
    static TRACE: RefCell<Trace> = RefCell::default();
}

pub(crate) fn with<T>(f: impl FnOnce(&mut Trace) -> T) -> T {
    TRACE.with_borrow_mut(f)
}

impl Trace {
    /// The whole lines that `data` completes.
    pub(crate) fn lines(&mut self, socket: u64, data: &[u8]) -> Vec<String> {
        let partial = self.partial.entry(socket).or_default();
        partial.extend_from_slice(data);
        let mut lines = Vec::new();
        while let Some(end) = partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = partial.drain(..=end).collect();
            lines.push(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        lines
    }

    pub(crate) fn save(&self) -> Vec<u8> {
        let hooks = self.hooks.iter().map(|(event, script)| format!("h{event} {script}"));
        let controls = self.partial.keys().map(|id| format!("c{id}"));
        let events = self.events.iter().map(|event| format!("e{event}"));
        hooks.chain(controls).chain(events).collect::<Vec<_>>().join("\n").into_bytes()
    }

    /// Takes over an older trace; what this instance has recorded already comes after it.
    pub(crate) fn load(&mut self, data: &[u8]) -> Result<(), String> {
        let own = std::mem::take(&mut self.events);
        for line in std::str::from_utf8(data).map_err(|error| error.to_string())?.lines() {
            match line.split_at(1) {
                ("h", hook) => {
                    let (event, script) = hook.split_once(' ').ok_or("a hook without a script")?;
                    self.hooks.insert(event.to_owned(), script.to_owned());
                }
                ("c", id) => drop(self.partial.insert(id.parse().map_err(|_| "not an id")?, Vec::new())),
                (_, event) => self.events.push(event.to_owned()),
            }
        }
        self.events.extend(own);
        Ok(())
    }
}

/// The first 64 bytes, as a line can hold them.
pub(crate) fn escape(bytes: &[u8]) -> String {
    bytes.iter().take(64).flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from).collect()
}
