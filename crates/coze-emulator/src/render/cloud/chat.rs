//! The frames of a chat stream.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    super::{
        chat::Turn,
        sse::{self, Frames},
    },
    parts::{debug_url, escaped, interrupt_data, usage},
};
use crate::{
    ids::NO_BOT,
    runs::{Event, Interrupt, Piece},
};

/// Writes chat events; they carry no `id` line.
pub(super) struct ChatEvents {
    turn: Turn,
    debug_url: String,
    created: i64,
}

impl ChatEvents {
    pub(super) fn new(turn: Turn) -> Self {
        Self {
            debug_url: debug_url(&turn.context, &turn.run),
            created: turn.now(),
            turn,
        }
    }

    /// The first frames.
    pub(super) fn created(&mut self) -> Vec<Bytes> {
        vec![
            frame("conversation.chat.created", &self.chat("created")),
            frame("conversation.chat.in_progress", &self.chat("in_progress")),
        ]
    }

    fn chat(&self, status: &str) -> Value {
        self.by_agent(json!({
            "id": self.turn.chat_id,
            "conversation_id": self.turn.conversation_id,
            "status": status,
            "created_at": self.created,
            "last_error": { "code": 0, "msg": "" },
            "usage": { "token_count": 0, "input_count": 0, "output_count": 0 },
            "section_id": self.turn.section_id,
        }))
    }

    /// Names the agent, if there is one: chats of apps have none.
    fn by_agent(&self, mut described: Value) -> Value {
        let bot_id = &self.turn.run.origin.bot_id;
        if bot_id != NO_BOT {
            described["bot_id"] = bot_id.as_str().into();
        }
        described
    }

    fn said(&self, id: &str, kind: &str, content: &str) -> Value {
        self.by_agent(json!({
            "id": id,
            "conversation_id": self.turn.conversation_id,
            "chat_id": self.turn.chat_id,
            "role": "assistant",
            "type": kind,
            "content": content,
            "content_type": "text",
            "section_id": self.turn.section_id,
        }))
    }

    fn verbose(&self, msg_type: &str, data: &str) -> Bytes {
        let content = json!({
            "msg_type": msg_type,
            "data": data,
            "from_module": null,
            "from_unit": null,
        });
        let id = self.turn.new_id();
        let message = self.said(&id, "verbose", &content.to_string());
        frame("conversation.message.completed", &message)
    }

    /// The end of all answers of this turn.
    fn answers_finished(&self, reason: u8) -> Bytes {
        let data = json!({ "finish_reason": reason, "FinData": "" }).to_string();
        self.verbose("generate_answer_finish", &data)
    }

    fn piece(&mut self, piece: &Piece) -> Vec<Bytes> {
        let (id, whole) = self.turn.say(piece);
        let mut delta = self.said(&id, "answer", &piece.content);
        if whole.is_some() {
            delta["created_at"] = self.turn.now().into();
        }
        let mut frames = vec![frame("conversation.message.delta", &delta)];
        if let Some(text) = whole {
            let mut whole = self.said(&id, "answer", &text);
            whole["created_at"] = self.turn.now().into();
            frames.push(frame("conversation.message.completed", &whole));
        }
        frames
    }

    fn interrupted(&self, interrupt: &Interrupt) -> Vec<Bytes> {
        self.turn.waits();
        let mut frames = Vec::new();
        // The text of a question was said as a piece already.
        if interrupt.kind != Interrupt::QUESTION {
            let id = self.turn.new_id();
            let form = self.said(&id, "answer", &interrupt.content);
            frames.push(frame("conversation.message.completed", &form));
        }
        frames.push(self.verbose("interrupt", &interrupt_data(interrupt).to_string()));
        frames.push(self.answers_finished(1));
        let mut chat = self.chat("requires_action");
        chat["required_action"] =
            json!({ "type": "submit_tool_outputs", "submit_tool_outputs": { "tool_calls": [] } });
        frames.push(frame("conversation.chat.requires_action", &chat));
        frames.push(self.done());
        frames
    }

    fn ended(&self) -> Vec<Bytes> {
        let failure = self.turn.run.with_record(|record| match &record.result {
            Some(Err(failure)) => Some(failure.clone()),
            _ => None,
        });
        let now = self.turn.now();
        if let Some(failure) = failure {
            let mut chat = self.chat("failed");
            chat["failed_at"] = now.into();
            chat["last_error"] = json!({ "code": failure.code, "msg": failure.message });
            return vec![frame("conversation.chat.failed", &chat)];
        }
        let mut chat = self.chat("completed");
        chat["completed_at"] = now.into();
        chat["usage"] = usage(&self.turn.run);
        vec![
            self.answers_finished(0),
            frame("conversation.chat.completed", &chat),
            self.done(),
        ]
    }

    fn done(&self) -> Bytes {
        frame("done", &json!({ "debug_url": self.debug_url }))
    }
}

impl Frames for ChatEvents {
    fn event(&mut self, event: Event) -> Vec<Bytes> {
        match event {
            Event::Piece(piece) => self.piece(&piece),
            Event::Interrupted(interrupt) => self.interrupted(&interrupt),
            Event::Ended => self.ended(),
        }
    }
}

fn frame(event: &str, data: &Value) -> Bytes {
    escaped(sse::frame(None, event, data))
}
