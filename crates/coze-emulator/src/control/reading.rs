//! What can be read.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Map, Value, json};

use super::respond::Refused;
use crate::{
    current::Current,
    request::query::{self, Pairs},
    runs::{RunState, Status},
    snapshot::Snapshot,
};

/// Entries of a list when the query does not say.
const LISTED: usize = 100;

pub(super) type Reading = Result<Json<Value>, Refused>;

pub(super) async fn health(State(current): State<Current>) -> Json<Value> {
    let core = current.core();
    Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "dialect": core.dialect,
        "started": core.started,
    }))
}

pub(super) async fn workflows(State(current): State<Current>) -> Json<Value> {
    let core = current.refreshed();
    let outline = |workflow: &crate::definition::Definition| {
        let mut outline = workflow.outline();
        outline["started"] = core.runs.started(workflow.id()).into();
        outline
    };
    let workflows: Vec<_> = core.workflows.all().iter().map(outline).collect();
    Json(json!({ "workflows": workflows, "problems": current.problems() }))
}

/// The newest runs, and how many of each workflow were started.
pub(super) async fn runs(State(current): State<Current>, query: Pairs) -> Reading {
    let core = current.core();
    let limit = query::count(&query, "limit")?.unwrap_or(LISTED);
    let workflow = query::text(&query, "workflow");
    let status = query::text(&query, "status").map(status).transpose()?;
    let wanted = query::text(&query, "q");
    let started: Map<_, _> = core
        .workflows
        .all()
        .iter()
        .map(|workflow| {
            let count = core.runs.started(workflow.id());
            (workflow.name().to_owned(), count.into())
        })
        .collect();
    let mut runs = core.runs.newest(usize::MAX);
    runs.retain(|run| {
        workflow.is_none_or(|name| run.workflow.name() == name || run.workflow.id() == name)
            && status.is_none_or(|status| run.status() == status)
            && wanted.is_none_or(|text| {
                run.execute_id.contains(text) || json!(run.inputs).to_string().contains(text)
            })
    });
    let total = runs.len();
    let runs: Vec<_> = runs.iter().take(limit).map(|run| run.summary()).collect();
    Ok(Json(json!({
        "started": started,
        "started_in_all": core.runs.started_in_all(),
        "total": total,
        "runs": runs,
    })))
}

fn status(text: &str) -> Result<Status, Refused> {
    serde_json::from_value(text.into())
        .map_err(|error| Refused::wrong(format!("'status': {error}")))
}

/// One run with its nodes, and the time, by which those that work can be measured.
pub(super) async fn run(State(current): State<Current>, Path(execute_id): Path<String>) -> Reading {
    let core = current.core();
    let run = core
        .runs
        .get(&execute_id)
        .ok_or_else(|| no_run(&execute_id))?;
    let mut state = json!(RunState::of(&run));
    state["now_ms"] = core.clock.millis().into();
    Ok(Json(state))
}

pub(super) fn no_run(execute_id: &str) -> Refused {
    Refused::missing(format!(
        "no run '{execute_id}' is kept; GET /_emulator/runs lists them"
    ))
}

/// The newest calls, oldest of them first, and how many came in of each path.
pub(super) async fn calls(State(current): State<Current>, query: Pairs) -> Reading {
    let core = current.core();
    let limit = query::count(&query, "limit")?.unwrap_or(LISTED);
    let path = query::text(&query, "path");
    let mut counts = core.traffic.counts();
    counts.retain(|counted, _| path.is_none_or(|path| path == counted));
    let mut calls = core.journal.entries();
    let wanted = query::text(&query, "q");
    calls.retain(|call| {
        path.is_none_or(|path| path == call.path) && wanted.is_none_or(|text| call.tells(text))
    });
    let total = calls.len();
    let calls = calls.split_off(calls.len().saturating_sub(limit));
    Ok(Json(
        json!({ "counts": counts, "total": total, "calls": calls }),
    ))
}

pub(super) async fn conversations(State(current): State<Current>) -> Json<Value> {
    let core = current.core();
    let all = core.conversations.lock();
    Json(json!({ "conversations": *all }))
}

pub(super) async fn faults(State(current): State<Current>) -> Json<Value> {
    Json(json!({ "faults": current.core().plan.armed() }))
}

pub(super) async fn clock(State(current): State<Current>) -> Json<Value> {
    let core = current.core();
    Json(json!({ "unix_ms": core.clock.millis(), "speed": core.clock.speed() }))
}

pub(super) async fn limits(State(current): State<Current>) -> Json<Value> {
    Json(json!(current.core().limits))
}

/// What decides about tokens; the tokens themselves are not told.
pub(super) async fn tokens(State(current): State<Current>) -> Json<Value> {
    let tokens = &current.core().tokens;
    Json(json!({
        "accepted": tokens.fixed.len(),
        "known_only": tokens.strict,
        "other_region": tokens.other_region,
        "issued": tokens.lock().issued.len(),
    }))
}

pub(super) async fn apps(State(current): State<Current>) -> Json<Value> {
    let core = current.core();
    let apps: Vec<_> = core
        .tokens
        .apps
        .iter()
        .map(|app| json!({ "client_id": app.client_id(), "key_ids": app.key_ids() }))
        .collect();
    Json(json!({ "apps": apps }))
}

pub(super) async fn snapshot(State(current): State<Current>) -> Json<Snapshot> {
    Json(current.snapshot())
}
