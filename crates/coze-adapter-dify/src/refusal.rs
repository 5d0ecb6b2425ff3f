//! What a response that is no success says.

use coze_engine::{
    EngineError, ErrorClass,
    http::{CallContext, Refused, json_object, shows_run},
};
use coze_transport::Outcome;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

use crate::DifyFailure;

/// What too many runs at a time are refused with, under a code that says something else.
const TOO_MANY: &str = "Too many requests";

/// Keys whose value shows that a run was begun.
const KEYS: [&str; 2] = ["workflow_run_id", "task_id"];

/// A response that is no success.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// None where the body is no failure of the API, but a page of a gateway.
    code: Option<String>,
    message: String,
    /// Whether the request may have been acted on.
    pub(crate) outcome: Outcome,
    pub(crate) class: Option<ErrorClass>,
}

impl Refusal {
    /// `is_whole` says whether the body was not truncated.
    pub(crate) fn read(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        is_whole: bool,
    ) -> Self {
        let failure: DifyFailure = json_object(body).unwrap_or_default();
        let message = failure.message.unwrap_or_default();
        let code = failure.code.filter(|code| !code.is_empty());
        let (proved, class) = judge(status, code.as_deref(), &message);
        let asks_to_wait =
            status == StatusCode::SERVICE_UNAVAILABLE && headers.contains_key(RETRY_AFTER);
        let outcome = match proved {
            _ if !is_whole || shows_run(body, &KEYS) => Outcome::Accepted,
            // The server began to do what was asked.
            _ if status.is_success() => Outcome::Unknown,
            _ if asks_to_wait => Outcome::NotAccepted,
            proved => proved,
        };
        Self {
            code,
            message,
            outcome,
            class,
        }
    }

    /// A failure of the API that came with a good status; `None` for any other body.
    pub(crate) fn of_success(body: &[u8]) -> Option<Self> {
        let refusal = Self::read(StatusCode::OK, &HeaderMap::new(), body, true);
        Some(refusal).filter(|refusal| refusal.code.is_some())
    }

    /// The error of the call.
    pub(crate) fn error(&self, context: &CallContext, body: &[u8]) -> EngineError {
        let mut refused = Refused::new(body, self.outcome);
        refused.code = self.code.as_deref();
        refused.message = Some(&self.message);
        refused.class = self.class;
        let error = context.refused(&refused);
        match (error.operation(), error.status()) {
            (_, Some(401)) => error.with_hint("pass the API key of an app, `app-…`"),
            ("get_dify_run", Some(500)) => error.with_hint(
                "the server says this of a run that does not exist or is one of another app, and also when it has \
                 failed",
            ),
            _ => error,
        }
    }
}

/// What status and code prove. Only codes that were seen to be told before a run begins prove that none has; a status
/// without a code may come from anywhere.
fn judge(status: StatusCode, code: Option<&str>, message: &str) -> (Outcome, Option<ErrorClass>) {
    use ErrorClass::{InvalidInput, NotFound, NotPublished, Permission, Quota, RateLimited};
    let refused = |class| (Outcome::NotAccepted, class);
    match status {
        StatusCode::TOO_MANY_REQUESTS => return refused(Some(RateLimited)),
        StatusCode::UNAUTHORIZED => return refused(None),
        _ => {}
    }
    match code {
        Some("invalid_param") if message.starts_with(TOO_MANY) => refused(Some(RateLimited)),
        Some(
            "invalid_param"
            | "bad_request"
            | "invalid_form_data"
            | "human_input_form_submitted"
            | "no_file_uploaded"
            | "too_many_files"
            | "file_too_large"
            | "unsupported_file_type"
            | "unsupported_media_type"
            | "filename_not_exists_error",
        ) => refused(Some(InvalidInput)),
        Some("not_found" | "file_not_found") => refused(Some(NotFound)),
        Some("forbidden" | "file_access_denied") => refused(Some(Permission)),
        Some("app_unavailable") => refused(Some(NotPublished)),
        Some("not_workflow_app" | "method_not_allowed") => refused(None),
        // A node may have met it.
        Some("provider_quota_exceeded") => (Outcome::Unknown, Some(Quota)),
        _ => (Outcome::Unknown, None),
    }
}
