//! Failed calls.

use http::StatusCode;

pub(crate) use coze_models::codes::{
    BROKEN_FILE, CONVERSATION_NAME_NOT_FOUND, CONVERSATION_NOT_FOUND, EXECUTION_ENDED,
    EXECUTION_NOT_FOUND, FILE_TOO_LARGE, INTERNAL_ERROR, INVALID_ACCESS_TOKEN, INVALID_REQUEST,
    MEMBER_EXISTS, META_DATA_EXCEEDS_LIMITS, NO_FILE, NOT_FOUND, PAID_PLAN_REQUIRED, SEVERAL_FILES,
    SYSTEM_BUSY, TOO_MANY_MESSAGES,
};

/// A call that is answered with a code; most are sent with HTTP 200, as on the service.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(super) status: StatusCode,
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) debug_url: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::OK,
            code,
            message: message.into(),
            debug_url: None,
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(INVALID_REQUEST, message)
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with_debug_url(mut self, debug_url: String) -> Self {
        self.debug_url = Some(debug_url);
        self
    }
}
