//! The frames of a workflow stream.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    super::sse::{Frames, Numbered},
    parts::{escaped, interrupt_data, interrupt_with, usage},
};
use crate::runs::{Event, Interrupt, Piece, Run};

/// Writes workflow events; their ids count from 0 in each response.
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
        let mut message = json!({
            "content": piece.content,
            "content_type": "text",
            "node_title": piece.title,
            "node_seq_id": piece.seq.to_string(),
            "node_is_finish": piece.is_finish,
            "node_id": piece.node_id,
            "node_execute_uuid": piece.uuid,
        });
        if let Some(index) = piece.loop_index {
            message["loop_index"] = index.into();
        }
        if let Some(index) = piece.batch_index {
            message["batch_index"] = index.into();
        }
        if let Some(id) = &piece.sub_execute_id {
            message["sub_execute_id"] = id.as_str().into();
        }
        if piece.kind == "end" && piece.is_finish {
            let usage = usage(&self.run);
            message["token"] = usage["token_count"].clone();
            message["cost"] = "0".into();
            message["usage"] = usage;
        }
        message
    }
}

/// On a stream the text of a question went out as a message; only forms need it here.
fn streamed(interrupt: &Interrupt) -> Value {
    if interrupt.kind == Interrupt::QUESTION {
        interrupt_with(interrupt, "")
    } else {
        interrupt_data(interrupt)
    }
}

impl Frames for WorkflowEvents {
    fn event(&mut self, event: Event) -> Vec<Bytes> {
        let (name, data) = match event {
            Event::Piece(piece) => ("Message", self.message(&piece)),
            Event::Interrupted(interrupt) => (
                "Interrupt",
                json!({
                    "interrupt_data": streamed(&interrupt),
                    "node_title": interrupt.node_title,
                }),
            ),
            Event::Ended => match self.run.with_record(|record| record.result.clone()) {
                Some(Err(failure)) => (
                    "Error",
                    json!({
                        "error_code": failure.code,
                        "error_message": failure.message,
                        "debug_url": self.debug_url,
                    }),
                ),
                _ => ("Done", json!({ "debug_url": self.debug_url })),
            },
        };
        vec![escaped(self.numbered.frame(name, &data))]
    }

    fn ping(&mut self) -> Option<Bytes> {
        Some(self.numbered.frame("PING", &json!({})))
    }
}
