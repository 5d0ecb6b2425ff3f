//! The frames of a chat stream; their ids count from 1.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    super::{
        chat::Turn,
        sse::{Frames, Numbered},
    },
    card,
    parts::{debug_url, failure_of},
};
use crate::runs::{Event, Interrupt, Piece, Status};

pub(super) struct ChatEvents {
    turn: Turn,
    debug_url: String,
    numbered: Numbered,
}

impl ChatEvents {
    pub(super) fn new(turn: Turn) -> Self {
        Self {
            debug_url: debug_url(&turn.context, &turn.run),
            turn,
            numbered: Numbered::from(1),
        }
    }

    /// The first frames.
    pub(super) fn created(&mut self) -> Vec<Bytes> {
        ["created", "in_progress"]
            .map(|status| {
                let chat = self.chat(status);
                self.numbered
                    .frame(&format!("conversation.chat.{status}"), &chat)
            })
            .into()
    }

    fn chat(&self, status: &str) -> Value {
        json!({
            "id": self.turn.chat_id,
            "conversation_id": self.turn.conversation_id,
            "bot_id": self.turn.run.origin.bot_id,
            "status": status,
            "execute_id": self.turn.run.execute_id,
            "section_id": self.turn.section_id,
        })
    }

    fn message(&mut self, event: &str, id: &str, content_type: &str, content: &str) -> Bytes {
        let message = json!({
            "id": id,
            "chat_id": self.turn.chat_id,
            "conversation_id": self.turn.conversation_id,
            "bot_id": self.turn.run.origin.bot_id,
            "role": "assistant",
            "type": "answer",
            "content": content,
            "content_type": content_type,
            "section_id": self.turn.section_id,
        });
        self.numbered
            .frame(&format!("conversation.message.{event}"), &message)
    }

    fn piece(&mut self, piece: &Piece) -> Vec<Bytes> {
        let (id, whole) = self.turn.say(piece);
        let mut frames = vec![self.message("delta", &id, "text", &piece.content)];
        if let Some(text) = whole.filter(|_| !piece.is_lone_in_stream(&self.turn.run.workflow)) {
            frames.push(self.message("completed", &id, "text", &text));
        }
        frames
    }

    fn interrupted(&mut self, interrupt: &Interrupt) -> Vec<Bytes> {
        self.turn.waits();
        let id = self.turn.new_id();
        let mut frames = Vec::new();
        if let Some(card) = card::of(interrupt) {
            frames.push(self.message("completed", &id, "card", &card));
        } else {
            let text = &interrupt.content;
            frames.push(self.message("delta", &id, "text", text));
            frames.push(self.message("completed", &id, "text", text));
        }
        let chat = self.chat("requires_action");
        frames.push(
            self.numbered
                .frame("conversation.chat.requires_action", &chat),
        );
        frames.push(self.done());
        frames
    }

    fn ended(&mut self) -> Vec<Bytes> {
        if self.turn.run.status() == Status::Cancel {
            // The stream just ends.
            return Vec::new();
        }
        let failure = failure_of(&self.turn.run);
        if let Some((code, message)) = failure {
            let error =
                json!({ "code": code.to_string(), "msg": message, "debug_url": self.debug_url });
            return vec![self.numbered.frame("error", &error)];
        }
        let mut chat = self.chat("completed");
        let tokens = self.turn.run.usage();
        if tokens.sum() > 0 {
            chat["usage"] = json!({
                // The server's own slip: it adds the output to itself.
                "token_count": u64::from(tokens.output) * 2,
                "output_count": tokens.output,
                "input_count": tokens.input,
            });
        }
        vec![
            self.numbered.frame("conversation.chat.completed", &chat),
            self.done(),
        ]
    }

    fn done(&mut self) -> Bytes {
        let data = json!({ "debug_url": self.debug_url });
        self.numbered.frame("done", &data)
    }
}

impl Frames for ChatEvents {
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
}
