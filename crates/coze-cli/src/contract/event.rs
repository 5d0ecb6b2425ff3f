//! The objects of streams, one a line.

use coze_workflow::{
    Error, EventStream, Question, StreamKind,
    models::{ChatEvent, StreamEvent, WorkflowEvent},
};
use serde_json::{Map, Value, json};

/// An event: `event`, its name in lower case, its `id` in the stream, and its fields as on the wire.
pub(crate) fn event<E: Kind>(event: &E, id: Option<&str>) -> Value {
    if event.is_unknown() {
        let raw = event.data().unwrap_or_default();
        return json!({"event": "unknown", "id": id, "name": event.name(), "raw": raw});
    }
    let mut object = Map::new();
    object.insert("event".into(), event.name().to_ascii_lowercase().into());
    object.insert("id".into(), json!(id));
    let data = event.data().unwrap_or_default();
    if let Ok(Value::Object(fields)) = serde_json::from_str(&data) {
        object.extend(fields);
    }
    object.into()
}

/// Adds to the last event what is known of the whole stream, and what is asked if it ends so.
pub(crate) fn last<K: StreamKind>(
    mut event: Value,
    stream: &EventStream<K>,
    question: Option<&Question>,
) -> Value {
    event["log_id"] = json!(stream.log_id());
    event["execute_id"] = json!(stream.execute_id());
    if let Some(question) = question {
        event["question"] = super::question(question);
    }
    event
}

/// An event whose data cannot be decoded, after which the stream goes on.
pub(crate) fn undecodable(error: &Error, id: Option<&str>) -> Value {
    json!({
        "event": "undecodable",
        "id": id,
        "name": error.event_name(),
        "raw": error.event_data(),
        "message": error.to_string(),
    })
}

/// Events of one of the two kinds of streams.
pub(crate) trait Kind: StreamEvent {
    /// Whether this version does not know the event.
    fn is_unknown(&self) -> bool;
}

impl Kind for WorkflowEvent {
    fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

impl Kind for ChatEvent {
    fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}
