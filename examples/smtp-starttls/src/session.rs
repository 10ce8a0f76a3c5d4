//! One client's dialogue: what it says, and what it is told.

use crate::command::{self, Command};
use crate::content::{Content, Refused};
use crate::mailbox::{Mailbox, Message};
use crate::settings::Settings;
use crate::{date, replies};
use serde::{Deserialize, Serialize};
use sockdock_guest::{Progress, Sink, info};

/// A command line; more than RFC 5321 asks for (4.5.3.1.4).
const MAX_LINE: usize = 2048;
/// Recipients of one message; a server has to take a hundred.
const MAX_RECIPIENTS: usize = 100;
/// Who gets so many things wrong isn't a mail client.
const MAX_MISTAKES: u8 = 20;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Session {
    /// Its name for itself; none before HELO or EHLO.
    client: Option<String>,
    extended: bool,
    tls: bool,
    envelope: Option<Envelope>,
    /// Some: the text is on its way.
    content: Option<Content>,
    /// In a line that is too long.
    skipping: bool,
    mistakes: u8,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Envelope {
    from: String,
    to: Vec<String>,
}

/// What all sessions share.
pub struct Shared<'a> {
    pub settings: &'a Settings,
    pub mailbox: &'a mut Mailbox,
    /// Bytes that this session's message may take up now.
    pub room: usize,
    /// The client's address.
    pub address: &'a str,
}

/// What the connection has to do beside sending the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    GoOn,
    StartTls,
    End,
}

impl Session {
    /// With TLS from the first byte, or without.
    pub fn new(tls: bool) -> Self {
        Self { tls, ..Self::default() }
    }

    /// TLS stands: everything that was said before is forgotten (RFC 3207, 4.2).
    pub fn secured(&mut self) {
        *self = Self::new(true);
    }

    /// Bytes of memory.
    pub fn size(&self) -> usize {
        let to = self.envelope.iter().flat_map(|envelope| &envelope.to).map(|to| 32 + to.len()).sum::<usize>();
        to + self.content.as_ref().map_or(0, Content::size)
    }

