//! Parts of several responses.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    ids::SPACE_ID,
    request::Context,
    runs::{Interrupt, Run},
};

/// JSON as the service writes it: an ampersand, such as those of debug URLs, is always escaped.
pub(super) fn escaped(json: Bytes) -> Bytes {
    if !json.contains(&b'&') {
        return json;
    }
    // Outside of texts JSON has no ampersand.
    let mut written = Vec::with_capacity(json.len() + 32);
    for (index, part) in json.split(|byte| *byte == b'&').enumerate() {
        if index > 0 {
            written.extend_from_slice(br"\u0026");
        }
        written.extend_from_slice(part);
    }
    written.into()
}

/// The page of a run.
pub(super) fn debug_url(context: &Context, run: &Run) -> String {
    format!(
        "{}/work_flow?execute_id={}&space_id={SPACE_ID}&workflow_id={}",
        context.base_url,
        run.execute_id,
        run.workflow.id()
    )
}

/// `interrupt_data` of the JSON responses.
pub(super) fn interrupt_data(interrupt: &Interrupt) -> Value {
    let data = json!({ "content_type": "text", "content": interrupt.content }).to_string();
    interrupt_with(interrupt, &data)
}

pub(super) fn interrupt_with(interrupt: &Interrupt, data: &str) -> Value {
    json!({
        "event_id": interrupt.event_id,
        "type": interrupt.kind,
        "data": data,
        "required_parameters": interrupt.required,
    })
}

/// The tokens that a run has used.
pub(super) fn usage(run: &Run) -> Value {
    let tokens = run.usage();
    json!({
        "token_count": tokens.sum(),
        "input_count": tokens.input,
        "output_count": tokens.output,
    })
}
