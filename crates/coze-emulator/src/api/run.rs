//! `POST /v1/workflow/run`: a run that is waited for, or one in the background.

use std::{collections::HashMap, sync::Arc};

use axum::{extract::Request, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    body,
    context::{Context, Members},
    failure::Failure,
};
use crate::{
    definition, engine,
    runs::{Mode, Origin, Run},
};

/// Channel that a run belongs to unless the caller names another.
const API_CHANNEL: &str = "1024";

/// The body. Fields that the service does not know are ignored, as it does.
#[derive(Debug, Deserialize)]
struct RunRequest {
    workflow_id: Option<String>,
    parameters: Option<Value>,
    bot_id: Option<String>,
    app_id: Option<String>,
    ext: Option<HashMap<String, String>>,
    is_async: Option<bool>,
    connector_id: Option<String>,
}

pub(super) async fn run(context: Context, request: Request) -> Response {
    context.reply(answer(&context, request).await)
}

async fn answer(context: &Context, request: Request) -> Result<Members, Failure> {
    let request: RunRequest = body::object(&body::read(request).await?)?;
    let mode = match request.is_async {
        Some(true) => Mode::Async,
        _ => Mode::Sync,
    };
    let run = start(context, request, mode)?;
    let debug_url = context.debug_url(&run);
    let mut members = Members::new();
    if mode == Mode::Async {
        members.insert("execute_id".into(), json!(run.execute_id));
        members.insert("debug_url".into(), json!(debug_url));
        return Ok(members);
    }
    run.finished().await;
    match run.record().result {
        Some(Ok(output)) => {
            members.insert("data".into(), json!(output));
            members.insert("debug_url".into(), json!(debug_url));
            members.insert("usage".into(), usage());
            Ok(members)
        }
        Some(Err(failure)) => {
            Err(Failure::new(failure.code, failure.message).with_debug_url(debug_url))
        }
        None => Err(Failure::new(
            engine::INTERNAL,
            "the run ended without a result",
        )),
    }
}

/// Checks the request and starts the run in a task of its own, so that it goes on when the caller leaves.
fn start(context: &Context, request: RunRequest, mode: Mode) -> Result<Arc<Run>, Failure> {
    let workflow_id = request
        .workflow_id
        .filter(|id| !id.is_empty())
        .ok_or_else(|| Failure::bad_request("Missing required parameter 'workflow_id'"))?;
    let named = |id: &Option<String>| id.as_deref().is_some_and(|id| !id.is_empty());
    if named(&request.bot_id) && named(&request.app_id) {
        return Err(Failure::bad_request(
            "'bot_id' and 'app_id' exclude each other",
        ));
    }
    let workflow = context.published(&workflow_id)?;
    let sent = body::parameters(request.parameters)?;
    let inputs = definition::accept(workflow.inputs(), &sent).map_err(Failure::bad_request)?;
    let core = &context.core;
    let user_id = request.ext.and_then(|mut ext| ext.remove("user_id"));
    let origin = Origin {
        log_id: context.log_id.clone(),
        bot_id: request.bot_id.unwrap_or_else(|| "0".into()),
        connector_id: request.connector_id.unwrap_or_else(|| API_CHANNEL.into()),
        connector_uid: user_id.unwrap_or_else(|| crate::USER_ID.into()),
    };
    let run = Arc::new(Run::new(
        core.ids.number(),
        workflow.clone(),
        mode,
        origin,
        inputs,
        core.clock.seconds(),
    ));
    core.runs.insert(run.clone());
    engine::spawn(run.clone(), core.clock.clone());
    Ok(run)
}

/// No model works here, so no tokens are used.
pub(super) fn usage() -> Value {
    json!({ "token_count": 0, "input_count": 0, "output_count": 0 })
}
