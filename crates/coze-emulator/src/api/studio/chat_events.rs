//! The frames of a chat stream; their ids count from 1.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    super::{
        context::Context,
        sse::{self, Render},
    },
    card, code_of, debug_url,
};
use crate::{
    core::Shared,
    runs::{Event, Interrupt, Piece, Run, Status},
};

pub(super) struct ChatEvents {
    core: Shared,
    run: Arc<Run>,
    debug_url: String,
    chat_id: String,
    conversation_id: String,
    section_id: String,
    last_id: u64,
    /// The message that is being said: its id, and what was said of it.
    message: Option<(String, String)>,
}

impl ChatEvents {
    pub(super) fn new(context: &Context, run: Arc<Run>, conversation_id: String) -> Self {
        let section_id = context
            .core
            .conversations
            .lock()
            .get(&conversation_id)
            .map(|conversation| conversation.section_id.clone());
        Self {
            core: context.core.clone(),
            debug_url: debug_url(context, &run),
            run,
            chat_id: context.core.ids.number(),
            section_id: section_id.unwrap_or_default(),
            conversation_id,
            last_id: 0,
            message: None,
        }
    }

    /// The first frames.
    pub(super) fn created(&mut self) -> Vec<Bytes> {
        ["created", "in_progress"]
            .map(|status| {
                let chat = self.chat(status);
                self.frame(&format!("conversation.chat.{status}"), &chat)
            })
            .into()
    }

    fn frame(&mut self, event: &str, data: &Value) -> Bytes {
        self.last_id += 1;
        sse::frame(Some(self.last_id), event, &data.to_string())
    }

    fn chat(&self, status: &str) -> Value {
        json!({
            "id": self.chat_id,
            "conversation_id": self.conversation_id,
            "bot_id": self.run.origin.bot_id,
            "status": status,
            "execute_id": self.run.execute_id,
            "section_id": self.section_id,
        })
    }

    fn message(&mut self, event: &str, id: &str, content_type: &str, content: &str) -> Bytes {
        let message = json!({
            "id": id,
            "chat_id": self.chat_id,
            "conversation_id": self.conversation_id,
            "bot_id": self.run.origin.bot_id,
            "role": "assistant",
            "type": "answer",
            "content": content,
            "content_type": content_type,
            "section_id": self.section_id,
        });
        self.frame(&format!("conversation.message.{event}"), &message)
    }

    fn piece(&mut self, piece: &Piece) -> Vec<Bytes> {
        let is_whole = piece.is_finish && !piece.is_lone_in_stream(&self.run);
        let (id, mut text) = self
            .message
            .take()
            .unwrap_or_else(|| (self.core.ids.number(), String::new()));
        text.push_str(&piece.content);
        let mut frames = vec![self.message("delta", &id, "text", &piece.content)];
        if is_whole {
            frames.push(self.message("completed", &id, "text", &text));
        } else if !piece.is_finish {
            self.message = Some((id, text));
        }
        frames
    }

    fn interrupted(&mut self, interrupt: &Interrupt) -> Vec<Bytes> {
        if let Some(conversation) = self
            .core
            .conversations
            .lock()
            .get_mut(&self.conversation_id)
        {
            conversation.waiting = Some(self.run.execute_id.clone());
        }
        let id = self.core.ids.number();
        let mut frames = Vec::new();
        if let Some(card) = card::of(interrupt) {
            frames.push(self.message("completed", &id, "card", &card));
        } else {
            let text = &interrupt.content;
            frames.push(self.message("delta", &id, "text", text));
            frames.push(self.message("completed", &id, "text", text));
        }
        let chat = self.chat("requires_action");
        frames.push(self.frame("conversation.chat.requires_action", &chat));
        frames.push(self.done());
        frames
    }

    fn ended(&mut self) -> Vec<Bytes> {
        if self.run.status() == Status::Cancel {
            // The stream just ends.
            return Vec::new();
        }
        let failure = self.run.with_record(|record| match &record.result {
            Some(Err(failure)) => {
                Some((code_of(failure, record.timed_out), failure.message.clone()))
            }
            _ => None,
        });
        if let Some((code, message)) = failure {
            let error =
                json!({ "code": code.to_string(), "msg": message, "debug_url": self.debug_url });
            return vec![self.frame("error", &error)];
        }
        let mut chat = self.chat("completed");
        let tokens = self.run.workflow.usage();
        if tokens.input + tokens.output > 0 {
            chat["usage"] = json!({
                // The server's own slip: it adds the output to itself.
                "token_count": tokens.output + tokens.output,
                "output_count": tokens.output,
                "input_count": tokens.input,
            });
        }
        vec![
            self.frame("conversation.chat.completed", &chat),
            self.done(),
        ]
    }

    fn done(&mut self) -> Bytes {
        let data = json!({ "debug_url": self.debug_url });
        self.frame("done", &data)
    }
}

impl Render for ChatEvents {
    fn event(&mut self, event: Event) -> Vec<Bytes> {
        match event {
            // A question is said with its interrupt, and nothing is said without text.
            Event::Piece(piece) if piece.kind == "question" || piece.content.is_empty() => {
                Vec::new()
            }
            Event::Piece(piece) => self.piece(&piece),
            Event::Interrupted(interrupt) => self.interrupted(&interrupt),
            Event::Ended => self.ended(),
        }
    }

    fn ping(&mut self) -> Option<Bytes> {
        None
    }
}
