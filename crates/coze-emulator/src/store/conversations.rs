//! Conversations that chatflows write to.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::messages::Messages;

/// All conversations, by id.
#[derive(Debug, Default)]
pub(crate) struct Conversations(Mutex<IndexMap<String, Conversation>>);

/// One conversation.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Conversation {
    /// Unix seconds.
    pub(crate) created: i64,
    /// Unix seconds of the last change.
    pub(crate) updated: i64,
    pub(crate) section_id: String,
    pub(crate) name: Option<String>,
    pub(crate) meta_data: HashMap<String, String>,
    pub(crate) messages: Messages,
    /// Its chats by id, oldest first.
    pub(crate) chats: IndexMap<String, Chat>,
    /// Execute id of a chat that waits for an answer.
    pub(crate) waiting: Option<String>,
}

/// One round of a conversation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Chat {
    pub(crate) execute_id: String,
    /// Empty when no agent takes part.
    pub(crate) bot_id: String,
    /// Unix seconds.
    pub(crate) created: i64,
    pub(crate) section_id: String,
    pub(crate) meta_data: HashMap<String, String>,
}

/// Conversations that are kept, and chats of each; the oldest give way.
const KEPT: usize = 10_000;
const CHATS: usize = 1_000;

impl Conversation {
    pub(crate) fn add_chat(&mut self, id: String, chat: Chat) {
        if self.chats.len() == CHATS {
            self.chats.shift_remove_index(0);
        }
        self.chats.insert(id, chat);
    }
}

impl Conversations {
    pub(crate) fn of(all: IndexMap<String, Conversation>) -> Self {
        Self(Mutex::new(all))
    }

    pub(crate) fn add(&self, id: String, conversation: Conversation) {
        let mut all = self.lock();
        if all.len() == KEPT {
            all.shift_remove_index(0);
        }
        all.insert(id, conversation);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, IndexMap<String, Conversation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
