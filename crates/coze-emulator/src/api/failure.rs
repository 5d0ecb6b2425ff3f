//! Failed calls.

use http::StatusCode;

/// Wrong or missing parameters.
pub(crate) const BAD_REQUEST: i64 = 4000;
/// No such workflow, or one that is not published.
pub(crate) const NOT_FOUND: i64 = 4200;
/// No such execution.
pub(crate) const NO_SUCH_EXECUTION: i64 = 4314;
/// No such conversation.
pub(crate) const NO_SUCH_CONVERSATION: i64 = 4002;
/// No conversation of this name in the app.
pub(crate) const NO_NAMED_CONVERSATION: i64 = 720_702_204;
/// `meta_data` beyond its limits.
pub(crate) const META_DATA: i64 = 4003;
/// The system takes no more calls for now.
pub(crate) const SYSTEM_BUSY: i64 = 4009;
/// Too many messages.
pub(crate) const MESSAGES: i64 = 4004;
/// The user is a collaborator already.
pub(crate) const MEMBER_EXISTS: i64 = 4201;
/// No file in an upload, or no form.
pub(crate) const NO_FILE: i64 = 4300;
/// More than one file in an upload.
pub(crate) const MANY_FILES: i64 = 4301;
/// The file is too large.
pub(crate) const FILE_TOO_LARGE: i64 = 4302;
/// The upload cannot be read.
pub(crate) const FILE_BROKEN: i64 = 4304;
/// The execution has ended, or no longer waits.
pub(crate) const ALREADY_OVER: i64 = 4315;
/// Something is wrong with the emulator's own machine.
pub(crate) const INTERNAL: i64 = 5000;
/// Only for paid plans.
pub(crate) const PAID_ONLY: i64 = 6003;
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
