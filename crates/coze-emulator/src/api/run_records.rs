//! The two calls of the runs dialect.

use std::sync::Arc;

use axum::{
    extract::{Path, Request},
    response::Response,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    routes::Routes,
    start::{Caller, accept, launch},
};
use crate::{
    callback::{self, Target},
    definition::kind_of,
    render::{Outcome, status_word},
    request::{
        Context, Kind, Problem, body,
        query::{self, Pairs},
        required,
    },
    runs::{Mode, Run, is_kept},
};

pub(super) fn routes() -> Routes {
    Routes::default()
        .post("/v1/workflow/run", run)
        .get("/v1/workflow/history/{run_id}", history)
}

#[derive(Deserialize)]
struct StartRun {
    workflow_id: Option<String>,
    inputs: Option<Value>,
    r#async: Option<bool>,
    callback_url: Option<String>,
}

/// `POST /v1/workflow/run`.
async fn run(context: Context, request: Request) -> Response {
    let outcome = started(&context, request).await;
    context.render().run(&context, outcome)
}

async fn started(context: &Context, request: Request) -> Result<Outcome, Problem> {
    let request: StartRun = body::object(request).await?;
    let workflow = context.published(required("workflow_id", request.workflow_id.as_deref())?)?;
    if workflow.is_chatflow() {
        let message = format!(
            "'{}' is a chatflow, which this dialect does not run",
            workflow.name()
        );
        return Err(Problem::value(message));
    }
    let inputs = match request.inputs {
        None | Some(Value::Null) => serde_json::Map::new(),
        Some(Value::Object(inputs)) => inputs,
        Some(other) => {
            let kind = kind_of(&other);
            return Err(Problem::value(format!(
                "'inputs' must be an object, but is {kind}"
            )));
        }
    };
    let inputs = accept(workflow, &inputs)?;
    let in_background = request.r#async == Some(true);
    // The address counts for runs in the background alone.
    let target = match request.callback_url.filter(|_| in_background) {
        Some(url) => {
            Some(Target::new(&url, context.core.loopback_callbacks).map_err(Problem::value)?)
        }
        None => None,
    };
    let mode = if in_background {
        Mode::Async
    } else {
        Mode::Sync
    };
    let run = Caller::default().run(context, workflow, mode, inputs, Value::Null);
    launch(context, &run);
    tokio::spawn(watch(run.clone(), target));
    if in_background {
        return Ok(Outcome::Begun(run));
    }
    run.over().await;
    Ok(Outcome::Stopped(run))
}

/// Ends a run that asks, because the dialect has no answers, and posts its end.
async fn watch(run: Arc<Run>, target: Option<Target>) {
    run.stopped().await;
    run.cancel();
    run.over().await;
    if let Some(target) = target {
        callback::deliver(&target, &run).await;
    }
}

/// `GET /v1/workflow/history/{run_id}`. A run has one record, which the filters let through or not.
async fn history(context: Context, Path(run_id): Path<String>, query: Pairs) -> Response {
    let found = found(&context, &run_id, &query);
    context.render().history(&context, found)
}

fn found(context: &Context, run_id: &str, query: &Pairs) -> Result<Option<Arc<Run>>, Problem> {
    query::count(query, "limit")?;
    let offset: usize = match query::text(query, "offset") {
        Some(text) => text
            .parse()
            .map_err(|_| Problem::value(format!("'offset' must be a number, but is '{text}'")))?,
        None => 0,
    };
    let core = &context.core;
    let run = core.runs.get(run_id).and_then(|run| {
        let workflow = run.workflow.clone();
        context.run_of(&workflow, run_id)
    });
    let hidden = core.limits.history_visible.as_secs();
    let run = run.filter(|run| {
        let is_of =
            |name: &str, value: &str| query::text(query, name).is_none_or(|text| text == value);
        let status = run.with_record(|record| status_word(run.status(), record));
        offset == 0
            && !is_kept(core.clock.seconds(), run.created, hidden)
            && is_of("workflow_id", run.workflow.id())
            && is_of("status", status)
    });
    match run {
        Some(run) => Ok(Some(run)),
        None => Err(Problem::new(
            Kind::UnknownRun,
            format!("no run '{run_id}' fits"),
        )),
    }
}
