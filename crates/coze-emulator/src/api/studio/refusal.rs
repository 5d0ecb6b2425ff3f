//! Failed calls and their codes.

use axum::response::Response;
use http::StatusCode;
use serde_json::json;

pub(super) use coze_models::codes::{
    EXECUTION_FAILED, NOT_A_CHATFLOW, OPERATION_FAILED, REQUIRED_INPUT_MISSING,
    STUDIO_CONVERSATION_NOT_FOUND, STUDIO_INTERRUPTED, STUDIO_NOT_PUBLISHED, STUDIO_TIMED_OUT,
    WORKFLOW_NOT_FOUND,
};
use coze_models::codes::{
    EXECUTION_INTERRUPTED, EXECUTION_TIMED_OUT, INVALID_REQUEST, WORKFLOW_NOT_PUBLISHED,
};

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
            STUDIO_NOT_PUBLISHED => WORKFLOW_NOT_PUBLISHED,
            REQUIRED_INPUT_MISSING => INVALID_REQUEST,
            STUDIO_INTERRUPTED => EXECUTION_INTERRUPTED,
            STUDIO_TIMED_OUT => EXECUTION_TIMED_OUT,
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
