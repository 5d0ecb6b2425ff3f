//! Messages of a conversation.

use std::{borrow::Cow, collections::HashMap};

use serde::{Deserialize, Serialize};

/// Messages that one conversation keeps; the oldest give way.
const KEPT: usize = 1_000;

/// One message.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    /// `user` or `assistant`.
    pub(crate) role: Cow<'static, str>,
    /// What the service calls its type: `question`, `answer`.
    pub(crate) kind: Cow<'static, str>,
    pub(crate) content: String,
    pub(crate) content_type: String,
    pub(crate) meta_data: HashMap<String, String>,
    /// Unix seconds.
    pub(crate) created: i64,
    pub(crate) updated: i64,
    /// The chat that it belongs to; empty when it was put there by hand.
    pub(crate) chat_id: String,
    pub(crate) section_id: String,
}

/// Messages, oldest first.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Messages(Vec<Message>);

impl Messages {
    pub(crate) fn add(&mut self, message: Message) {
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(message);
    }

    pub(crate) fn all(&self) -> &[Message] {
        &self.0
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Message> {
        self.0.iter_mut().find(|message| message.id == id)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Message> {
        let at = self.0.iter().position(|message| message.id == id)?;
        Some(self.0.remove(at))
    }
}
