//! The frames of a chat stream.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    context::Context,
    sse::{self, Render},
    start,
};
use crate::{
    core::Shared,
    runs::{Event, Interrupt, Piece, Run},
};

/// Writes chat events; they carry no `id` line.
pub(super) struct ChatEvents {
    core: Shared,
    run: Arc<Run>,
    debug_url: String,
    chat_id: String,
    conversation_id: String,
    section_id: String,
    created: i64,
    /// The message that is being said, with what was said of it.
    message: Option<(String, String)>,
}

impl ChatEvents {
    pub(super) fn new(
        context: &Context,
        run: Arc<Run>,
        conversation_id: String,
        section_id: String,
    ) -> Self {
        Self {
            core: context.core.clone(),
            debug_url: context.debug_url(&run),
            run,
            chat_id: context.core.ids.number(),
            conversation_id,
            section_id,
            created: context.core.clock.seconds(),
            message: None,
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
        json!({
            "id": self.chat_id,
            "conversation_id": self.conversation_id,
            "bot_id": self.run.origin.bot_id,
            "status": status,
            "created_at": self.created,
            "last_error": { "code": 0, "msg": "" },
            "usage": { "token_count": 0, "input_count": 0, "output_count": 0 },
            "section_id": self.section_id,
        })
    }

    fn said(&self, id: &str, kind: &str, content: &str) -> Value {
        json!({
            "id": id,
            "conversation_id": self.conversation_id,
            "bot_id": self.run.origin.bot_id,
            "chat_id": self.chat_id,
            "role": "assistant",
            "type": kind,
            "content": content,
            "content_type": "text",
            "section_id": self.section_id,
        })
    }

    fn verbose(&self, msg_type: &str, data: &str) -> Bytes {
        let content = json!({
            "msg_type": msg_type,
            "data": data,
            "from_module": null,
            "from_unit": null,
        });
        let id = self.core.ids.number();
        let message = self.said(&id, "verbose", &content.to_string());
        frame("conversation.message.completed", &message)
    }

    /// The end of all answers of this turn.
    fn answers_finished(&self, reason: u8) -> Bytes {
        let data = json!({ "finish_reason": reason, "FinData": "" }).to_string();
        self.verbose("generate_answer_finish", &data)
    }

    fn piece(&mut self, piece: &Piece) -> Vec<Bytes> {
        let (id, mut text) = self
            .message
            .take()
            .unwrap_or_else(|| (self.core.ids.number(), String::new()));
        text.push_str(&piece.content);
        let delta = self.said(&id, "answer", &piece.content);
        let mut frames = vec![frame("conversation.message.delta", &delta)];
        if piece.is_finish {
            let mut whole = self.said(&id, "answer", &text);
            whole["created_at"] = self.core.clock.seconds().into();
            frames.push(frame("conversation.message.completed", &whole));
        } else {
            self.message = Some((id, text));
        }
        frames
    }

    fn interrupted(&mut self, interrupt: &Interrupt) -> Vec<Bytes> {
        let waiting = Some(self.run.execute_id.clone());
        if let Some(conversation) = self
            .core
            .conversations
            .lock()
            .get_mut(&self.conversation_id)
        {
            conversation.waiting = waiting;
        }
        let mut frames = Vec::new();
        // The text of a question was said as a piece already.
        if interrupt.kind != Interrupt::QUESTION {
            let id = self.core.ids.number();
            let form = self.said(&id, "answer", &interrupt.content);
            frames.push(frame("conversation.message.completed", &form));
        }
        frames.push(self.verbose("interrupt", &start::interrupt_data(interrupt).to_string()));
        frames.push(self.answers_finished(1));
        let mut chat = self.chat("requires_action");
        chat["required_action"] =
            json!({ "type": "submit_tool_outputs", "submit_tool_outputs": { "tool_calls": [] } });
        frames.push(frame("conversation.chat.requires_action", &chat));
        frames.push(self.done());
        frames
    }

    fn ended(&self) -> Vec<Bytes> {
        let failure = self.run.with_record(|record| match &record.result {
            Some(Err(failure)) => Some(failure.clone()),
            _ => None,
        });
        let now = self.core.clock.seconds();
        if let Some(failure) = failure {
            let mut chat = self.chat("failed");
            chat["failed_at"] = now.into();
            chat["last_error"] = json!({ "code": failure.code, "msg": failure.message });
            return vec![frame("conversation.chat.failed", &chat)];
        }
        let mut chat = self.chat("completed");
        chat["completed_at"] = now.into();
        chat["usage"] = start::usage(&self.run);
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

impl Render for ChatEvents {
    fn event(&mut self, event: Event) -> Vec<Bytes> {
        match event {
            Event::Piece(piece) => self.piece(&piece),
            Event::Interrupted(interrupt) => self.interrupted(&interrupt),
            Event::Ended => self.ended(),
        }
    }

    fn ping(&mut self) -> Option<Bytes> {
        None
    }
}

fn frame(event: &str, data: &Value) -> Bytes {
    sse::frame(None, event, &data.to_string())
}
