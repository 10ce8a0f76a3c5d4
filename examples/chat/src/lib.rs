//! A chat with rooms. Who is where, and what was said, crosses reloads and comes along from version 1.

mod commands;
mod line;
mod names;
mod pace;
mod saved;
mod settings;
#[cfg(test)]
mod tests;

use line::Line;
use pace::Pace;
use saved::{Card, LOBBY, Saved};
use settings::Settings;
use sockdock_guest::{CloseInfo, Config, Failure, Plugin, Socket, State, timers, topics};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

/// Timer: everybody may speak again.
const NEXT_SECOND: u64 = 0;
/// Arrivals and the like are told in rooms of up to so many; in larger ones they would be all that one reads.
const CROWD: u32 = 100;

#[derive(Default)]
struct Chat {
    saved: Saved,
    settings: Settings,
    /// Everybody's context, as the host has it too.
    cards: BTreeMap<Socket, Card>,
    pace: Pace,
}

sockdock_guest::plugin!(Chat);

impl Plugin for Chat {
    fn start(&mut self, config: &Config) -> Result<(), Failure> {
        self.settings = Settings::from_config(config)?;
        // After a trap the history is lost. The people are still there, and so are their contexts.
        self.gather();
        Ok(())
    }

    fn snapshot(&mut self) -> Result<Option<State>, Failure> {
        Ok(Some(State::save(&self.saved)?))
    }

    fn restore(&mut self, state: State) -> Result<(), Failure> {
        self.saved = state.load()?;
        // Once more: between `start` and now people came and went.
        self.gather();
        Ok(())
    }

    fn open(&mut self, socket: Socket) {
        let nick = names::claim_guest(socket, &mut self.saved.guests);
        let card = Card { nick, room: LOBBY.into(), ..Card::default() };
        self.enter(socket, &card);
        socket.set_context(&card).ok();
        self.cards.insert(socket, card);
    }

    fn data(&mut self, socket: Socket, mut bytes: &[u8]) {
        if !self.cards.contains_key(&socket) {
            // It was connected to another plugin, which kept no context, before a reload put this one there.
            self.open(socket);
        }
        let Some(before) = self.cards.remove(&socket) else { return };
        let mut card = before.clone();
        while let Some(line) = card.half.next(&mut bytes) {
            if self.line(socket, &mut card, line).is_break() {
                break;
            }
        }
        if card != before {
            socket.set_context(&card).ok();
        }
        self.cards.insert(socket, card);
    }

    fn close(&mut self, socket: Socket, _: CloseInfo) {
        // A line that hasn't ended is nobody's message.
        if let Some(card) = self.cards.remove(&socket) {
            self.leave(socket, &card.room);
            self.announce(&card.room, &format!("* {} has left", card.nick));
        }
        self.pace.forget(socket);
    }

    fn fired(&mut self, token: u64) {
        if token == NEXT_SECOND {
            for (socket, refused) in self.pace.next_second() {
                let lines = if refused == 1 { "line was" } else { "lines were" };
                self.tell(socket, &format!("* too fast: {refused} {lines} not sent"));
            }
        }
    }
}

impl Chat {
    fn line(&mut self, socket: Socket, card: &mut Card, line: Line) -> ControlFlow<()> {
        let Line::Text(text) = line else {
            self.tell(socket, &format!("* that line was longer than {} bytes, and was not sent", line::LONGEST));
            return ControlFlow::Continue(());
        };
        if text.is_empty() {
            return ControlFlow::Continue(());
        }
        if self.pace.is_calm() {
            // Armed while somebody has spoken, and no longer: an idle chat costs nothing.
            timers::set(NEXT_SECOND, Duration::from_secs(1)).ok();
        }
        if !self.pace.allows(socket, self.settings.lines_per_second) {
            return ControlFlow::Continue(());
        }
        match text.strip_prefix('/') {
            Some(command) => self.command(socket, card, command),
            None => {
                self.say(socket, card, text);
                ControlFlow::Continue(())
            }
        }
    }

    fn say(&mut self, speaker: Socket, card: &Card, text: String) {
        let line = saved::Said { nick: card.nick.clone(), text };
        topics::publish(&room_topic(&card.room), line.to_string().as_bytes(), Some(speaker)).ok();
        self.saved.rooms.entry(card.room.clone()).or_default().history.push(line, self.settings.history);
    }

    /// Shows somebody a line.
    fn tell(&mut self, socket: Socket, line: &str) {
        show(socket, &format!("{line}\n"));
    }

    /// Shows everybody in a room a line.
    fn announce(&mut self, room: &str, line: &str) {
        let topic = room_topic(room);
        if topics::subscribers(&topic).is_ok_and(|members| members <= CROWD) {
            topics::publish(&topic, format!("{line}\n").as_bytes(), None).ok();
        }
    }

    fn enter(&mut self, socket: Socket, card: &Card) {
        self.announce(&card.room, &format!("* {} has come", card.nick));
        let room = self.saved.rooms.entry(card.room.clone()).or_default();
        // All in one write, which has room for the longest history.
        show(socket, &room.history.lines().map(ToString::to_string).collect::<String>());
        room.members.insert(socket);
        socket.subscribe(&room_topic(&card.room)).ok();
        self.tell(socket, &format!("* you are {} in {}; /help shows what you can do", card.nick, card.room));
    }

    fn leave(&mut self, socket: Socket, name: &str) {
        socket.unsubscribe(&room_topic(name)).ok();
        if let Some(room) = self.saved.rooms.get_mut(name) {
            room.members.remove(&socket);
            if room.members.is_empty() && name != LOBBY {
                // A room goes with its last member, and what was said there too.
                self.saved.rooms.remove(name);
            }
        }
    }

    /// Finds out who is here from the contexts. Their subscriptions are still there, unless they come from version 1, which made none.
    fn gather(&mut self) {
        self.saved.rooms.values_mut().for_each(|room| room.members.clear());
        self.cards.clear();
        for socket in Socket::live() {
            if let Ok(Some(card)) = socket.context::<Card>() {
                self.saved.guests = self.saved.guests.max(names::guest_number(&card.nick).unwrap_or(0));
                names::keep(socket, &card.nick);
                socket.subscribe(&room_topic(&card.room)).ok();
                self.saved.rooms.entry(card.room.clone()).or_default().members.insert(socket);
                self.cards.insert(socket, card);
            }
        }
        self.saved.rooms.retain(|name, room| name == LOBBY || !room.members.is_empty());
    }
}

/// The topic of all who are in a room, on whichever instance.
fn room_topic(name: &str) -> String {
    format!("room/{name}")
}

fn show(socket: Socket, lines: &str) {
    // Half a line would run into the next one. Who asks for so much and reads nothing of it has to go.
    if socket.write(lines.as_bytes()).is_ok_and(|taken| taken < lines.len()) {
        socket.terminate().ok();
    }
}
