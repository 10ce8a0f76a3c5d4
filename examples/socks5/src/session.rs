//! What is said before a connection is joined: method, password, request. It stands in the connection's context.

use crate::users::Users;
use crate::wire::{self, Refusal, Reply, method};
use serde::{Deserialize, Serialize};
use sockdock_guest::{First, Versioned};

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Session {
    next: Next,
    /// Come of the next message; always less than a whole one.
    #[serde(with = "serde_bytes")]
    input: Vec<u8>,
}

/// The message that is waited for.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
enum Next {
    #[default]
    Methods,
    Password,
    Request,
}

impl Versioned for Session {
    const VERSION: &'static str = "socks5-1";
    type Previous = First;
}

/// What the client has come to ask for.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing yet.
    Nothing,
    /// Nothing that there is an answer to, or that hasn't got one: it is turned away.
    Wrong,
    /// Something that can't be had.
    Refused(Reply),
    Connection {
        address: String,
        /// What it has sent behind the request.
        behind: Vec<u8>,
    },
}

impl Session {
    /// Takes what has come, and answers message after message.
    pub fn read(&mut self, bytes: &[u8], users: &Users, mut answer: impl FnMut(&[u8])) -> Asked {
        let mut input = std::mem::take(&mut self.input);
        input.extend_from_slice(bytes);
        let mut rest = &input[..];
        loop {
            let used = match self.next {
                Next::Methods => match wire::methods(rest) {
                    Err(_) => return Asked::Wrong,
                    Ok(None) => break,
                    Ok(Some((offered, used))) => {
                        let wanted = if users.everybody() { method::NONE } else { method::PASSWORD };
                        if !offered.contains(&wanted) {
                            answer(&wire::chosen(method::REFUSED));
                            return Asked::Wrong;
                        }
                        answer(&wire::chosen(wanted));
                        self.next = if users.everybody() { Next::Request } else { Next::Password };
                        used
                    }
                },
                Next::Password => match wire::password(rest) {
                    Err(_) => return Asked::Wrong,
                    Ok(None) => break,
                    Ok(Some((user, used))) => {
                        let good = users.knows(user);
                        answer(&wire::verdict(good));
                        if !good {
                            return Asked::Wrong;
                        }
                        self.next = Next::Request;
                        used
                    }
                },
                Next::Request => match wire::request(rest) {
                    Err(Refusal::Malformed) => return Asked::Wrong,
                    Err(Refusal::With(reply)) => return Asked::Refused(reply),
                    Ok(None) => break,
                    Ok(Some((address, used))) => return Asked::Connection { address, behind: rest[used..].to_vec() },
                },
            };
            rest = &rest[used..];
        }
        self.input = rest.to_vec();
        Asked::Nothing
    }
}
