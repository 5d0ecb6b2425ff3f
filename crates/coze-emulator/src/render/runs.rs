//! The runs dialect: records without an envelope, failures with an HTTP status and a code in words.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::form::{Listened, Members, Outcome, Render, Talk, json};
use crate::{
    clock::iso_utc,
    request::{Context, Kind, Problem},
    runs::{Record, Run, Status},
    store::File,
};

/// The one code that the page of the dialect has for runs.
const RUN_FAILED: &str = "WORKFLOW_EXECUTION_ERROR";

pub(super) struct Runs;

impl Render for Runs {
    fn members(&self, _: &Context, result: Result<Members, Problem>) -> Response {
        match result {
            Ok(members) => json(StatusCode::OK, &members.into()),
            Err(problem) => {
                let status = problem.status.unwrap_or_else(|| status(problem.kind));
                let error = json!({ "code": word(status), "message": problem.message });
                json(status, &json!({ "error": error }))
            }
        }
    }

    fn run(&self, context: &Context, result: Result<Outcome, Problem>) -> Response {
        let members = result.map(|outcome| match outcome {
            Outcome::Begun(run) => begun(&run),
            Outcome::Stopped(run) => ended(&run),
        });
        self.members(context, members)
    }

    /// The dialect has no streams.
    fn stream(&self, context: &Context, result: Result<Listened, Problem>) -> Response {
        self.members(context, result.and_then(|_| Err(unknown())))
    }

    /// Nor chats.
    fn chat(&self, context: &Context, result: Result<Talk, Problem>) -> Response {
        self.members(context, result.and_then(|_| Err(unknown())))
    }

    fn history(&self, context: &Context, result: Result<Option<Arc<Run>>, Problem>) -> Response {
        let members = result.and_then(|run| {
            let run = run.ok_or_else(|| Problem::new(Kind::UnknownRun, "no such run"))?;
            Ok(record(&run))
        });
        self.members(context, members)
    }

    /// Nor files.
    fn file(&self, context: &Context, result: Result<(String, File), Problem>) -> Response {
        self.members(context, result.and_then(|_| Err(unknown())))
    }
}

fn unknown() -> Problem {
    Problem::new(
        Kind::NoOperation,
        "the dialect does not have this operation",
    )
}

fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Token => StatusCode::UNAUTHORIZED,
        Kind::NoOperation
        | Kind::UnknownWorkflow
        | Kind::NotPublished
        | Kind::UnknownRun
        | Kind::UnknownConversation => StatusCode::NOT_FOUND,
        Kind::Code(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn word(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "INVALID_PARAMETER",
        401 => "UNAUTHORIZED",
        404 => "NOT_FOUND",
        413 => "PAYLOAD_TOO_LARGE",
        429 => "TOO_MANY_REQUESTS",
        _ => "INTERNAL_ERROR",
    }
}

/// What the history tells of a run, which is also what a callback posts.
pub(crate) fn record(run: &Run) -> Members {
    // The status first: a record read after it is at least as new.
    let status = run.status();
    let record = run.record();
    let mut members = Members::new();
    members.insert("run_id".into(), run.execute_id.as_str().into());
    members.insert("workflow_id".into(), run.workflow.id().into());
    members.insert("status".into(), status_word(status, &record).into());
    members.insert("inputs".into(), run.inputs.clone().into());
    result(&mut members, "outputs", &record);
    members.insert("created_at".into(), iso_utc(run.created).into());
    members.insert("updated_at".into(), iso_utc(record.updated).into());
    members
}

fn begun(run: &Run) -> Members {
    let mut members = Members::new();
    members.insert("run_id".into(), run.execute_id.as_str().into());
    members.insert("status".into(), "pending".into());
    members.insert("created_at".into(), iso_utc(run.created).into());
    members
}

fn ended(run: &Run) -> Members {
    let status = run.status();
    let record = run.record();
    let mut members = Members::new();
    members.insert("run_id".into(), run.execute_id.as_str().into());
    members.insert("status".into(), status_word(status, &record).into());
    result(&mut members, "output", &record);
    members.insert("created_at".into(), iso_utc(run.created).into());
    members.insert("updated_at".into(), iso_utc(record.updated).into());
    members
}

pub(crate) fn status_word(status: Status, record: &Record) -> &'static str {
    match status {
        Status::Running if record.nodes.is_empty() => "pending",
        Status::Running | Status::Interrupted => "running",
        Status::Success => "completed",
        Status::Fail | Status::Cancel => "failed",
    }
}

/// The outputs under `name`, or why there are none; nothing while the run goes on.
fn result(members: &mut Members, name: &str, record: &Record) {
    match &record.result {
        Some(Ok(text)) => {
            // A text end node returns no object, which the dialect wants.
            let outputs = serde_json::from_str(text).unwrap_or_else(|_| {
                Map::from_iter([("output".to_owned(), Value::from(text.as_str()))])
            });
            members.insert(name.into(), outputs.into());
        }
        Some(Err(failure)) => {
            let error = json!({ "code": RUN_FAILED, "message": failure.message });
            members.insert("error".into(), error);
        }
        None => {}
    }
}
