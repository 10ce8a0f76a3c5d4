//! What clients are told: codes of RFC 5321, with the enhanced ones of RFC 3463. A sink's errors are left out: they mean that the
//! connection is gone, and `close` says so.

use crate::command::Wrong;
use crate::mailbox::{Mailbox, Message};
use crate::settings::Settings;
use sockdock_guest::Sink;

pub fn line(sink: &mut Sink, text: &str) {
    sink.write(text.as_bytes()).ok();
    sink.write(b"\r\n").ok();
}

pub fn greeting(sink: &mut Sink, settings: &Settings) {
    line(sink, &format!("220 {} ESMTP", settings.name));
}

/// Last words.
pub fn unavailable(sink: &mut Sink, settings: &Settings, why: &str) {
    line(sink, &format!("421 {} {why}", settings.name));
}

pub fn wrong(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::Unknown => "500 5.5.2 There is no such command",
        Wrong::NotImplemented => "502 5.5.1 That isn't done here",
        Wrong::Syntax => "501 5.5.4 That can't be understood",
        Wrong::Parameter => "555 5.5.4 There is no such parameter",
    }
}

pub fn extensions(sink: &mut Sink, settings: &Settings, tls: bool) {
    line(sink, &format!("250-{}", settings.name));
    if settings.credentials.is_some() && !tls {
        line(sink, "250-STARTTLS");
    }
    line(sink, &format!("250-SIZE {}", settings.max_size));
    for word in ["250-PIPELINING", "250-8BITMIME", "250 ENHANCEDSTATUSCODES"] {
        line(sink, word);
    }
}

pub fn list(sink: &mut Sink, mailbox: &Mailbox) {
    for message in mailbox.iter() {
        let Message { id, from, to, text } = message;
        line(sink, &format!("250-{id} {} <{from}> <{}>", text.len(), to.join("> <")));
    }
    line(sink, "250 2.0.0 OK");
}

/// Each line behind `250-`: a message may hold what looks like a reply.
pub fn message(sink: &mut Sink, message: &Message) {
    for text in message.text.split_inclusive(|byte| *byte == b'\n') {
        sink.write(b"250-").ok();
        sink.write(text).ok();
    }
    line(sink, "250 2.0.0 OK");
}
