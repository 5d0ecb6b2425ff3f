//! The frames of a workflow stream.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    super::sse::{Frames, Numbered},
    parts::{failure_of, token_count},
};
use crate::runs::{Event, Interrupt, Piece, Run};

/// Writes workflow events; members that are empty are left out.
pub(super) struct WorkflowEvents {
    run: Arc<Run>,
    debug_url: String,
    numbered: Numbered,
}

impl WorkflowEvents {
    pub(super) fn new(debug_url: String, run: Arc<Run>) -> Self {
        Self {
            run,
            debug_url,
            numbered: Numbered::from(0),
        }
    }

    fn message(&self, piece: &Piece) -> Value {
        let mut message = Map::new();
        message.insert("content".into(), piece.content.as_str().into());
        message.insert("content_type".into(), "text".into());
        message.insert("node_seq_id".into(), piece.seq.to_string().into());
        message.insert("node_id".into(), piece.node_id.as_str().into());
        let is_finish = piece.is_finish && !piece.is_lone_in_stream(&self.run.workflow);
        message.insert("node_is_finish".into(), is_finish.into());
        message.insert("node_type".into(), node_type(piece.kind).into());
        message.insert("node_title".into(), piece.title.as_str().into());
        let tokens = token_count(&self.run);
        if piece.kind == "end" && piece.is_finish && tokens > 0 {
            message.insert("token".into(), tokens.into());
        }
        message.into()
    }
}

/// The kinds of nodes that say something, as this server calls them.
fn node_type(kind: &str) -> &'static str {
    match kind {
        "end" => "End",
        "question" => "Question",
        "input_form" => "Input",
        _ => "Message",
    }
}

/// What is asked, as JSON text.
fn asked(interrupt: &Interrupt) -> String {
    if interrupt.kind == Interrupt::INPUT {
        return json!({ "content_type": "form_schema", "content": interrupt.content }).to_string();
    }
    let (content_type, content) = if interrupt.options.is_empty() {
        ("text", interrupt.content.clone())
    } else {
        let options: Vec<_> = interrupt
            .options
            .iter()
            .map(|name| json!({ "name": name }))
            .collect();
        let question = interrupt.content.split('\n').next().unwrap_or_default();
        (
            "option",
            json!({ "options": options, "question": question }).to_string(),
        )
    };
    let message = json!({
        "type": "question",
        "content_type": content_type,
        "content": content,
        "id": format!("{}_0", interrupt.node_id),
    });
    json!({ "messages": [message] }).to_string()
}

impl Frames for WorkflowEvents {
    fn event(&mut self, event: Event) -> Vec<Bytes> {
        let (name, data) = match event {
            // The message of a question is written with its interrupt.
            Event::Piece(piece) if piece.kind == "question" => return Vec::new(),
            // Pieces without text are never sent.
            Event::Piece(piece) if piece.content.is_empty() => return Vec::new(),
            Event::Piece(piece) => ("Message", self.message(&piece)),
            Event::Interrupted(interrupt) => return self.interrupted(&interrupt),
            Event::Ended => match failure_of(&self.run) {
                Some((code, message)) => (
                    "Error",
                    json!({ "debug_url": self.debug_url, "error_code": code, "error_message": message }),
                ),
                None => ("Done", json!({ "debug_url": self.debug_url })),
            },
        };
        vec![self.numbered.frame(name, &data)]
    }
}

impl WorkflowEvents {
    /// The message before an interrupt repeats its JSON text.
    fn interrupted(&mut self, interrupt: &Interrupt) -> Vec<Bytes> {
        let data = asked(interrupt);
        let kind = if interrupt.kind == Interrupt::INPUT {
            "Input"
        } else {
            "Question"
        };
        let message = json!({
            "content": data,
            "content_type": "text",
            "node_seq_id": "0",
            "node_id": interrupt.node_id,
            "node_is_finish": true,
            "node_type": kind,
            "node_title": interrupt.node_title,
        });
        let asked = json!({
            "debug_url": self.debug_url,
            "interrupt_data": { "event_id": interrupt.event_id, "type": interrupt.kind, "data": data },
        });
        vec![
            self.numbered.frame("Message", &message),
            self.numbered.frame("Interrupt", &asked),
        ]
    }
}
