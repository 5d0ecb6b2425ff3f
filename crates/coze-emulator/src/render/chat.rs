//! One turn of a chat, from which both servers' streams are written.

use std::sync::Arc;

use crate::{
    request::Context,
    runs::{Piece, Run},
};

/// A message to a chatflow, and what is said to it.
pub(crate) struct Turn {
    pub(crate) context: Context,
    pub(crate) run: Arc<Run>,
    pub(crate) chat_id: String,
    pub(crate) conversation_id: String,
    pub(crate) section_id: String,
    /// The message that is being said: its id, and its text so far.
    message: Option<(String, String)>,
}

impl Turn {
    pub(crate) fn new(
        context: &Context,
        run: Arc<Run>,
        conversation_id: String,
        section_id: String,
    ) -> Self {
        Self {
            chat_id: context.core.ids.number(),
            context: context.clone(),
            run,
            conversation_id,
            section_id,
            message: None,
        }
    }

    /// Adds a piece to the message that is being said, and gives its id; with the last piece the whole text too.
    pub(super) fn say(&mut self, piece: &Piece) -> (String, Option<String>) {
        let (id, mut text) = self
            .message
            .take()
            .unwrap_or_else(|| (self.new_id(), String::new()));
        text.push_str(&piece.content);
        if piece.is_finish {
            return (id, Some(text));
        }
        self.message = Some((id.clone(), text));
        (id, None)
    }

    /// Remembers that the next message of the conversation is the answer to this run.
    pub(super) fn waits(&self) {
        let mut all = self.context.core.conversations.lock();
        if let Some(conversation) = all.get_mut(&self.conversation_id) {
            conversation.waiting = Some(self.run.execute_id.clone());
        }
    }

    pub(super) fn new_id(&self) -> String {
        self.context.core.ids.number()
    }

    pub(super) fn now(&self) -> i64 {
        self.context.core.clock.seconds()
    }
}
