//! Responses: JSON, and `{"error": "…"}` with what to do.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

use crate::request::Problem;

/// Why a call is refused.
#[derive(Debug)]
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

impl Refused {
    /// The request asks for something that cannot be.
    pub(super) fn wrong(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, message.into())
    }

    /// What the request names is not there.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, message.into())
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        let status = problem.status.unwrap_or(StatusCode::BAD_REQUEST);
        Self(status, problem.message)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// A call that has nothing else to say.
pub(super) fn done() -> Json<Value> {
    Json(json!({ "ok": true }))
}
