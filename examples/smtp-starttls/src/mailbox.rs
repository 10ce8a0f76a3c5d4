//! The messages that are kept.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Debug, Serialize, Deserialize)]
pub struct Message {
    pub id: u64,
    pub from: String,
    pub to: Vec<String>,
    #[serde(with = "serde_bytes")]
    pub text: Vec<u8>,
}

impl Message {
    /// About what it takes of memory.
    fn size(&self) -> usize {
        64 + self.text.len() + self.from.len() + self.to.iter().map(|to| 32 + to.len()).sum::<usize>()
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Mailbox {
    messages: VecDeque<Message>,
    last_id: u64,
    size: usize,
}

impl Mailbox {
    /// The number of the next message.
    pub fn next_id(&self) -> u64 {
        self.last_id + 1
    }

    /// Keeps a message; the oldest go where there are more than `limit` bytes.
    pub fn keep(&mut self, message: Message, limit: usize) {
        self.last_id = message.id;
        self.size += message.size();
        self.messages.push_back(message);
        while self.size > limit {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.size -= oldest.size();
        }
    }

    pub fn find(&self, id: u64) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
    }
}
