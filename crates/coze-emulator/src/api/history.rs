//! What became of a run: its record, and the text of one output node.

use std::sync::Arc;

use axum::{extract::Path, response::Response};
use serde_json::json;

use crate::{
    render::data,
    request::{
        Context, Kind, Problem,
        query::{self, Pairs},
    },
    runs::{Run, is_kept},
};

/// `GET /v1/workflows/:workflow_id/run_histories/:execute_id`.
pub(super) async fn history(
    context: Context,
    Path((workflow_id, execute_id)): Path<(String, String)>,
) -> Response {
    let found = found(&context, &workflow_id, &execute_id).map(|run| {
        let hidden = context.core.limits.history_visible.as_secs();
        let visible = !is_kept(context.core.clock.seconds(), run.created, hidden);
        visible.then_some(run)
    });
    context.render().history(&context, found)
}

/// `GET /v1/workflow/get_run_history`, the form of the self-hosted server.
pub(super) async fn by_query(context: Context, query: Pairs) -> Response {
    let found = query::required(&query, "workflow_id").and_then(|workflow_id| {
        let execute_id = query::required(&query, "execute_id")?;
        found(&context, workflow_id, execute_id).map(Some)
    });
    context.render().history(&context, found)
}

/// `GET /v1/workflows/:workflow_id/run_histories/:execute_id/execute_nodes/:node_execute_uuid`.
pub(super) async fn node(
    context: Context,
    Path((workflow_id, execute_id, uuid)): Path<(String, String, String)>,
) -> Response {
    context.respond(found(&context, &workflow_id, &execute_id).and_then(|run| {
        let now = context.core.clock.seconds();
        let kept = context.core.limits.node_output_kept.as_secs();
        let output = run.with_record(|record| {
            record
                .outputs
                .iter()
                .find(|output| output.uuid == uuid && is_kept(now, output.updated, kept))
                .map(|output| json!({ "is_finish": output.is_finish, "node_output": output.text }))
        });
        output.map(data).ok_or_else(|| {
            let message = format!("execution '{execute_id}' has no output node '{uuid}'");
            Problem::new(Kind::UnknownRun, message)
        })
    }))
}

fn found(context: &Context, workflow_id: &str, execute_id: &str) -> Result<Arc<Run>, Problem> {
    let workflow = context.published(workflow_id)?;
    context.run_of(workflow, execute_id).ok_or_else(|| {
        let message = format!("workflow '{workflow_id}' has no execution '{execute_id}'");
        Problem::new(Kind::UnknownRun, message)
    })
}
