//! What became of a run: its row, and the text of one output node.

use std::{collections::HashSet, sync::Arc};

use axum::{extract::Path, response::Response};
use serde_json::{Map, Value, json};

use super::{
    context::{Context, Members},
    failure::{self, Failure},
    start,
};
use crate::{
    Definition,
    runs::{OutputRecord, Record, Run},
};

/// `GET /v1/workflows/:workflow_id/run_histories/:execute_id`.
pub(super) async fn history(
    context: Context,
    Path((workflow_id, execute_id)): Path<(String, String)>,
) -> Response {
    context.reply(found(&context, &workflow_id, &execute_id).map(|run| {
        let mut members = Members::new();
        let hidden = context.core.limits.history_visible.as_secs();
        let visible = !is_kept(context.core.clock.seconds(), run.created, hidden);
        let rows = if visible {
            json!([row(&context, &run)])
        } else {
            Value::Null
        };
        members.insert("data".into(), rows);
        members
    }))
}

/// `GET /v1/workflows/:workflow_id/run_histories/:execute_id/execute_nodes/:node_execute_uuid`.
pub(super) async fn node(
    context: Context,
    Path((workflow_id, execute_id, uuid)): Path<(String, String, String)>,
) -> Response {
    context.reply(found(&context, &workflow_id, &execute_id).and_then(|run| {
        let now = context.core.clock.seconds();
        let kept = context.core.limits.node_output_kept.as_secs();
        let data = run.with_record(|record| {
            record
                .outputs
                .iter()
                .find(|output| output.uuid == uuid && is_kept(now, output.updated, kept))
                .map(|output| json!({ "is_finish": output.is_finish, "node_output": output.text }))
        });
        let data = data.ok_or_else(|| {
            Failure::new(
                failure::EXECUTION_NOT_FOUND,
                format!("execution '{execute_id}' has no output node '{uuid}'"),
            )
        })?;
        let mut members = Members::new();
        members.insert("data".into(), data);
        Ok(members)
    }))
}

fn is_kept(now: i64, then: i64, seconds: u64) -> bool {
    i64::try_from(seconds).is_ok_and(|seconds| now - then < seconds)
}

fn found(context: &Context, workflow_id: &str, execute_id: &str) -> Result<Arc<Run>, Failure> {
    let workflow = context.published(workflow_id)?;
    context.run_of(workflow, execute_id).ok_or_else(|| {
        Failure::new(
            failure::EXECUTION_NOT_FOUND,
            format!("workflow '{workflow_id}' has no execution '{execute_id}'"),
        )
    })
}

impl Context {
    /// A run of a workflow whose history is still kept.
    pub(super) fn run_of(&self, workflow: &Definition, execute_id: &str) -> Option<Arc<Run>> {
        let now = self.core.clock.seconds();
        let kept = self.core.limits.history_kept.as_secs();
        self.core.runs.get(execute_id).filter(|run| {
            run.workflow.id() == workflow.id()
                && (!run.status().is_over()
                    || run.with_record(|record| is_kept(now, record.updated, kept)))
        })
    }
}

/// The one row of the reply.
fn row(context: &Context, run: &Run) -> Value {
    // The status first: a record read after it is at least as new.
    let status = run.status();
    let record = run.record();
    let (output, is_trimmed) = output(context, &record);
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
        "cost": "0",
        "usage": start::usage(run),
        "is_output_trimmed": is_trimmed,
        "debug_url": context.debug_url(run),
    });
    if let Some(interrupt) = &record.interrupt {
        row["interrupt_data"] = start::interrupt_data(interrupt);
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

/// The `output` text, and whether something in it was cut.
fn output(context: &Context, record: &Record) -> (String, bool) {
    let most = context.core.limits.history_output;
    let now = context.core.clock.seconds();
    let kept = context.core.limits.node_output_kept.as_secs();
    let mut members = Map::new();
    let mut is_trimmed = false;
    let mut add = |key: String, text: &str| {
        let cut = trim(text, most);
        is_trimmed |= cut.len() < text.len();
        members.insert(key, cut.into());
    };
    if let Some(Ok(output)) = &record.result {
        add("Output".into(), output);
    }
    for (key, output) in keyed(record) {
        if is_kept(now, output.updated, kept) {
            add(key, &output.text);
        }
    }
    if members.is_empty() {
        return (String::new(), false);
    }
    (Value::Object(members).to_string(), is_trimmed)
}

/// At most so many bytes, whole characters.
fn trim(text: &str, most: usize) -> &str {
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
