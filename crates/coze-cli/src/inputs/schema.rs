//! What a workflow takes: for reading a value as the workflow wants it, and for telling what does not fit.
//!
//! `-p zip=01234` is a text and `-p name=Ada` too, whatever the workflow says: neither is JSON. But
//! `-p code=1234` is a number to one workflow and a text to another. Where the service does not tell, because the
//! token may not ask for instance, JSON decides.

use std::time::Duration;

use coze_workflow::engine::{Engine, InputField, InputKind, InputSchema};
use serde_json::Value;

use crate::{output, session::Session};

/// A run is not held up longer by the question what its workflow takes.
const LONGEST: Duration = Duration::from_secs(5);

/// Inputs that a chatflow gets from the chat itself.
const OF_CHATS: [&str; 2] = ["USER_INPUT", "CONVERSATION_NAME"];

/// What a workflow takes, if it can be had.
pub(super) async fn ask(session: &Session, engine: &dyn Engine, id: &str) -> Option<InputSchema> {
    let limit = session.deadline.map_or(LONGEST, |limit| limit.min(LONGEST));
    match tokio::time::timeout(limit, engine.inputs(id)).await {
        Ok(Ok(mut schema)) => {
            let fields = schema.iter_mut().flat_map(|schema| &mut schema.fields);
            for field in fields.filter(|field| OF_CHATS.contains(&field.name.as_str())) {
                field.required = false;
            }
            schema
        }
        Ok(Err(error)) => {
            if session.verbose > 0 {
                output::note(&format!(
                    "inputs are read as JSON and not checked, because {error}"
                ));
            }
            None
        }
        Err(_) => None,
    }
}

/// The value of an input; `wants_text` if it is known to take a JSON string.
pub(crate) fn value(text: &str, wants_text: bool) -> Value {
    match serde_json::from_str(text) {
        Err(_) => Value::from(text),
        // Quotes say "text" by themselves.
        Ok(value @ Value::String(_)) => value,
        Ok(_) if wants_text => Value::from(text),
        Ok(value) => value,
    }
}

/// Whether values of this input are JSON strings. Files are, too: a URL, or an object with the id as text.
pub(super) fn is_text(field: &InputField) -> bool {
    matches!(field.kind, InputKind::Text | InputKind::File)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_type_decides_what_json_leaves_open() {
        use InputKind as K;
        for (text, kind, wanted) in [
            ("1234", K::Text, json!("1234")),
            ("1234", K::Integer, json!(1234)),
            ("1e3", K::Text, json!("1e3")),
            ("true", K::Text, json!("true")),
            ("true", K::Boolean, json!(true)),
            ("null", K::Text, json!("null")),
            ("[1]", K::Array, json!([1])),
            ("[1]", K::Text, json!("[1]")),
            (r#"{"file_id":"7"}"#, K::File, json!(r#"{"file_id":"7"}"#)),
            (r#"{"a":1}"#, K::Object, json!({"a": 1})),
            ("01234", K::Integer, json!("01234")),
            ("\"1\"", K::Text, json!("1")),
            ("7", K::Any, json!(7)),
            ("7366000000000000001", K::Text, json!("7366000000000000001")),
        ] {
            let field = InputField::new("x", kind);
            assert_eq!(value(text, is_text(&field)), wanted, "{text} as {kind:?}");
        }
    }
}
