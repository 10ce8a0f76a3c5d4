//! With `sockdock connect`: the operator's commands, on the connection that the host has made.

use crate::resp::Parser;
use crate::server::{Due, Server};
use crate::{RedisClient, Saved};
use sockdock_guest::{Socket, warn};

impl RedisClient {
    /// On the connection that the host has made: gives the operator's commands, all at once.
    pub(super) fn for_itself(&mut self, socket: Socket) {
        self.ready(Server::new(socket));
        let Self { saved: Saved { server: Some(server), .. }, settings, .. } = self else { return };
        for line in &settings.run {
            let mut parser = Parser::default();
            let line = format!("{}\n", line.replace(['\r', '\n'], " "));
            match parser.parse(line.as_bytes(), settings.max_bulk) {
                Ok(Some(_)) if parser.args(line.as_bytes()).len() > 0 => {
                    server.ask(parser.args(line.as_bytes()).iter(), Due::Own(line.trim_end().into()));
                }
                _ => warn!("`{}` is no command", line.trim_end()),
            }
        }
        for channel in &settings.subscribe {
            server.ask([&b"subscribe"[..], channel.as_bytes()].into_iter(), Due::Own(format!("subscribe {channel}")));
        }
        server.flush();
        self.done();
    }

    /// Where there is nothing to listen to: the connection ends with the last reply, and the host with it.
    pub(super) fn done(&mut self) {
        if let (None, Some(server)) = (&self.settings.server, &self.saved.server) {
            if server.is_idle() && self.settings.subscribe.is_empty() {
                server.socket().end().ok();
            }
        }
    }
}
