//! One turn of a chat, from which both servers' streams are written.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::mpsc;

use crate::{
    request::Context,
    runs::{Event, Piece, Run},
    store::{Chat, Conversation, Message},
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

    /// Notes the chat and its question in the conversation.
    pub(crate) fn begin(&self, said: String, meta_data: HashMap<String, String>) {
        let chat = Chat {
            execute_id: self.run.execute_id.clone(),
            bot_id: self.run.origin.bot_id.clone(),
            created: self.now(),
            section_id: self.section_id.clone(),
            meta_data,
        };
        let question = self.note(self.new_id(), "user", "question", said);
        self.in_conversation(|conversation| {
            conversation.add_chat(self.chat_id.clone(), chat);
            conversation.messages.add(question);
        });
    }

    /// Takes in what the run says when nobody streams it.
    pub(crate) async fn listen(mut self, mut events: mpsc::Receiver<Event>) {
        while let Some(event) = events.recv().await {
            match event {
                Event::Piece(piece) => {
                    self.say(&piece);
                }
                Event::Interrupted(_) => return self.waits(),
                Event::Ended => return,
            }
        }
    }

    fn note(&self, id: String, role: &'static str, kind: &'static str, content: String) -> Message {
        let now = self.now();
        Message {
            id,
            role: role.into(),
            kind: kind.into(),
            content,
            content_type: "text".into(),
            meta_data: HashMap::new(),
            created: now,
            updated: now,
            chat_id: self.chat_id.clone(),
            section_id: self.section_id.clone(),
        }
    }

    /// Changes the conversation, if it was not deleted meanwhile.
    fn in_conversation(&self, change: impl FnOnce(&mut Conversation)) {
        let mut all = self.context.core.conversations.lock();
        if let Some(conversation) = all.get_mut(&self.conversation_id) {
            change(conversation);
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
            let message = self.note(id.clone(), "assistant", "answer", text.clone());
            self.in_conversation(|conversation| conversation.messages.add(message));
            return (id, Some(text));
        }
        self.message = Some((id.clone(), text));
        (id, None)
    }

    /// Remembers that the next message of the conversation is the answer to this run.
    pub(super) fn waits(&self) {
        self.in_conversation(|conversation| {
            conversation.waiting = Some(self.run.execute_id.clone());
        });
    }

    pub(super) fn new_id(&self) -> String {
        self.context.core.ids.number()
    }

    pub(super) fn now(&self) -> i64 {
        self.context.core.clock.seconds()
    }
}
