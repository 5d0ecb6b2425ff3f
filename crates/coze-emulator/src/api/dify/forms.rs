//! The form that a run waits for. Its token is the secret, so there is no key.

use std::sync::Arc;

use axum::{
    extract::{Path, Request},
    response::Response,
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    render::{
        Members,
        dify::{answer, form, token},
    },
    request::{Context, Kind, Problem, body},
    runs::{Interrupt, Run},
};

/// `GET /api/form/human_input/{form_token}`.
pub(super) async fn read(context: Context, Path(token): Path<String>) -> Response {
    let found = found(&context, &token);
    context.respond(found.map(|(_, interrupt)| form(&interrupt)))
}

/// `POST /api/form/human_input/{form_token}`.
pub(super) async fn send(
    context: Context,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let sent = sent(&context, &token, request).await;
    context.respond(sent.map(|()| Members::new()))
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default)]
    inputs: Map<String, Value>,
    action: String,
}

async fn sent(context: &Context, token: &str, request: Request) -> Result<(), Problem> {
    let (run, interrupt) = found(context, token)?;
    let sent: Sent = body::object(request).await?;
    let answer = answer(&interrupt, &sent.inputs, &sent.action)
        .map_err(|message| Problem::value(message).with_status(StatusCode::UNPROCESSABLE_ENTITY))?;
    let now = context.core.clock.seconds();
    let resumed = run.resume(
        &interrupt.event_id,
        interrupt.kind,
        answer,
        None,
        false,
        now,
    );
    // Somebody was quicker.
    resumed.map(|_| ()).map_err(|_| submitted())
}

/// The run that waits at the form, and what it asks.
fn found(context: &Context, wanted: &str) -> Result<(Arc<Run>, Interrupt), Problem> {
    let run = wanted
        .split_once('_')
        .and_then(|(run, _)| context.core.runs.get(run));
    let Some(run) = run else {
        return Err(Problem::new(Kind::UnknownWorkflow, "Form not found."));
    };
    let interrupt = run.with_record(|record| record.interrupt.clone());
    match interrupt.filter(|interrupt| token(&interrupt.event_id) == wanted) {
        Some(interrupt) => Ok((run, interrupt)),
        None => Err(submitted()),
    }
}

fn submitted() -> Problem {
    let message = "This form has already been submitted by another user";
    Problem::new(Kind::NotWaiting, message)
}
