//! What every renderer writes, and from what.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::chat::Turn;
use crate::{
    request::{Context, Problem},
    runs::{Event, Run},
    store::{Code, File},
};

/// The members of an object in a response.
pub(crate) type Members = Map<String, Value>;

/// A run, and what it tells from now to its next stop.
pub(crate) type Listened = (Arc<Run>, mpsc::Receiver<Event>);

/// A turn of a chat, and what its run tells from now to its next stop.
pub(crate) type Talk = (Turn, mpsc::Receiver<Event>);

/// What a call to run or resume a workflow came to.
pub(crate) enum Outcome {
    /// The run works in the background.
    Begun(Arc<Run>),
    /// The run has ended, or waits for an answer.
    Stopped(Arc<Run>),
}

/// One server's form of all responses.
pub(crate) trait Render: Send + Sync {
    /// Members beside the code.
    fn members(&self, context: &Context, result: Result<Members, Problem>) -> Response;

    fn run(&self, context: &Context, result: Result<Outcome, Problem>) -> Response;

    fn stream(&self, context: &Context, result: Result<Listened, Problem>) -> Response;

    fn chat(&self, context: &Context, result: Result<Talk, Problem>) -> Response;

    /// The record of a run, if it is visible yet.
    fn history(&self, context: &Context, result: Result<Option<Arc<Run>>, Problem>) -> Response;

    /// An uploaded file under its id.
    fn file(&self, context: &Context, result: Result<(String, File), Problem>) -> Response;
}

/// Members whose payload is below `data`.
pub(crate) fn data(data: impl Into<Value>) -> Members {
    Members::from_iter([("data".to_owned(), data.into())])
}

/// Header of a response that tells of a mistake in a definition.
const ERROR: &str = "x-emulator-error";

/// Marks a failure that the service would not know.
pub(super) fn blamed(mut response: Response, is_mistake: bool) -> Response {
    if is_mistake {
        let value = HeaderValue::from_static("definition");
        response.headers_mut().insert(ERROR, value);
    }
    response
}

pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    json_text(status, body, body.to_string().into())
}

/// A body whose text was written otherwise than `Value` writes it.
pub(super) fn json_text(status: StatusCode, body: &Value, text: Bytes) -> Response {
    let mut response = Response::new(Body::from(text));
    if let Some(code) = body.get("code") {
        response.extensions_mut().insert(Code(code.to_string()));
    }
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
}
