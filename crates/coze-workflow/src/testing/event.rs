//! Streams of events.

use std::{collections::BTreeMap, time::Duration};

use coze_transport::testing::Reply;
use coze_wire::sse::encode_event;
use serde_json::{Value, json};

use super::responses::run_of;

/// An event of a stream.
#[derive(Clone, Debug)]
pub struct Event {
    name: String,
    data: Value,
    pause: Duration,
}

impl Event {
    /// An event of any name.
    pub fn new(name: impl Into<String>, data: impl Into<Value>) -> Self {
        Self {
            name: name.into(),
            data: data.into(),
            pause: Duration::ZERO,
        }
    }

    /// A piece of what a node says. The pieces of a node, told by its title, are numbered, and the last one ends it.
    pub fn message(node_title: &str, content: &str) -> Self {
        let data = json!({ "content": content, "content_type": "text", "node_title": node_title });
        Self::new("Message", data)
    }

    /// A question, which ends the stream. Its text is what the node said before; see [`question`](super::question)
    /// for `event_id`.
    pub fn question(event_id: &str) -> Self {
        let asked = json!({ "event_id": event_id, "type": 2, "data": "" });
        let page = format!(
            "https://coze.test/work_flow?execute_id={}",
            run_of(event_id)
        );
        Self::new(
            "Interrupt",
            json!({ "interrupt_data": asked, "debug_url": page }),
        )
    }

    /// The run failed, which ends the stream.
    pub fn failure(code: i64, message: &str) -> Self {
        Self::new(
            "Error",
            json!({ "error_code": code, "error_message": message }),
        )
    }

    /// The run ended.
    pub fn done() -> Self {
        Self::new("Done", json!({}))
    }

    /// Waits before the event.
    #[must_use]
    pub const fn after(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }
}

/// A stream of events, each a piece of the body; numbered from 0 where they are those of a run.
///
/// Without [`Event::done`], [`Event::question`] or [`Event::failure`] at the end the stream is truncated.
pub fn events(events: impl IntoIterator<Item = Event>) -> Reply {
    let mut events: Vec<_> = events.into_iter().collect();
    number(&mut events);
    let pieces = events.into_iter().enumerate().map(|(id, event)| {
        let mut piece = Vec::new();
        // The events of a chat have no numbers.
        let id = (!event.name.starts_with(char::is_lowercase)).then(|| id.to_string());
        let data = event.data.to_string();
        encode_event(&mut piece, id.as_deref(), Some(&event.name), Some(&data));
        (event.pause, piece)
    });
    Reply::stream(pieces)
}

/// Numbers the pieces of each node, and marks its last one.
fn number(events: &mut [Event]) {
    let mut nodes: BTreeMap<String, Vec<&mut Value>> = BTreeMap::new();
    for event in events.iter_mut().filter(|event| event.name == "Message") {
        if let Some(title) = event.data["node_title"].as_str() {
            nodes
                .entry(title.to_owned())
                .or_default()
                .push(&mut event.data);
        }
    }
    for pieces in nodes.into_values() {
        let last = pieces.len() - 1;
        for (seq, piece) in pieces.into_iter().enumerate() {
            piece["node_seq_id"] = seq.to_string().into();
            piece["node_is_finish"] = (seq == last).into();
        }
    }
}

/// A chat in which the assistant says `text`, in the conversation `conversation_id`.
pub fn chat(conversation_id: &str, text: &str) -> Reply {
    let chat = |name: &str, status: &str| {
        let chat = json!({ "id": "75", "conversation_id": conversation_id, "status": status });
        Event::new(format!("conversation.chat.{name}"), chat)
    };
    let message = |name: &str| {
        let message = json!({ "id": "76", "conversation_id": conversation_id, "role": "assistant",
            "type": "answer", "content": text, "content_type": "text" });
        Event::new(format!("conversation.message.{name}"), message)
    };
    events([
        chat("created", "created"),
        message("delta"),
        message("completed"),
        chat("completed", "completed"),
        Event::new("done", "[DONE]"),
    ])
}
