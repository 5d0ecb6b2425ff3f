//! Failed calls and their codes.

use axum::response::Response;
use http::StatusCode;
use serde_json::json;

/// A run failed, or an id is malformed.
pub(super) const FAILED: i64 = 720_701_013;
/// A parameter is missing.
pub(super) const MISSING: i64 = 720_702_001;
pub(super) const NO_WORKFLOW: i64 = 720_702_004;
pub(super) const NOT_PUBLISHED: i64 = 720_702_011;
/// A synchronous run stopped at a question.
pub(super) const INTERRUPTED: i64 = 720_702_078;
pub(super) const TIMED_OUT: i64 = 720_702_085;
pub(super) const NO_CONVERSATION: i64 = 777_777_762;
/// A chat, or the role of a chatflow, cannot be had; the cause is in the text.
pub(super) const CHAT_FAILED: i64 = 777_777_780;
/// An operation failed; also where access is refused.
pub(super) const OPERATION_FAILED: i64 = 777_777_775;

/// A call that is answered with a code.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: i64,
    message: String,
}

impl Refusal {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::OK,
            code,
            message: message.into(),
        }
    }

    /// A body that is not what the call takes.
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            ..Self::new(400, message)
        }
    }

    /// The code as `run` and the history tell it.
    pub(super) fn public(mut self) -> Self {
        self.code = match self.code {
            NOT_PUBLISHED => 6031,
            MISSING => 4000,
            INTERRUPTED => 6039,
            TIMED_OUT => 6023,
            code => code,
        };
        self
    }

    /// The short form.
    pub(super) fn reply(&self) -> Response {
        let body = json!({ "code": self.code, "msg": self.message });
        super::json_reply(self.status, &body)
    }

    /// The form of a run, with all its fields.
    pub(super) fn run_reply(&self, debug_url: Option<&str>) -> Response {
        if self.status != StatusCode::OK {
            return self.reply();
        }
        let body = json!({
            "code": self.code,
            "msg": self.message,
            "data": null,
            "token": null,
            "cost": null,
            "debug_url": debug_url,
            "execute_id": null,
            "BaseResp": null,
        });
        super::json_reply(self.status, &body)
    }
}
