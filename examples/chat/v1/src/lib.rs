//! The chat's first version: one room, and a history of plain text. `../src` is what became of it.

// What the two versions have in common.
#[path = "../../src/line.rs"]
mod line;

use line::{HalfLine, Line};
use serde::{Deserialize, Serialize};
use sockdock_guest::{CloseInfo, Config, Failure, First, Plugin, Socket, State, Versioned};
use std::collections::VecDeque;

/// Lines that a newcomer is shown.
const HISTORY: usize = 50;
/// Who has more unread bytes than this misses what others say.
const BACKLOG: usize = 96 << 10;

#[derive(Default)]
pub struct Chat {
    saved: Saved,
}

/// What the next generation gets.
#[derive(Default, Serialize, Deserialize)]
struct Saved {
    /// `ann: hello`
    history: VecDeque<String>,
}

impl Versioned for Saved {
    const VERSION: &'static str = "chat-1";
    type Previous = First;
}

/// What the host keeps about a connection, in its context.
#[derive(Default, Serialize, Deserialize)]
struct Member {
    nick: String,
    half: HalfLine,
}

impl Versioned for Member {
    const VERSION: &'static str = "1";
    type Previous = First;
}

sockdock_guest::plugin!(Chat);

impl Plugin for Chat {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        config.only(&[])
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(Some(State::save(&self.saved)?))
    }

    fn restore(&mut self, state: State) -> Result<(), Failure> {
        self.saved = state.load()?;
        Ok(())
    }

    fn open(&mut self, socket: Socket) {
        let guests = Socket::live().into_iter().filter_map(|other| nick(other).strip_prefix("guest")?.parse::<u64>().ok());
        let member = Member { nick: format!("guest{}", guests.max().unwrap_or(0) + 1), half: HalfLine::default() };
        for line in &self.saved.history {
            tell(socket, line);
        }
        tell(socket, &format!("* welcome, {}; /nick NAME changes your name, /who shows who is here", member.nick));
        tell_others(socket, &format!("* {} has come", member.nick));
        socket.set_context(&member).ok();
    }

    fn data(&mut self, socket: Socket, mut bytes: &[u8]) {
        let mut member: Member = socket.context().ok().flatten().unwrap_or_default();
        while let Some(line) = member.half.next(&mut bytes) {
            match line {
                Line::TooLong => tell(socket, "* that line was too long"),
                Line::Text(text) => self.line(socket, &mut member, &text),
            }
        }
        socket.set_context(&member).ok();
    }

    fn close(&mut self, socket: Socket, _: CloseInfo) {
        tell_others(socket, &format!("* {} has left", nick(socket)));
    }
}

impl Chat {
    fn line(&mut self, socket: Socket, member: &mut Member, text: &str) {
        match text.split_once(' ').unwrap_or((text, "")) {
            ("", _) => {}
            ("/who", _) => {
                let nicks: Vec<String> = Socket::live().into_iter().map(nick).collect();
                tell(socket, &format!("* here: {}", nicks.join(" ")));
            }
            ("/nick", name) if is_free(name) => {
                let old = std::mem::replace(&mut member.nick, name.into());
                tell_others(socket, &format!("* {old} is now {name}"));
                tell(socket, &format!("* you are {name}"));
                socket.set_context(member).ok();
            }
            ("/nick", name) => tell(socket, &format!("* `{name}` is taken, or no name")),
            _ => {
                let line = format!("{}: {text}", member.nick);
                tell_others(socket, &line);
                self.saved.history.push_back(line);
                if self.saved.history.len() > HISTORY {
                    self.saved.history.pop_front();
                }
            }
        }
    }
}

/// Names like `guest7` are given by us alone.
fn is_free(name: &str) -> bool {
    line::is_name(name) && !name.starts_with("guest") && !Socket::live().into_iter().any(|other| nick(other) == name)
}

fn nick(socket: Socket) -> String {
    socket.context::<Member>().ok().flatten().unwrap_or_default().nick
}

fn tell_others(speaker: Socket, line: &str) {
    Socket::live().into_iter().filter(|other| *other != speaker).for_each(|other| tell(other, line));
}

fn tell(socket: Socket, line: &str) {
    if socket.queued().is_ok_and(|queued| queued < BACKLOG) {
        socket.write(format!("{line}\n").as_bytes()).ok();
    }
}
