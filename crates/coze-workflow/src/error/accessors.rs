//! What an error tells.

use std::{borrow::Cow, error, time::Duration};

use coze_models::{CodeClass, CodeInfo, ExecuteId, Interrupt};
use coze_transport::{Attempts, LogId, Outcome};
use http::StatusCode;

use super::{Error, ErrorKind, advice};
use crate::question::Question;

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, e.g. `run_workflow`; empty when no call was made.
    pub fn operation(&self) -> &'static str {
        self.0.context.operation
    }

    /// The service's code; [`codes`](crate::models::codes) names those that are documented.
    pub fn code(&self) -> Option<i64> {
        self.0.context.code
    }

    /// The HTTP status of the last response.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.context.status
    }

    /// The server's id of the last exchange; quote it in support requests.
    pub fn log_id(&self) -> Option<&str> {
        self.0.context.log_id.as_ref().map(LogId::as_str)
    }

    /// The page that shows the run's nodes; kept for seven days.
    pub fn debug_url(&self) -> Option<&str> {
        self.0.context.debug_url()
    }

    /// The run, where one is known to exist.
    pub fn execute_id(&self) -> Option<&str> {
        self.0.context.execute_id().map(ExecuteId::as_str)
    }

    /// The attempts that were made, in order.
    pub fn attempts(&self) -> &Attempts {
        &self.0.context.attempts
    }

    /// What is known about whether the service acted on the last request of the call.
    pub fn outcome(&self) -> Outcome {
        let last = match self.0.context.outcome {
            Some(outcome) => outcome,
            None if self.0.context.execute_id.is_some() => Outcome::Accepted,
            None => Outcome::NotAccepted,
        };
        // What may be repeated is repeated after an attempt that may have been accepted as well.
        let mut earlier = self.0.context.attempts.iter().rev().skip(1);
        if last == Outcome::NotAccepted && earlier.any(|one| one.outcome != last) {
            return Outcome::Unknown;
        }
        last
    }

    /// Whether a run may have been started by the call, so that repeating it may run it twice.
    ///
    /// A call that [answers questions](crate::Workflow::answer_with) has started its run before the first of them,
    /// so this is true whatever became of a resume; of the resume itself [`Error::outcome`] tells.
    pub fn may_have_run(&self) -> bool {
        let context = &self.0.context;
        context.starts_run && (context.started || self.outcome() != Outcome::NotAccepted)
    }

    /// Whether a time limit passed.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Timeout | ErrorKind::Stalled)
    }

    /// Whether the run waits for an answer; [`Error::question`] tells to what.
    pub fn is_interrupted(&self) -> bool {
        self.0.kind == ErrorKind::Interrupted
    }

    /// Whether the same call may succeed later without a change, and cannot start a second run.
    pub fn is_retryable(&self) -> bool {
        !self.may_have_run() && advice::is_passing(self)
    }

    /// Whether there were too many requests: HTTP 429, or a code that says so.
    pub fn is_rate_limited(&self) -> bool {
        self.is_of(CodeClass::Throttled) || self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether the workflow, the agent or the app is not published.
    pub fn is_not_published(&self) -> bool {
        self.is_of(CodeClass::NotPublished)
    }

    /// Whether the service refused what it was sent: an input is missing or has another type. What the client refuses
    /// itself is [`ErrorKind::Build`].
    pub fn is_invalid_input(&self) -> bool {
        self.is_of(CodeClass::Input)
    }

    /// Whether the token is valid and may not do this; [`Error::hint`] names the permission that is missing, where it
    /// is documented.
    pub fn is_permission(&self) -> bool {
        self.is_of(CodeClass::Permission)
    }

    /// Whether a balance, a plan or an allowance does not cover the call.
    pub fn is_quota(&self) -> bool {
        self.is_of(CodeClass::Quota)
    }

    /// Whether the code is of a class, as `docs/api/errors.md` has it.
    fn is_of(&self, class: CodeClass) -> bool {
        self.code()
            .and_then(CodeInfo::lookup)
            .is_some_and(|info| info.class == class)
    }

    /// What caused it, to be downcast; `Display` has told it already. The error of a closure that failed, of a file
    /// that could not be read, of a layer or of the transport.
    pub fn cause(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|cause| cause as _)
    }

    /// What the run waits for, as it came; see [`Error::question`].
    pub fn interrupt(&self) -> Option<&Interrupt> {
        self.question().map(Question::interrupt)
    }

    /// What the run waits for, when [`ErrorKind::Interrupted`] and the service told it; self-hosted servers do not
    /// tell it of background runs.
    ///
    /// When a resume failed in another way, this is the question whose answer was on its way. The run still waits for
    /// it if [`Error::outcome`] is [`Outcome::NotAccepted`], and can be [resumed](crate::Client::resume) by hand.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(
    /// #     r#"{"execute_id":"7424","interrupt_data":{"event_id":"7424/2691","type":2,"data":"{\"content_type\":\"text\",\"content\":\"Which city?\"}"}}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let error = coze.workflow("7366").run().await.unwrap_err();
    /// assert_eq!(error.question().unwrap().text(), "Which city?");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn question(&self) -> Option<&Question> {
        self.0.question.as_ref()
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        advice::hint(self)
    }

    /// The pause that the server asks for before the next attempt; none where it does not say.
    pub fn retry_after(&self) -> Option<Duration> {
        let context = &self.0.context;
        context.retry_after.or(context.attempts.retry_after())
    }
}
