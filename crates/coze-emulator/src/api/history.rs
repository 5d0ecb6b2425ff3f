//! `GET /v1/workflows/:workflow_id/run_histories/:execute_id`: what became of a run.

use axum::{extract::Path, response::Response};
use serde_json::{Value, json};

use super::{
    context::{Context, Members},
    failure::{self, Failure},
};
use crate::runs::Run;

pub(super) async fn history(
    context: Context,
    Path((workflow_id, execute_id)): Path<(String, String)>,
) -> Response {
    context.reply(answer(&context, &workflow_id, &execute_id))
}

fn answer(context: &Context, workflow_id: &str, execute_id: &str) -> Result<Members, Failure> {
    let workflow = context.published(workflow_id)?;
    let run = context
        .core
        .runs
        .get(execute_id)
        .filter(|run| run.workflow.id() == workflow.id())
        .ok_or_else(|| {
            Failure::new(
                failure::NO_SUCH_EXECUTION,
                format!("workflow '{workflow_id}' has no execution '{execute_id}'"),
            )
        })?;
    let mut members = Members::new();
    members.insert("data".into(), json!([row(context, &run)]));
    Ok(members)
}

/// The one row of the reply.
fn row(context: &Context, run: &Run) -> Value {
    // The status first: a record read after it is at least as new.
    let status = run.status();
    let record = run.record();
    let (output, error) = match record.result {
        Some(Ok(output)) => (json!({ "Output": output }).to_string(), None),
        Some(Err(failure)) => (String::new(), Some(failure)),
        None => (String::new(), None),
    };
    json!({
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
        "node_execute_status": {},
        "error_code": error.as_ref().map(|failure| failure.code.to_string()).unwrap_or_default(),
        "error_message": error.map(|failure| failure.message).unwrap_or_default(),
        "token": "0",
        "cost": "0",
        "usage": super::run::usage(),
        "is_output_trimmed": false,
        "debug_url": context.debug_url(run),
    })
}
