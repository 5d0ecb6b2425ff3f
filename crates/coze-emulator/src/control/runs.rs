//! Runs that the page and tests start and answer.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Request, State},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    reading::{Reading, no_run},
    respond::Refused,
};
use crate::{
    core::Core,
    current::Current,
    definition::{self, Definition},
    ids::{API_CHANNEL, NO_BOT, USER_ID},
    request::{Problem, body, host},
    runs::{Mode, Origin, Run},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    workflow: String,
    #[serde(default)]
    parameters: Map<String, Value>,
}

/// Starts a run in the background, of a workflow that is not published as well, and responds with its summary.
pub(super) async fn start(State(current): State<Current>, request: Request) -> Reading {
    let core = current.refreshed();
    let base_url = core.base_url.clone().unwrap_or_else(|| {
        let host = host(request.uri(), request.headers());
        format!("http://{}", host.unwrap_or("localhost"))
    });
    let Start {
        workflow,
        parameters,
    } = body::object(request).await?;
    let workflow = core.workflows.get(&workflow).ok_or_else(|| {
        Refused::missing(format!(
            "no workflow '{workflow}'; GET /_emulator/workflows lists them"
        ))
    })?;
    let inputs = inputs(workflow, parameters)?;
    let run = run(&core, workflow, inputs, base_url);
    core.runs.insert(run.clone());
    core.launch(run.clone());
    Ok(Json(run.summary()))
}

/// The inputs of a run; a chatflow has the two of the service as well.
fn inputs(
    workflow: &Definition,
    mut sent: Map<String, Value>,
) -> Result<Map<String, Value>, Refused> {
    let mut inputs = definition::accept(workflow.inputs(), &sent).map_err(Refused::wrong)?;
    if workflow.is_chatflow() {
        for name in ["USER_INPUT", "CONVERSATION_NAME"] {
            let value = sent.remove(name).unwrap_or_else(|| "".into());
            inputs.insert(name.into(), value);
        }
    }
    Ok(inputs)
}

fn run(
    core: &Core,
    workflow: &Definition,
    inputs: Map<String, Value>,
    base_url: String,
) -> Arc<Run> {
    let now = core.clock.seconds();
    let origin = Origin {
        log_id: core.ids.log_id(now),
        bot_id: NO_BOT.into(),
        connector_id: API_CHANNEL.into(),
        connector_uid: USER_ID.into(),
        base_url,
        chat_history: Value::Null,
    };
    Arc::new(Run::new(
        core.ids.number(),
        workflow.clone(),
        Mode::Async,
        origin,
        inputs,
        now,
        core.runs.counts(),
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resume {
    event_id: String,
    answer: String,
}

/// Answers the question that a run waits at.
pub(super) async fn resume(
    State(current): State<Current>,
    Path(execute_id): Path<String>,
    request: Request,
) -> Reading {
    let Resume { event_id, answer } = body::object(request).await?;
    let core = current.core();
    let run = core
        .runs
        .get(&execute_id)
        .ok_or_else(|| no_run(&execute_id))?;
    let kind = run.with_record(|record| record.interrupt.as_ref().map(|asked| asked.kind));
    run.resume(
        &event_id,
        kind.unwrap_or_default(),
        answer,
        None,
        false,
        core.clock.seconds(),
    )
    .map_err(Problem::from)?;
    Ok(Json(json!(run.summary())))
}
