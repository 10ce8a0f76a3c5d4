//! Lines that begin with a slash.

use crate::line::is_name;
use crate::saved::Card;
use crate::{Chat, Saved};
use crate::{names, room_topic};
use sockdock_guest::{Socket, topics};
use std::ops::ControlFlow;

/// Rooms there can be: with a full history each, they stay far below what an instance may use.
const ROOMS: usize = 200;
/// Names that `/who` and `/rooms` show.
const SHOWN: usize = 100;

const HELP: [&str; 6] = [
    "* /nick NAME   change your name",
    "* /join ROOM   go to another room; one that isn't there is made",
    "* /who         who is in this room",
    "* /rooms       which rooms there are",
    "* /quit        leave",
    "* Whatever doesn't begin with a slash goes to everybody in the room.",
];

impl Chat {
    /// Break: the connection is ending, and nothing that follows counts.
    pub(crate) fn command(&mut self, socket: Socket, card: &mut Card, command: &str) -> ControlFlow<()> {
        let (verb, argument) = command.split_once(' ').unwrap_or((command, ""));
        match (verb, argument.trim()) {
            ("nick", name) => self.nick(socket, card, name),
            ("join", name) => self.join(socket, card, name),
            ("who", "") => self.who(socket, card),
            ("rooms", "") => self.rooms(socket),
            ("help", "") => HELP.iter().for_each(|line| self.tell(socket, line)),
            ("quit", "") => {
                self.tell(socket, "* goodbye");
                socket.end().ok();
                return ControlFlow::Break(());
            }
            _ => self.tell(socket, &format!("* no such command: /{command}; /help shows what there is")),
        }
        ControlFlow::Continue(())
    }

    fn nick(&mut self, socket: Socket, card: &mut Card, name: &str) {
        if !is_name(name) {
            return self.tell(socket, "* a name has 1 to 20 letters, digits, `-` or `_`");
        }
        // One may change the case of one's name.
        let same = card.nick.eq_ignore_ascii_case(name);
        if !same && (names::guest_number(name).is_some() || !names::claim(socket, name)) {
            return self.tell(socket, &format!("* the name {name} is taken"));
        }
        let old = std::mem::replace(&mut card.nick, name.into());
        if !same {
            names::release(socket, &old);
        }
        self.announce(&card.room, &format!("* {old} is now {name}"));
    }

    fn join(&mut self, socket: Socket, card: &mut Card, name: &str) {
        // Two rooms whose names differ in case alone would be mistaken for one another.
        let name = name.to_ascii_lowercase();
        if !is_name(&name) {
            return self.tell(socket, "* a room's name has 1 to 20 letters, digits, `-` or `_`");
        }
        if name == card.room {
            return self.tell(socket, &format!("* you are in {name}"));
        }
        if !self.saved.rooms.contains_key(&name) && self.saved.rooms.len() >= ROOMS {
            return self.tell(socket, "* there are too many rooms; /rooms shows them");
        }
        let old = std::mem::replace(&mut card.room, name);
        self.leave(socket, &old);
        self.announce(&old, &format!("* {} has gone to {}", card.nick, card.room));
        self.enter(socket, card);
    }

    fn who(&mut self, socket: Socket, card: &Card) {
        let members = self.saved.rooms.get(&card.room).map(|room| &room.members).into_iter().flatten();
        let nick = |member: &Socket| self.cards.get(member).map_or(card, |other| other).nick.clone();
        let here = members.clone().count();
        let mut line = listed(&format!("* in {}:", card.room), members.map(nick));
        // Instances know one another's people by number alone.
        let others = (topics::subscribers(&room_topic(&card.room)).unwrap_or(0) as usize).saturating_sub(here);
        if others > 0 {
            line.push_str(&format!(" and {others} on other instances"));
        }
        self.tell(socket, &line);
    }

    fn rooms(&mut self, socket: Socket) {
        let Saved { rooms, .. } = &self.saved;
        let line = listed(
            "* rooms:",
            rooms.keys().map(|name| format!("{name} ({})", topics::subscribers(&room_topic(name)).unwrap_or(0))),
        );
        self.tell(socket, &line);
    }
}

/// One line, however many there are.
fn listed(title: &str, mut items: impl Iterator<Item = String>) -> String {
    let mut line = title.to_owned();
    for item in items.by_ref().take(SHOWN) {
        line.push(' ');
        line.push_str(&item);
    }
    match items.count() {
        0 => line,
        more => format!("{line} and {more} more"),
    }
}
