//! `POST /v1/workflow/run`.

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    super::{body, context::Context, start::RunRequest},
    code_of, debug_url, published,
    refusal::{self, Refusal},
};
use crate::{
    definition,
    runs::{Mode, Run},
};

/// Reads a body; one that does not fit is told with HTTP 400.
pub(super) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    body::read_object(request).await.map_err(Refusal::malformed)
}

/// Checks a request and prepares its run.
pub(super) fn prepare(
    context: &Context,
    request: RunRequest,
    mode: Mode,
) -> Result<Arc<Run>, Refusal> {
    let id = request
        .workflow_id()
        .ok_or_else(|| Refusal::new(refusal::REQUIRED_INPUT_MISSING, "workflow_id is required"))?;
    let workflow = published(context, id)?;
    if request.caller.is_twofold() {
        let message = "project_id and bot_id cannot be set at the same time";
        return Err(Refusal::new(refusal::EXECUTION_FAILED, message));
    }
    let (sent, caller) = request.into_parts().map_err(Refusal::malformed)?;
    let inputs = definition::accept(workflow.inputs(), &sent)
        .map_err(|message| Refusal::new(refusal::REQUIRED_INPUT_MISSING, message))?;
    Ok(context.prepare(workflow, mode, caller.origin(context), inputs))
}

pub(super) async fn run(context: Context, request: Request) -> Response {
    let request: RunRequest = match read(request).await {
        Ok(request) => request,
        Err(refusal) => return refusal.reply(),
    };
    let mode = match request.is_async {
        Some(true) => Mode::Async,
        _ => Mode::Sync,
    };
    let run = match prepare(&context, request, mode) {
        Ok(run) => run,
        Err(refusal) => return refusal.public().run_reply(None),
    };
    context.launch(&run);
    let url = debug_url(&context, &run);
    if mode == Mode::Async {
        return succeeded(&run, &url, None);
    }
    run.stopped().await;
    let (result, timed_out) = run.with_record(|record| (record.result.clone(), record.timed_out));
    match result {
        Some(Ok(output)) => succeeded(&run, &url, Some(&in_this_form(&output))),
        Some(Err(failure)) => Refusal::new(code_of(&failure, timed_out), failure.message)
            .public()
            .run_reply(Some(&url)),
        None => Refusal::new(refusal::STUDIO_INTERRUPTED, "the workflow was interrupted")
            .public()
            .run_reply(None),
    }
}

fn succeeded(run: &Run, debug_url: &str, data: Option<&str>) -> Response {
    let tokens = run.workflow.usage();
    let body = json!({
        "code": 0,
        "msg": null,
        "data": data,
        "token": tokens.input + tokens.output,
        "cost": "0.00000",
        "debug_url": debug_url,
        "execute_id": run.execute_id,
        "BaseResp": null,
    });
    super::json_reply(StatusCode::OK, &body)
}

/// The output as this server writes it: a text end has no `original_result`.
pub(super) fn in_this_form(output: &str) -> String {
    match serde_json::from_str::<Value>(output) {
        Ok(Value::Object(mut members)) if members.contains_key("type_for_model") => {
            members.shift_remove("original_result");
            Value::Object(members).to_string()
        }
        _ => output.to_owned(),
    }
}
