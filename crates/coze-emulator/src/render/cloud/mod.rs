//! The cloud service.

mod chat;
mod history;
mod parts;
mod stream;

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use coze_models::codes::{
    BROKEN_FILE, CONVERSATION_NAME_NOT_FOUND, CONVERSATION_NOT_FOUND, EXECUTION_ENDED,
    EXECUTION_NOT_FOUND, FILE_TOO_LARGE, INTERNAL_ERROR, INVALID_ACCESS_TOKEN, INVALID_REQUEST,
    INVALID_TOKEN, NO_FILE, NOT_FOUND, SEVERAL_FILES,
};
use http::StatusCode;
use serde_json::{Value, json};

use self::{
    chat::ChatEvents,
    parts::{debug_url, escaped, interrupt_data, usage},
    stream::WorkflowEvents,
};
use super::{
    form::{Listened, Members, Outcome, Render, Talk, blamed, data, json_text},
    sse::{self, EventBody},
};
use crate::{
    request::{Context, Kind, Problem, Upload},
    runs::Run,
    store::File,
};

pub(super) struct Cloud;

impl Render for Cloud {
    fn members(&self, context: &Context, result: Result<Members, Problem>) -> Response {
        match result {
            Ok(members) => envelope(context, StatusCode::OK, 0, "", members),
            Err(problem) => {
                let (status, code) = code(&problem);
                let status = problem.status.unwrap_or(status);
                envelope(context, status, code, &problem.message, Members::new())
            }
        }
    }

    fn run(&self, context: &Context, result: Result<Outcome, Problem>) -> Response {
        match result {
            Ok(Outcome::Stopped(run)) => stopped(context, &run),
            Ok(Outcome::Begun(run)) => self.members(context, Ok(begun(context, &run))),
            Err(problem) => self.members(context, Err(problem)),
        }
    }

    fn stream(&self, context: &Context, result: Result<Listened, Problem>) -> Response {
        match result {
            Ok((run, events)) => {
                let frames = WorkflowEvents::new(debug_url(context, &run), run);
                sse::response(EventBody::new(events, frames, context.core.limits.ping))
            }
            Err(problem) => self.members(context, Err(problem)),
        }
    }

    fn chat(&self, context: &Context, result: Result<Talk, Problem>) -> Response {
        match result {
            Ok((turn, events)) => {
                let mut frames = ChatEvents::new(turn);
                let first = frames.created();
                // The documentation knows no heartbeat in chat streams.
                sse::response(EventBody::new(events, frames, Duration::ZERO).first(first))
            }
            // This failure alone comes as an event, and its code as text.
            Err(problem) if problem.kind == Kind::Code(CONVERSATION_NAME_NOT_FOUND) => {
                let code = CONVERSATION_NAME_NOT_FOUND.to_string();
                let data = json!({ "code": code, "msg": problem.message });
                sse::single(escaped(sse::frame(None, "conversation.chat.failed", &data)))
            }
            Err(problem) => self.members(context, Err(problem)),
        }
    }

    fn history(&self, context: &Context, result: Result<Option<Arc<Run>>, Problem>) -> Response {
        let run = result.as_ref().ok().and_then(Option::as_ref);
        let is_mistake = run.is_some_and(|run| run.is_mistaken());
        let members = result.map(|run| {
            let rows = run.map(|run| json!([history::row(context, &run)]));
            data(rows.unwrap_or_default())
        });
        blamed(self.members(context, members), is_mistake)
    }

    fn file(&self, context: &Context, result: Result<(String, File), Problem>) -> Response {
        let members = result.map(|(id, file)| {
            data(json!({
                "id": id,
                "bytes": file.size,
                "file_name": file.name,
                "created_at": file.created,
            }))
        });
        self.members(context, members)
    }
}

fn envelope(
    context: &Context,
    status: StatusCode,
    code: i64,
    message: &str,
    members: Members,
) -> Response {
    let mut body = Members::new();
    body.insert("code".into(), code.into());
    body.insert("msg".into(), message.into());
    body.extend(members);
    body.insert("detail".into(), json!({ "logid": context.log_id }));
    let body = Value::Object(body);
    json_text(status, &body, escaped(body.to_string().into()))
}

/// The HTTP status and the code; most failures are sent with HTTP 200.
fn code(problem: &Problem) -> (StatusCode, i64) {
    let code = match problem.kind {
        Kind::Token => return (StatusCode::UNAUTHORIZED, INVALID_TOKEN),
        Kind::OtherRegion => return (StatusCode::UNAUTHORIZED, INVALID_ACCESS_TOKEN),
        Kind::NoOperation => return (StatusCode::NOT_FOUND, NOT_FOUND),
        Kind::UnknownWorkflow | Kind::NotPublished => NOT_FOUND,
        Kind::UnknownRun => EXECUTION_NOT_FOUND,
        Kind::NotWaiting => EXECUTION_ENDED,
        Kind::UnknownConversation => CONVERSATION_NOT_FOUND,
        Kind::Upload(Upload::NoForm | Upload::NoFile) => NO_FILE,
        Kind::Upload(Upload::ManyFiles) => SEVERAL_FILES,
        Kind::Upload(Upload::TooLarge) => FILE_TOO_LARGE,
        Kind::Upload(Upload::Broken) => BROKEN_FILE,
        Kind::Upload(Upload::Store) => INTERNAL_ERROR,
        Kind::Code(code) => code,
        Kind::Body | Kind::Missing | Kind::Value | Kind::Inputs | Kind::NotAChatflow => {
            INVALID_REQUEST
        }
    };
    (StatusCode::OK, code)
}

/// What a caller gets who does not wait.
fn begun(context: &Context, run: &Run) -> Members {
    let mut members = Members::new();
    members.insert("execute_id".into(), run.execute_id.as_str().into());
    members.insert("debug_url".into(), debug_url(context, run).into());
    members
}

/// A run that stopped: its output, its question, or what went wrong.
fn stopped(context: &Context, run: &Run) -> Response {
    let record = run.record();
    let debug_url = debug_url(context, run);
    let mut members = match (record.result, record.interrupt) {
        (Some(Ok(output)), _) => data(output),
        (Some(Err(failed)), _) => {
            // The documentation names this HTTP status for runs that take too long.
            let status = if record.timed_out {
                StatusCode::GATEWAY_TIMEOUT
            } else {
                StatusCode::OK
            };
            let members = Members::from_iter([("debug_url".to_owned(), debug_url.into())]);
            let response = envelope(context, status, failed.code, &failed.message, members);
            return blamed(response, failed.is_mistake);
        }
        (None, interrupt) => {
            let mut members = Members::new();
            members.insert("execute_id".into(), run.execute_id.as_str().into());
            if let Some(interrupt) = interrupt {
                members.insert("interrupt_data".into(), interrupt_data(&interrupt));
            }
            members
        }
    };
    members.insert("debug_url".into(), debug_url.into());
    members.insert("usage".into(), usage(run));
    envelope(context, StatusCode::OK, 0, "", members)
}
