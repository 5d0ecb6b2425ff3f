//! Reading a value as the workflow wants it.
//!
//! `-p zip=01234` is a text and `-p name=Ada` too, whatever the workflow says: neither is JSON. But
//! `-p code=1234` is a number to one workflow and a text to another, so in such a case alone the service is
//! asked. Where it does not tell, because the token may not ask for instance, JSON decides.

use std::collections::BTreeMap;

use coze_workflow::{
    Call, Client,
    models::{Parameter, ParameterType},
};
use serde_json::Value;

use crate::{output, session::Session};

/// Whether the type of an input decides how this text is read.
pub(super) fn matters(text: &str) -> bool {
    !matches!(serde_json::from_str(text), Err(_) | Ok(Value::String(_)))
}

/// The inputs of a workflow, if they can be had.
pub(super) async fn ask(
    session: &Session,
    client: &Client,
    id: &str,
) -> Option<BTreeMap<String, Parameter>> {
    let call = client.workflow(id).info();
    match session.bounded(call, Call::deadline).await {
        Ok(info) => info.into_inner().input.map(|input| input.parameters),
        Err(error) => {
            if session.verbose > 0 {
                output::note(&format!("inputs are read as JSON, because {error}"));
            }
            None
        }
    }
}

/// The value of an input, which has to be of type `parameter` where that is known.
pub(crate) fn value(text: &str, parameter: Option<&Parameter>) -> Value {
    let plain = || Value::from(text);
    match serde_json::from_str(text) {
        Err(_) => plain(),
        // Quotes say "text" by themselves.
        Ok(value @ Value::String(_)) => value,
        Ok(value) => match parameter.and_then(|parameter| parameter.r#type.as_ref()) {
            Some(kind) if is_text(kind) => plain(),
            _ => value,
        },
    }
}

/// Whether an input takes a list.
pub(super) fn is_list(parameter: Option<&Parameter>) -> bool {
    let kind = parameter.and_then(|parameter| parameter.r#type.as_ref());
    kind == Some(&ParameterType::Array)
}

/// Whether values of this type are JSON strings. Files are, too: a URL, or an object with the id as text.
fn is_text(kind: &ParameterType) -> bool {
    !matches!(
        kind,
        ParameterType::Integer
            | ParameterType::Number
            | ParameterType::Boolean
            | ParameterType::Object
            | ParameterType::Array
            | ParameterType::Unrecognized(_)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_type_decides_what_json_leaves_open() {
        let of =
            |kind: &str| -> Parameter { serde_json::from_value(json!({"type": kind})).unwrap() };
        for (text, kind, wanted) in [
            ("1234", "string", json!("1234")),
            ("1234", "integer", json!(1234)),
            ("1e3", "time", json!("1e3")),
            ("true", "string", json!("true")),
            ("true", "boolean", json!(true)),
            ("null", "string", json!("null")),
            ("[1]", "array", json!([1])),
            ("[1]", "string", json!("[1]")),
            (r#"{"file_id":"7"}"#, "image", json!(r#"{"file_id":"7"}"#)),
            (r#"{"a":1}"#, "object", json!({"a": 1})),
            ("01234", "integer", json!("01234")),
            ("\"1\"", "string", json!("1")),
            ("7", "matrix", json!(7)),
            (
                "7366000000000000001",
                "string",
                json!("7366000000000000001"),
            ),
        ] {
            assert_eq!(value(text, Some(&of(kind))), wanted, "{text} as {kind}");
        }
    }

    #[test]
    fn the_service_is_asked_only_where_it_matters() {
        for text in ["1234", "true", "null", "[1]", "{}"] {
            assert!(matters(text), "{text}");
        }
        for text in ["Ada", "01234", "\"1\"", "", "x=y"] {
            assert!(!matters(text), "{text}");
        }
    }
}
