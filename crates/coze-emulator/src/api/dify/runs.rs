//! Runs: started, looked at, stopped, listed.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, Request},
    response::Response,
};
use http::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

use super::{super::start::launch, App, app::members_of};
use crate::{
    definition::{self, Definition, ParamType},
    ids::USER_ID,
    render::{
        Outcome,
        dify::{is_file, listed, silent, task},
    },
    request::{
        Context, Kind, Problem, body,
        query::{self, Pairs},
    },
    runs::{Mode, Origin, Run, Status},
};

/// `POST /v1/workflows/run`.
pub(super) async fn run(
    context: Context,
    Extension(app): Extension<App>,
    request: Request,
) -> Response {
    let workflow = app.workflow().cloned();
    started(&context, workflow, request).await
}

/// `POST /v1/workflows/{workflow_id}/run`. A version goes by the id of its workflow.
pub(super) async fn run_version(
    context: Context,
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let named = context
        .core
        .workflows
        .get(&id)
        .filter(|workflow| app.has(workflow));
    let workflow = named.cloned().ok_or_else(|| {
        let message = format!("Workflow not found with id: {id}");
        Problem::new(Kind::UnknownWorkflow, message)
    });
    started(&context, workflow, request).await
}

async fn started(
    context: &Context,
    workflow: Result<Definition, Problem>,
    request: Request,
) -> Response {
    let read = match workflow {
        Ok(workflow) => read(request).await.map(|body| (workflow, body)),
        Err(problem) => Err(problem),
    };
    let (workflow, body) = match read {
        Ok(read) => read,
        Err(problem) => return context.respond(Err(problem)),
    };
    if let Err(problem) = busy(context, &workflow) {
        return context.respond(Err(problem));
    }
    let inputs = accept(context, &workflow, &body.inputs);
    if body.streams {
        // A worker finds out that inputs are wrong, and nobody tells the caller.
        let Ok(inputs) = inputs else {
            return silent(&context.core);
        };
        let run = make(context, &workflow, Mode::Stream, body.user, inputs);
        let events = run.listen();
        launch(context, &run);
        return context.render().stream(context, Ok((run, events)));
    }
    let outcome = match inputs {
        Ok(inputs) => {
            let run = make(context, &workflow, Mode::Sync, body.user, inputs);
            launch(context, &run);
            run.stopped().await;
            Ok(Outcome::Stopped(run))
        }
        Err(problem) => Err(problem),
    };
    context.render().run(context, outcome)
}

struct Body {
    inputs: Map<String, Value>,
    user: String,
    streams: bool,
}

