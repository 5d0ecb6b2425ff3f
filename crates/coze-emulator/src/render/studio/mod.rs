//! The self-hosted server. It sends no heartbeat.

mod card;
mod chat;
mod history;
mod parts;
mod stream;

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use coze_models::codes::{
    EXECUTION_FAILED, INVALID_ACCESS_TOKEN, INVALID_UPLOAD_CONTENT_TYPE, INVALID_UPLOAD_FORM,
    NOT_A_CHATFLOW, OPERATION_FAILED, REQUIRED_INPUT_MISSING, STORAGE_FAILED,
    STUDIO_CONVERSATION_NOT_FOUND, STUDIO_INTERRUPTED, STUDIO_NOT_PUBLISHED,
    UPLOAD_OF_SEVERAL_FILES, UPLOAD_TOO_LARGE, UPLOAD_WITHOUT_FILE, WORKFLOW_NOT_FOUND,
};
use http::StatusCode;
use serde_json::{Value, json};

use self::{
    chat::ChatEvents,
    parts::{debug_url, failure_of, in_this_form, public, token_count},
    stream::WorkflowEvents,
};
use super::{
    form::{Listened, Members, Outcome, Render, Talk, blamed, json},
    sse::{self, EventBody},
};
use crate::{
    request::{Context, Kind, Problem, Upload},
    runs::Run,
    store::File,
};

pub(super) struct Studio;

impl Render for Studio {
    fn members(&self, _: &Context, result: Result<Members, Problem>) -> Response {
        match result {
            // `code` and `msg` are left out on success.
            Ok(mut members) => {
                members.insert("BaseResp".into(), Value::Null);
                json(StatusCode::OK, &members.into())
            }
            Err(problem) => failed(&problem, code(problem.kind)),
        }
    }

    fn run(&self, context: &Context, result: Result<Outcome, Problem>) -> Response {
        match result {
            Ok(Outcome::Begun(run)) => succeeded(&run, &debug_url(context, &run), None),
            Ok(Outcome::Stopped(run)) => stopped(&run, &debug_url(context, &run)),
            Err(problem) if problem.kind == Kind::Body => failed(&problem, code(problem.kind)),
            Err(problem) => run_failed(code(problem.kind), &problem.message, None),
        }
    }

    fn stream(&self, context: &Context, result: Result<Listened, Problem>) -> Response {
        match result {
            Ok((run, events)) => {
                let frames = WorkflowEvents::new(debug_url(context, &run), run);
                sse::response(EventBody::new(events, frames, Duration::ZERO))
            }
            Err(problem) => self.members(context, Err(problem)),
        }
    }

    fn chat(&self, _: &Context, result: Result<Talk, Problem>) -> Response {
        match result {
            Ok((turn, events)) => {
                let mut frames = ChatEvents::new(turn);
                let first = frames.created();
                sse::response(EventBody::new(events, frames, Duration::ZERO).first(first))
            }
            Err(problem) => {
                let code = match problem.kind {
                    Kind::Missing | Kind::Value => NOT_A_CHATFLOW,
                    kind => code(kind),
                };
                failed(&problem, code)
            }
        }
    }

    fn history(&self, context: &Context, result: Result<Option<Arc<Run>>, Problem>) -> Response {
        match result {
            Ok(run) => {
                let rows: Vec<_> = run.iter().map(|run| history::row(context, run)).collect();
                let body = json!({ "data": rows, "BaseResp": null });
                let is_mistake = run.is_some_and(|run| run.is_mistaken());
                blamed(json(StatusCode::OK, &body), is_mistake)
            }
            Err(problem) => {
                let code = match problem.kind {
                    // An unknown run has no workspace, and access to that is refused.
                    Kind::UnknownRun => OPERATION_FAILED,
                    kind => public(code(kind)),
                };
                failed(&problem, code)
            }
        }
    }

    fn file(&self, context: &Context, result: Result<(String, File), Problem>) -> Response {
        let (id, file) = match result {
            Ok(received) => received,
            Err(problem) => return failed(&problem, code(problem.kind)),
        };
        let body = json!({
            "data": {
                "uri": format!("bot_files/{id}/{}", file.name),
                "bytes": file.size,
                "CreatedAt": file.created,
                "file_name": file.name,
                "url": context.file_url(&id),
                "id": id,
            },
            "code": 0,
            "msg": "",
            "BaseResp": null,
        });
        json(StatusCode::OK, &body)
    }
}

/// The short form of a failure. A bad token comes with HTTP 200, unlike in the cloud.
fn failed(problem: &Problem, code: i64) -> Response {
    let status = match problem.kind {
        Kind::Body => StatusCode::BAD_REQUEST,
        Kind::NoOperation => StatusCode::UNAUTHORIZED,
        _ => problem.status.unwrap_or(StatusCode::OK),
    };
    json(status, &json!({ "code": code, "msg": problem.message }))
}

fn code(kind: Kind) -> i64 {
    match kind {
        Kind::Body => 400,
        Kind::NoOperation => 401,
        Kind::Token | Kind::OtherRegion => INVALID_ACCESS_TOKEN,
        Kind::Missing | Kind::Inputs => REQUIRED_INPUT_MISSING,
        Kind::UnknownWorkflow => WORKFLOW_NOT_FOUND,
        Kind::NotPublished => STUDIO_NOT_PUBLISHED,
        Kind::NotAChatflow => NOT_A_CHATFLOW,
        Kind::UnknownConversation => STUDIO_CONVERSATION_NOT_FOUND,
        Kind::Value | Kind::UnknownRun | Kind::NotWaiting => EXECUTION_FAILED,
        Kind::Upload(Upload::NoForm) => INVALID_UPLOAD_CONTENT_TYPE,
        Kind::Upload(Upload::TooLarge) => UPLOAD_TOO_LARGE,
        Kind::Upload(Upload::Broken) => INVALID_UPLOAD_FORM,
        Kind::Upload(Upload::NoFile) => UPLOAD_WITHOUT_FILE,
        Kind::Upload(Upload::ManyFiles) => UPLOAD_OF_SEVERAL_FILES,
        Kind::Upload(Upload::Store) => STORAGE_FAILED,
        Kind::Code(code) => code,
    }
}

fn stopped(run: &Run, debug_url: &str) -> Response {
    if let Some((code, message)) = failure_of(run) {
        let response = run_failed(code, &message, Some(debug_url));
        return blamed(response, run.is_mistaken());
    }
    match run.with_record(|record| record.result.clone()) {
        Some(Ok(output)) => succeeded(run, debug_url, Some(&in_this_form(&output))),
        _ => run_failed(STUDIO_INTERRUPTED, "the workflow was interrupted", None),
    }
}

/// The form of a run, with all its fields.
fn run_failed(code: i64, message: &str, debug_url: Option<&str>) -> Response {
    let body = json!({
        "code": public(code),
        "msg": message,
        "data": null,
        "token": null,
        "cost": null,
        "debug_url": debug_url,
        "execute_id": null,
        "BaseResp": null,
    });
    json(StatusCode::OK, &body)
}

fn succeeded(run: &Run, debug_url: &str, data: Option<&str>) -> Response {
    let body = json!({
        "code": 0,
        "msg": null,
        "data": data,
        "token": token_count(run),
        "cost": "0.00000",
        "debug_url": debug_url,
        "execute_id": run.execute_id,
        "BaseResp": null,
    });
    json(StatusCode::OK, &body)
}
