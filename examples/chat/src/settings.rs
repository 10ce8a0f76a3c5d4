//! What the operator can set.

use sockdock_guest::{Config, Failure};

#[derive(Clone, Debug)]
pub struct Settings {
    /// Lines of a room that a newcomer is shown.
    pub history: usize,
    /// Lines that one person may send in a second.
    pub lines_per_second: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { history: 50, lines_per_second: 20 }
    }
}

impl Settings {
    pub fn from_config(config: &Config) -> Result<Self, Failure> {
        config.only(&["history", "lines-per-second"])?;
        let default = Self::default();
        Ok(Self {
            history: config.parse("history")?.unwrap_or(default.history),
            lines_per_second: config.parse("lines-per-second")?.unwrap_or(default.lines_per_second),
        })
    }
}
