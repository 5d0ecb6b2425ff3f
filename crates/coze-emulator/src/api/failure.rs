//! Failed calls.

use http::StatusCode;

/// Wrong or missing parameters.
pub(crate) const BAD_REQUEST: i64 = 4000;
/// No such workflow, or one that is not published.
pub(crate) const NOT_FOUND: i64 = 4200;
/// No such execution.
pub(crate) const NO_SUCH_EXECUTION: i64 = 4314;
/// The access token is missing or not accepted.
pub(crate) const BAD_TOKEN: i64 = 700_012_006;

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
        Self::new(BAD_REQUEST, message)
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