    /// Looks at what has come: one command, or as much of a text as there is.
    pub fn serve(&mut self, rest: &[u8], sink: &mut Sink, shared: &mut Shared<'_>) -> (Progress, Then) {
        if rest.is_empty() {
            return (Progress::Incomplete(0), Then::GoOn);
        }
        if self.content.is_some() {
            return (self.text(rest, sink, shared), Then::GoOn);
        }
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            if rest.len() <= MAX_LINE && !self.skipping {
                return (Progress::Incomplete(0), Then::GoOn);
            }
            self.skipping = true;
            return (Progress::Incomplete(rest.len()), Then::GoOn);
        };
        let then = match rest[..end].strip_suffix(b"\r") {
            _ if std::mem::take(&mut self.skipping) || end > MAX_LINE => self.mistake(sink, "500 5.5.2 The line is too long"),
            Some(line) => self.line(line, sink, shared),
            None => self.mistake(sink, "500 5.5.2 Lines end with CR LF"),
        };
        // What came behind STARTTLS in the clear may be anybody's: it is dropped (CVE-2011-0411).
        let used = if then == Then::StartTls { rest.len() } else { end + 1 };
        (Progress::Done(used), then)
    }

    fn line(&mut self, line: &[u8], sink: &mut Sink, shared: &mut Shared<'_>) -> Then {
        let command = match command::parse(line) {
            Ok(command) => command,
            Err(wrong) => return self.mistake(sink, replies::wrong(wrong)),
        };
        let (settings, own) = (shared.settings, self.size());
        let answer = match command {
            Command::Helo(name) => {
                self.greeted(name, false);
                replies::line(sink, &format!("250 {}", settings.name));
                return Then::GoOn;
            }
            Command::Ehlo(name) => {
                self.greeted(name, true);
                replies::extensions(sink, settings, self.tls);
                return Then::GoOn;
            }
            Command::Noop => "250 2.0.0 OK",
            Command::Help => "214 2.0.0 https://www.rfc-editor.org/rfc/rfc5321",
            Command::Vrfy => "252 2.1.5 Send some mail, I'll try my best",
            Command::Rset => {
                self.envelope = None;
                "250 2.0.0 OK"
            }
            Command::Quit => {
                replies::line(sink, &format!("221 2.0.0 {} says goodbye", settings.name));
                return Then::End;
            }
            Command::StartTls if self.tls => "503 5.5.1 TLS is spoken already",
            Command::StartTls if settings.credentials.is_none() => "502 5.5.1 STARTTLS isn't offered here",
            Command::StartTls => {
                replies::line(sink, "220 2.0.0 Go ahead");
                return Then::StartTls;
            }
            Command::Xmail(_) if !settings.readable => "502 5.5.1 Messages can't be read here",
            Command::Xmail(None) => {
                replies::list(sink, shared.mailbox);
                return Then::GoOn;
            }
            Command::Xmail(Some(id)) => match shared.mailbox.find(id) {
                Some(message) => {
                    replies::message(sink, message);
                    return Then::GoOn;
                }
                None => "550 5.1.1 There is no such message",
            },
            _ if self.client.is_none() => "503 5.5.1 Say EHLO first",
            _ if settings.require_tls && !self.tls => "530 5.7.0 Say STARTTLS first",
            Command::Mail { .. } if self.envelope.is_some() => "503 5.5.1 There is a sender already",
            Command::Mail { size, .. } if size.is_some_and(|size| size > settings.max_size as u64) => {
                "552 5.3.4 The message is larger than what is taken here"
            }
            Command::Mail { from, .. } => {
                self.envelope = Some(Envelope { from, to: Vec::new() });
                "250 2.1.0 OK"
            }
            Command::Rcpt(to) => match &mut self.envelope {
                None => "503 5.5.1 Say MAIL first",
                Some(envelope) if envelope.to.len() == MAX_RECIPIENTS => "452 4.5.3 Too many recipients",
                Some(_) if own + to.len() > shared.room => "452 4.3.1 There is no room for it now",
                Some(_) if !settings.takes(&to) => "550 5.7.1 No mail is taken for that domain",
                Some(envelope) => {
                    envelope.to.push(to);
                    "250 2.1.5 OK"
                }
            },
            Command::Data if self.envelope.as_ref().is_none_or(|envelope| envelope.to.is_empty()) => {
                "503 5.5.1 Say MAIL and RCPT first"
            }
            Command::Data => {
                self.content = Some(Content::default());
                "354 End with a dot on a line of its own"
            }
        };
        if answer.starts_with('5') {
            return self.mistake(sink, answer);
        }
        replies::line(sink, answer);
        Then::GoOn
    }

    fn greeted(&mut self, name: &str, extended: bool) {
        (self.client, self.extended, self.envelope) = (Some(name.to_owned()), extended, None);
    }

    fn mistake(&mut self, sink: &mut Sink, answer: &str) -> Then {
        replies::line(sink, answer);
        self.mistakes += 1;
        if self.mistakes < MAX_MISTAKES {
            return Then::GoOn;
        }
        replies::line(sink, "421 4.7.0 Too many mistakes");
        Then::End
    }

    /// Goes on with a message's text.
    fn text(&mut self, rest: &[u8], sink: &mut Sink, shared: &mut Shared<'_>) -> Progress {
        let Some(content) = &mut self.content else { return Progress::Incomplete(0) };
        let limit = shared.settings.max_size.min(shared.room);
        let Some(used) = content.feed(rest, limit) else { return Progress::Incomplete(rest.len()) };
        let content = std::mem::take(&mut self.content).unwrap_or_default();
        let envelope = self.envelope.take().unwrap_or_default();
        match content.finish() {
            Ok(text) => {
                let id = self.keep(envelope, &text, shared);
                replies::line(sink, &format!("250 2.0.0 Kept as {id}"));
            }
            Err(Refused::TooLarge) if limit < shared.settings.max_size => {
                replies::line(sink, "452 4.3.1 There is no room for it now");
            }
            Err(Refused::TooLarge) => replies::line(sink, "552 5.3.4 The message is larger than what is taken here"),
            Err(Refused::BareNewline) => replies::line(sink, "550 5.6.0 There is a CR or LF that isn't part of a CR LF"),
        }
        Progress::Done(used)
    }

    fn keep(&self, envelope: Envelope, text: &[u8], shared: &mut Shared<'_>) -> u64 {
        let id = shared.mailbox.next_id();
        let protocol = match (self.extended, self.tls) {
            (true, true) => "ESMTPS",
            (true, false) => "ESMTP",
            (false, _) => "SMTP",
        };
        // RFC 5321, 4.4: who receives it says so.
        let client = self.client.as_deref().unwrap_or_default();
        let trace = format!(
            "Return-Path: <{}>\r\nReceived: from {client} ([{}])\r\n\tby {} with {protocol} id {id};\r\n\t{}\r\n",
            envelope.from,
            shared.address,
            shared.settings.name,
            date::now()
        );
        let text = [trace.as_bytes(), text].concat();
        info!("message {id}: {} bytes from <{}> to <{}>", text.len(), envelope.from, envelope.to.join(">, <"));
        shared.mailbox.keep(Message { id, from: envelope.from, to: envelope.to, text }, shared.settings.max_kept);
        id
    }
}
