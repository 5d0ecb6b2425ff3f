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
    /// Execute id of a chat that waits for an answer.
    pub(crate) waiting: Option<String>,
}

impl Conversations {
    pub(crate) fn of(all: IndexMap<String, Conversation>) -> Self {
        Self(Mutex::new(all))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, IndexMap<String, Conversation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
