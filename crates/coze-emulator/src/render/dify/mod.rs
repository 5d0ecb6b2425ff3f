//! Dify: failures with an HTTP status and a code in words, records without an envelope, events whose name is in their JSON.

mod app;
mod form;
mod record;
mod stream;

use std::sync::Arc;

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

pub(crate) use self::{
    app::{inputs, is_file},
    form::{answer, form, token},
    record::{listed, task},
    stream::silent,
};
use super::form::{Listened, Members, Outcome, Render, Talk, blamed, json};
use crate::{
    request::{Context, Kind, Problem, Upload},
    runs::Run,
    store::File,
};

pub(super) struct Dify;

impl Render for Dify {
    fn members(&self, _: &Context, result: Result<Members, Problem>) -> Response {
        match result {
            Ok(members) => json(StatusCode::OK, &members.into()),
            Err(problem) => failed(&problem),
        }
    }

    /// There are no runs in the background.
    fn run(&self, _: &Context, result: Result<Outcome, Problem>) -> Response {
        match result {
            Ok(Outcome::Begun(run) | Outcome::Stopped(run)) => {
                let response = json(StatusCode::OK, &record::response(&run));
                blamed(response, run.is_mistaken())
            }
            Err(problem) => failed(&problem),
        }
    }

    fn stream(&self, context: &Context, result: Result<Listened, Problem>) -> Response {
        match result {
            Ok((run, events)) => stream::of(&context.core, run, events),
            Err(problem) => failed(&problem),
        }
    }

    /// Chatflows cannot be called here.
    fn chat(&self, _: &Context, result: Result<Talk, Problem>) -> Response {
        let problem = result.err();
        let missing = || Problem::new(Kind::NoOperation, "chatflows are not emulated");
        failed(&problem.unwrap_or_else(missing))
    }

    fn history(&self, _: &Context, result: Result<Option<Arc<Run>>, Problem>) -> Response {
        let run = result.and_then(|run| run.ok_or_else(|| Problem::new(Kind::UnknownRun, "")));
        match run {
            Ok(run) => json(StatusCode::OK, &record::run(&run)),
            Err(problem) => failed(&problem),
        }
    }

    fn file(&self, context: &Context, result: Result<(String, File), Problem>) -> Response {
        match result {
            Ok((id, file)) => json(StatusCode::CREATED, &app::file(context, &id, &file)),
            Err(problem) => failed(&problem),
        }
    }
}

/// A failure in the server's form.
fn failed(problem: &Problem) -> Response {
    let (status, code) = code(problem);
    if status == StatusCode::NOT_FOUND && problem.kind == Kind::NoOperation {
        let mut page = Response::new(Body::from(
            "<!doctype html>\n<title>404 Not Found</title>\n",
        ));
        *page.status_mut() = status;
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        page.headers_mut().insert(header::CONTENT_TYPE, kind);
        return page;
    }
    let message = match problem.kind {
        Kind::UnknownRun => "Internal Server Error",
        // The server leaves it unfilled.
        Kind::Upload(Upload::TooLarge) => "File size exceeded. {message}",
        Kind::Upload(_) => "Please upload your file.",
        Kind::Token | Kind::OtherRegion => "Access token is invalid",
        _ => &problem.message,
    };
    let body = json!({ "code": code, "message": message, "status": status.as_u16() });
    let mut response = json(status, &body);
    if status == StatusCode::UNAUTHORIZED {
        let value = HeaderValue::from_static("Bearer realm=\"api\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

fn code(problem: &Problem) -> (StatusCode, &'static str) {
    let (status, code) = match problem.kind {
        Kind::Token | Kind::OtherRegion => (StatusCode::UNAUTHORIZED, "unauthorized"),
        Kind::NoOperation => (StatusCode::NOT_FOUND, "not_found"),
        Kind::UnknownWorkflow | Kind::NotPublished | Kind::UnknownConversation => {
            (StatusCode::NOT_FOUND, "not_found")
        }
        // An unknown run is met as if the server had failed.
        Kind::UnknownRun => (StatusCode::INTERNAL_SERVER_ERROR, "unknown"),
        Kind::NotWaiting => (
            StatusCode::PRECONDITION_FAILED,
            "human_input_form_submitted",
        ),
        Kind::Body => (StatusCode::BAD_REQUEST, "bad_request"),
        Kind::NotAChatflow => (StatusCode::BAD_REQUEST, "not_workflow_app"),
        Kind::Missing | Kind::Value | Kind::Inputs => (StatusCode::BAD_REQUEST, "invalid_param"),
        Kind::Upload(Upload::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, "file_too_large"),
        // Numbers are the codes of other servers.
        Kind::Upload(Upload::Store) | Kind::Code(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error")
        }
        Kind::Upload(_) => (StatusCode::BAD_REQUEST, "no_file_uploaded"),
    };
    let status = problem.status.unwrap_or(status);
    let code = match (status, problem.kind) {
        (StatusCode::TOO_MANY_REQUESTS, _) => "too_many_requests",
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, _) => "unsupported_media_type",
        (StatusCode::METHOD_NOT_ALLOWED, _) => "method_not_allowed",
        // Of a form.
        (StatusCode::UNPROCESSABLE_ENTITY, _) => {
            return (StatusCode::BAD_REQUEST, "invalid_form_data");
        }
        _ => code,
    };
    (status, code)
}
