//! The record of a run.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::parts::{debug_url, interrupt_data, usage};
use crate::{
    request::Context,
    runs::{OutputRecord, Record, Run, is_kept},
};

/// The one row of the response.
pub(super) fn row(context: &Context, run: &Run) -> Value {
    // The status first: a record read after it is at least as new.
    let status = run.status();
    let record = run.record();
    let (output, is_truncated) = output(context, &record);
    let error = record
        .result
        .as_ref()
        .and_then(|result| result.as_ref().err());
    let mut row = json!({
        "execute_id": run.execute_id,
        "execute_status": status.as_str(),
        "bot_id": run.origin.bot_id,
        "connector_id": run.origin.connector_id,
        "connector_uid": run.origin.connector_uid,
        "run_mode": run.mode as u8,
        "logid": run.origin.log_id,
        "create_time": run.created,
        "update_time": record.updated,
        "output": output,
        "node_execute_status": node_status(&record),
        "error_code": error.map(|failure| failure.code.to_string()).unwrap_or_default(),
        "error_message": error.map(|failure| failure.message.as_str()).unwrap_or_default(),
        "token": "0",
        "cost": if record.result.is_none() { "0.00000" } else { "0" },
        "usage": usage(run),
        "is_output_trimmed": is_truncated,
        "debug_url": debug_url(context, run),
    });
    if let Some(interrupt) = &record.interrupt {
        row["interrupt_data"] = interrupt_data(interrupt);
    }
    row
}

/// The output nodes with a key each: the title, and for repeated executions the execution's own id.
fn keyed(record: &Record) -> impl Iterator<Item = (String, &OutputRecord)> {
    let mut seen = HashSet::new();
    record.outputs.iter().map(move |output| {
        let first = output.title != "Output" && seen.insert(output.title.clone());
        let key = if first { &output.title } else { &output.uuid };
        (key.clone(), output)
    })
}

/// The `output` text, and whether something in it was truncated.
fn output(context: &Context, record: &Record) -> (String, bool) {
    let most = context.core.limits.history_output;
    let now = context.core.clock.seconds();
    let kept = context.core.limits.node_output_kept.as_secs();
    let mut members = Map::new();
    let mut is_truncated = false;
    let mut add = |key: String, text: &str| {
        let start = truncate(text, most);
        is_truncated |= start.len() < text.len();
        members.insert(key, start.into());
    };
    match &record.result {
        Some(Ok(output)) => add("Output".into(), output),
        Some(Err(_)) => {}
        // The service's own words for a run that goes on.
        None => add("Output".into(), "null"),
    }
    for (key, output) in keyed(record) {
        if is_kept(now, output.updated, kept) {
            add(key, &output.text);
        }
    }
    if members.is_empty() {
        return (String::new(), false);
    }
    (Value::Object(members).to_string(), is_truncated)
}

/// At most `most` bytes, whole characters.
fn truncate(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

fn node_status(record: &Record) -> Value {
    keyed(record)
        .map(|(key, output)| {
            let mut status = json!({
                "node_id": output.node_id,
                "is_finish": output.is_finish,
                "update_time": output.updated,
                "node_execute_uuid": output.uuid,
            });
            if let Some(index) = output.loop_index {
                status["loop_index"] = index.into();
            }
            if let Some(index) = output.batch_index {
                status["batch_index"] = index.into();
            }
            if let Some(id) = &output.sub_execute_id {
                status["sub_execute_id"] = id.as_str().into();
            }
            (key, status)
        })
        .collect::<Map<_, _>>()
        .into()
}
