//! What has happened, and how it is handed on.

use sockdock_guest::{Failure, Socket};
use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Trace {
    pub(crate) events: Vec<String>,
    /// By the events that they are run after.
    pub(crate) scripts: BTreeMap<String, String>,
    /// The control connections, each with the line that hasn't ended yet.
    pub(crate) controls: BTreeMap<Socket, Vec<u8>>,
}

impl Trace {
    /// The lines that these bytes complete.
    pub(crate) fn lines(&mut self, socket: Socket, bytes: &[u8]) -> Vec<String> {
        let partial = self.controls.entry(socket).or_default();
        partial.extend_from_slice(bytes);
        let mut lines = Vec::new();
        while let Some(end) = partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = partial.drain(..=end).collect();
            lines.push(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        lines
    }

    pub(crate) fn save(&self) -> Vec<u8> {
        let scripts = self.scripts.iter().map(|(event, script)| format!("h{event} {script}"));
        let controls = self.controls.keys().map(|socket| format!("c{socket}"));
        let events = self.events.iter().map(|event| format!("e{event}"));
        scripts.chain(controls).chain(events).collect::<Vec<_>>().join("\n").into_bytes()
    }

    /// What was saved comes before what this instance has recorded.
    pub(crate) fn load(&mut self, data: &[u8]) -> Result<(), Failure> {
        let own = std::mem::take(&mut self.events);
        for line in std::str::from_utf8(data)?.lines() {
            let (kind, rest) = line.split_at_checked(1).unwrap_or_default();
            match kind {
                "h" => {
                    let (event, script) = rest.split_once(' ').ok_or("a script without an event")?;
                    self.scripts.insert(event.to_owned(), script.to_owned());
                }
                "c" => drop(self.controls.insert(Socket::from_id(rest.parse()?), Vec::new())),
                "e" => self.events.push(rest.to_owned()),
                _ => return Err(format!("no line of a trace: {line:?}").into()),
            }
        }
        self.events.extend(own);
        Ok(())
    }
}

/// The first 64 bytes, as a line can hold them.
pub(crate) fn escape(bytes: &[u8]) -> String {
    bytes[..bytes.len().min(64)].escape_ascii().to_string()
}
