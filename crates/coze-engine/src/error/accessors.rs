//! What an error tells.

use std::{error, time::Duration};

use super::{EngineError, ErrorClass, ErrorKind, Outcome};
use crate::{Question, RunId};

impl EngineError {
    /// The name of the engine that failed.
    pub fn engine(&self) -> &'static str {
        self.0.engine
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, in the engine's word for it; empty when no call was made.
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// The service's code as text: `4000` of Coze, `invalid_param` of Dify.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The HTTP status of the last response.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The server's id of the last exchange; quote it in support requests.
    pub fn log_id(&self) -> Option<&str> {
        self.0.log_id.as_deref()
    }

    /// The page that shows the run, where the engine has one.
    pub fn debug_url(&self) -> Option<&str> {
        self.0.debug_url.as_deref()
    }

    /// The run, where one is known to exist.
    pub fn run(&self) -> Option<&RunId> {
        self.0.run.as_ref()
    }

    /// How often the last request was sent; 0 if nothing was.
    pub fn attempts(&self) -> usize {
        self.0.attempts
    }

    /// What is known about whether the service acted on the last request of the call.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Whether a run may have been started by the call, so that repeating it may run it twice.
    pub fn may_have_run(&self) -> bool {
        self.0.starts_run && (self.0.started || self.0.outcome != Outcome::NotAccepted)
    }

    /// Whether a time limit passed.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Timeout | ErrorKind::Stalled)
    }

    /// Whether the run waits for an answer; [`question`](Self::question) tells to what.
    pub fn is_interrupted(&self) -> bool {
        self.0.kind == ErrorKind::Interrupted
    }

    /// Whether the engine does not have the call; nothing was sent.
    pub fn is_unsupported(&self) -> bool {
        self.0.kind == ErrorKind::Unsupported
    }

    /// Whether the same call may succeed later without a change, and cannot start a second run.
    pub fn is_retryable(&self) -> bool {
        self.0.passes && !self.may_have_run()
    }

    /// Whether there were too many requests.
    pub fn is_rate_limited(&self) -> bool {
        self.0.class == Some(ErrorClass::RateLimited)
    }

    /// Whether the service refused what it was sent: an input is missing or has another type.
    pub fn is_invalid_input(&self) -> bool {
        self.0.class == Some(ErrorClass::InvalidInput)
    }

    /// Whether the credentials are valid and may not do this.
    pub fn is_permission(&self) -> bool {
        self.0.class == Some(ErrorClass::Permission)
    }

    /// Whether a balance, a plan or an allowance does not cover the call.
    pub fn is_quota(&self) -> bool {
        self.0.class == Some(ErrorClass::Quota)
    }

    /// Whether what the request names does not exist.
    pub fn is_not_found(&self) -> bool {
        self.0.class == Some(ErrorClass::NotFound)
    }

    /// Whether the workflow is not published.
    pub fn is_not_published(&self) -> bool {
        self.0.class == Some(ErrorClass::NotPublished)
    }

    /// The pause that the server asks for before the next attempt; none where it does not say.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What the run waits for, where the service told it.
    pub fn question(&self) -> Option<&Question> {
        self.0.question.as_ref()
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The engine's own error, to be downcast; `Display` has told it already.
    ///
    /// ```
    /// use coze_engine::{EngineError, ErrorKind};
    ///
    /// let own = std::io::Error::other("the connection broke");
    /// let error = EngineError::new("dify", ErrorKind::Transport, "run", "no response").with_source(own);
    /// assert_eq!(error.to_string(), "run: no response: the connection broke");
    /// assert!(error.cause().unwrap().is::<std::io::Error>());
    /// ```
    pub fn cause(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
