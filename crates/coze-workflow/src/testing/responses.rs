//! Responses in one piece.

use coze_transport::testing::Reply;
use serde_json::{Map, Value, json};

/// What the end node of a run returned: its variables, or a text.
pub fn output(output: impl Into<Value>) -> Reply {
    json!({ "code": 0, "msg": "", "data": text(output.into()) }).into()
}

/// A refusal or a failure: a code of the service, and its message.
///
/// What a code means, and whether the request is sent again, is what it is in production: 4009 is, 4200 is not.
pub fn failure(code: i64, message: &str) -> Reply {
    json!({ "code": code, "msg": message }).into()
}

/// A run that asks. Its execute id is what stands before the slash of `event_id`: `7413/1`.
pub fn question(event_id: &str, text: &str) -> Reply {
    let data = json!({ "content_type": "text", "content": text }).to_string();
    let asked = json!({ "event_id": event_id, "type": 2, "data": data });
    json!({ "code": 0, "execute_id": run_of(event_id), "interrupt_data": asked }).into()
}

/// The run that an event belongs to.
pub(super) fn run_of(event_id: &str) -> &str {
    event_id.split('/').next().unwrap_or(event_id)
}

/// A run in the background was started.
pub fn started(execute_id: &str) -> Reply {
    json!({ "code": 0, "msg": "", "execute_id": execute_id }).into()
}

/// A run in the background goes on.
pub fn running(execute_id: &str) -> Reply {
    history(execute_id, "Running", json!({}))
}

/// A run in the background ended well: the variables of its end node, or a text.
pub fn succeeded(execute_id: &str, output: impl Into<Value>) -> Reply {
    let output = json!({ "Output": text(output.into()) }).to_string();
    history(execute_id, "Success", json!({ "output": output }))
}

/// A run in the background failed.
pub fn failed(execute_id: &str, code: i64, message: &str) -> Reply {
    let why = json!({ "error_code": code.to_string(), "error_message": message });
    history(execute_id, "Fail", why)
}

fn history(execute_id: &str, status: &str, more: Value) -> Reply {
    let mut row = Map::from_iter([
        ("execute_id".to_owned(), execute_id.into()),
        ("execute_status".to_owned(), status.into()),
    ]);
    if let Value::Object(more) = more {
        row.extend(more);
    }
    json!({ "code": 0, "msg": "", "data": [row] }).into()
}

/// The service sends outputs as text.
fn text(output: Value) -> String {
    match output {
        Value::String(text) => text,
        output => output.to_string(),
    }
}
