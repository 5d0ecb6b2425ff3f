//! The object of a run.

use coze_wire::{Output, OutputOrigin};
use coze_workflow::{
    Run, RunOutput,
    models::{ExecuteStatus, JsonText, RunHistory},
};
use serde_json::{Value, json};

/// A run that succeeded. A truncated output is left out.
pub(crate) fn finished(run: &RunOutput) -> Value {
    let truncated = run.truncated();
    let whole = truncated.is_none_or(|truncated| !truncated.end_node);
    let mut object = json!({
        "execute_id": run.execute_id(),
        "status": "success",
        "output": whole.then(|| run.output_value()),
        "raw": run.raw(),
        "log_id": run.log_id(),
        "debug_url": run.debug_url(),
        "usage": run.usage(),
    });
    if let Some(truncated) = truncated {
        let nodes: Vec<_> = truncated.nodes.iter().map(|node| &node.title).collect();
        object["truncated"] = json!({"output": truncated.end_node, "nodes": nodes});
    }
    object
}

/// A run that was started in the background.
pub(crate) fn started(run: &Run) -> Value {
    json!({
        "execute_id": run.execute_id(),
        "status": "running",
        "output": null,
        "raw": null,
        "log_id": run.log_id(),
        "debug_url": run.debug_url(),
        "usage": null,
    })
}

/// How a run stands. The output is there when it has succeeded.
pub(crate) fn state(run: &Run, row: &RunHistory) -> Value {
    let word = row.execute_status.as_ref().map(ExecuteStatus::as_str);
    let raw = row.output.as_ref().map(JsonText::as_str);
    let raw = raw.filter(|text| !text.is_empty());
    let status = status_name(row);
    let output = raw.filter(|_| status == "success").map(output_of);
    let mut object = json!({
        "execute_id": run.execute_id(),
        "status": status,
        "status_word": word,
        "output": output,
        "raw": raw,
        "log_id": row.logid,
        "debug_url": row.debug_url,
        "usage": row.usage,
        "nodes": row.node_execute_status,
    });
    if row.error_code.is_some() || row.error_message.is_some() {
        object["error"] = json!({"code": row.error_code, "message": row.error_message});
    }
    if let Some(interrupt) = &row.interrupt_data {
        object["interrupt"] = json!(interrupt);
    }
    object
}

/// The output in a row of the history, as JSON where it is JSON.
pub(crate) fn output_of(raw: &str) -> Value {
    let output = Output::new(raw, OutputOrigin::History);
    let text = || Value::from(output.as_str());
    output.parse().unwrap_or_else(|_| text())
}

/// The contract's word for the state of a run.
pub(crate) fn status_name(row: &RunHistory) -> &'static str {
    match &row.execute_status {
        _ if row.is_interrupted() => "interrupted",
        Some(ExecuteStatus::Success) => "success",
        Some(ExecuteStatus::Fail) => "failed",
        Some(ExecuteStatus::Cancel) => "cancelled",
        Some(ExecuteStatus::Running) => "running",
        _ => "unknown",
    }
}
