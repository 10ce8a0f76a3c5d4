//! What outlives this build: the plugin's state, and a context for each connection. And how both come from version 1.

use crate::line::HalfLine;
use serde::{Deserialize, Serialize};
use sockdock_guest::{Failure, First, Socket, Versioned};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

/// Where everybody begins.
pub const LOBBY: &str = "lobby";
/// Bytes of a room's history, whatever number of lines is set: it must fit into what one reader is sent at once.
const LONGEST_HISTORY: usize = 48 << 10;

/// What the next generation gets.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Saved {
    pub rooms: BTreeMap<String, Room>,
    /// People who have come so far.
    pub guests: u64,
}

impl Versioned for Saved {
    const VERSION: &'static str = "chat-2";
    type Previous = SavedV1;

    /// There was one room: what was said there was said in the lobby.
    fn upgrade(old: SavedV1) -> Result<Self, Failure> {
        let mut lobby = Room::default();
        for line in &old.history {
            lobby.history.push(Said::parse(line), old.history.len());
        }
        Ok(Self { rooms: BTreeMap::from([(LOBBY.into(), lobby)]), ..Self::default() })
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Room {
    pub history: History,
    /// Not saved: the contexts say who is where.
    #[serde(skip)]
    pub members: BTreeSet<Socket>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct History {
    lines: VecDeque<Said>,
    bytes: usize,
}

impl History {
    pub fn push(&mut self, line: Said, most: usize) {
        self.bytes += line.size();
        self.lines.push_back(line);
        while self.lines.len() > most || self.bytes > LONGEST_HISTORY {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    pub fn lines(&self) -> impl Iterator<Item = &Said> {
        self.lines.iter()
    }
}

/// A line and who said it. Version 1 kept both as one text, as it was shown.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub nick: String,
    pub text: String,
}

impl Said {
    fn parse(shown: &str) -> Self {
        let (nick, text) = shown.split_once(": ").unwrap_or(("", shown));
        Self { nick: nick.into(), text: text.into() }
    }

    fn size(&self) -> usize {
        self.nick.len() + ": \n".len() + self.text.len()
    }
}

/// As others see it.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.nick, self.text)
    }
}

/// The context of a connection. The host keeps it, through reloads and traps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub nick: String,
    pub room: String,
    pub half: HalfLine,
}

impl Versioned for Card {
    const VERSION: &'static str = "2";
    type Previous = CardV1;

    fn upgrade(old: CardV1) -> Result<Self, Failure> {
        Ok(Self { nick: old.nick, room: LOBBY.into(), half: old.half })
    }
}

/// As [version 1](../v1/src/lib.rs) wrote it. Only its shape counts: field by field, in this order.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedV1 {
    history: VecDeque<String>,
}

impl Versioned for SavedV1 {
    const VERSION: &'static str = "chat-1";
    type Previous = First;
}

/// As version 1 wrote it.
#[derive(Debug, Serialize, Deserialize)]
pub struct CardV1 {
    nick: String,
    half: HalfLine,
}

impl Versioned for CardV1 {
    const VERSION: &'static str = "1";
    type Previous = First;
}