async fn read(request: Request) -> Result<Body, Problem> {
    let is_json = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    if !is_json {
        let message = "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";
        return Err(Problem::value(message).with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let mut body: Map<String, Value> = body::object(request).await?;
    let user = match body.remove("user") {
        Some(Value::String(user)) if !user.is_empty() => user,
        Some(Value::Number(user)) => user.to_string(),
        _ => return Err(Problem::value("Arg user must be provided.")),
    };
    let Some(Value::Object(inputs)) = body.remove("inputs") else {
        return Err(Problem::value("inputs: Input should be a valid dictionary"));
    };
    let streams = match body.remove("response_mode") {
        None | Some(Value::Null) => false,
        Some(Value::String(mode)) if mode == "blocking" => false,
        Some(Value::String(mode)) if mode == "streaming" => true,
        _ => {
            let message = "response_mode: Input should be 'blocking' or 'streaming'";
            return Err(Problem::value(message));
        }
    };
    Ok(Body {
        inputs,
        user,
        streams,
    })
}

/// Blocking runs alone count, and all are refused.
fn busy(context: &Context, workflow: &Definition) -> Result<(), Problem> {
    let Some(most) = context.core.limits.active_runs else {
        return Ok(());
    };
    let is_active = |run: &Arc<Run>| {
        run.workflow.id() == workflow.id()
            && run.mode == Mode::Sync
            && run.status() == Status::Running
    };
    let active = context.core.runs.newest(usize::MAX);
    if active.iter().filter(|run| is_active(run)).count() < most {
        return Ok(());
    }
    Err(Problem::value(format!(
        "Too many requests. Please try again later. The current maximum concurrent requests allowed for {} is {most}.",
        workflow.id()
    )))
}

/// The inputs as the workflow takes them.
fn accept(
    context: &Context,
    workflow: &Definition,
    sent: &Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    let mut inputs = sent.clone();
    for (name, param) in workflow.inputs() {
        let value = inputs.get(name).unwrap_or(&Value::Null);
        if value.is_null() && param.required && param.default.is_none() {
            return Err(Problem::value(format!("{name} is required in input form")));
        }
        let taken = match (param.kind, value) {
            // Text that is a number is one.
            (ParamType::Integer | ParamType::Number, Value::String(text)) => {
                serde_json::from_str::<serde_json::Number>(text.trim())
                    .ok()
                    .map(Value::from)
            }
            (kind, Value::Object(file)) if is_file(kind) => Some(file_of(context, file)?),
            _ => None,
        };
        if let Some(taken) = taken {
            inputs.insert(name.clone(), taken);
        }
    }
    definition::accept(workflow.inputs(), &inputs)
        .map_err(|message| Problem::new(Kind::Inputs, message))
}

/// A file in the form of the definitions: an address, or the id of an upload.
fn file_of(context: &Context, file: &Map<String, Value>) -> Result<Value, Problem> {
    let text = |name: &str| file.get(name).and_then(Value::as_str);
    if let Some(id) = text("upload_file_id") {
        if context.core.files.get(id).is_none() {
            return Err(Problem::value("Invalid upload file"));
        }
        return Ok(json!({ "file_id": id }).to_string().into());
    }
    let url = text("url").or(text("remote_url"));
    url.map(Value::from)
        .ok_or_else(|| Problem::value("Invalid file url"))
}

fn make(
    context: &Context,
    workflow: &Definition,
    mode: Mode,
    user: String,
    inputs: Map<String, Value>,
) -> Arc<Run> {
    let core = &context.core;
    let origin = Origin {
        log_id: context.log_id.clone(),
        bot_id: "0".to_owned(),
        connector_id: USER_ID.to_owned(),
        connector_uid: user,
        base_url: context.base_url.clone(),
        chat_history: Value::Null,
    };
    Arc::new(Run::new(
        core.ids.ordered_uuid(),
        workflow.clone(),
        mode,
        origin,
        inputs,
        core.clock.seconds(),
        core.runs.counts(),
    ))
}

/// `GET /v1/workflows/run/{run_id}`.
pub(super) async fn record(
    context: Context,
    Extension(app): Extension<App>,
    Path(id): Path<String>,
) -> Response {
    let found = context
        .core
        .runs
        .get(&id)
        .filter(|run| app.has(&run.workflow));
    let found = found.and_then(|run| context.run_of(&run.workflow, &id));
    context.render().history(&context, Ok(found))
}

/// `POST /v1/workflows/tasks/{task_id}/stop`: a success for any id, of another app's key too.
pub(super) async fn stop(
    context: Context,
    Extension(app): Extension<App>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let checked = match app.workflow() {
        Ok(_) => stop_request(request).await,
        Err(problem) => Err(problem),
    };
    if checked.is_ok() {
        let runs = context.core.runs.newest(usize::MAX);
        let run = runs.iter().find(|run| task(&run.execute_id) == id);
        // One that waits is left to wait.
        if let Some(run) = run.filter(|run| run.status() == Status::Running) {
            run.cancel();
        }
    }
    let members = || Map::from_iter([("result".to_owned(), Value::from("success"))]);
    context.respond(checked.map(|()| members()))
}

async fn stop_request(request: Request) -> Result<(), Problem> {
    let body: Map<String, Value> = body::object(request).await?;
    match body.get("user") {
        Some(Value::String(user)) if !user.is_empty() => Ok(()),
        Some(Value::Number(_)) => Ok(()),
        _ => Err(Problem::value("Arg user must be provided.")),
    }
}

/// `GET /v1/workflows/logs`.
pub(super) async fn logs(
    context: Context,
    Extension(app): Extension<App>,
    query: Pairs,
) -> Response {
    let page = page_of(&context, &app, &query);
    context.respond(page.map(members_of))
}

fn page_of(context: &Context, app: &App, query: &Pairs) -> Result<Value, Problem> {
    let page = query::count(query, "page")?.unwrap_or(1);
    let limit = query::count(query, "limit")?.unwrap_or(20);
    if limit > 100 {
        return Err(Problem::value(
            "limit: Input should be less than or equal to 100",
        ));
    }
    let status = query::text(query, "status");
    if status.is_some_and(|status| !["succeeded", "failed", "stopped"].contains(&status)) {
        let message = "status: Input should be 'succeeded', 'failed' or 'stopped'";
        return Err(Problem::value(message));
    }
    let user = query::text(query, "created_by_end_user_session_id");
    let keyword = query::text(query, "keyword");
    let runs = context.core.runs.newest(usize::MAX);
    let entries: Vec<Value> = runs
        .iter()
        .filter(|run| app.has(&run.workflow) && !run.workflow.is_chatflow())
        .filter(|run| user.is_none_or(|user| run.origin.connector_uid == user))
        .filter(|run| keyword.is_none_or(|word| says(run, word)))
        .map(|run| listed(run))
        .filter(|entry| status.is_none_or(|status| entry["workflow_run"]["status"] == status))
        .collect();
    let total = entries.len();
    let entries: Vec<_> = entries
        .into_iter()
        .skip((page - 1) * limit)
        .take(limit)
        .collect();
    Ok(json!({
        "page": page,
        "limit": limit,
        "total": total,
        "has_more": page * limit < total,
        "data": entries,
    }))
}

/// Whether a text is in what went in or came out.
fn says(run: &Run, word: &str) -> bool {
    let inputs = Value::from(run.inputs.clone()).to_string();
    inputs.contains(word)
        || run.with_record(|record| matches!(&record.result, Some(Ok(text)) if text.contains(word)))
}
