//! What went wrong, and what helps the next step.

mod advice;
mod context;
mod kind;
mod report;
mod stream;

use std::{borrow::Cow, error, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use coze_models::{CodeClass, CodeInfo, ExecuteId, Interrupt};
use coze_transport::{Attempts, BoxError, LogId, Outcome, TransportError, presentable, scrub};
use coze_wire::{InvalidKind, ReplyError};
use http::StatusCode;

use crate::question::{AnswerError, Question};

pub(crate) use context::ErrorContext;
pub use kind::ErrorKind;

/// A failed call.
///
/// One type for all of it: [`Error::kind`] tells what kind of failure it is, and the accessors tell
/// what is known. `Display` names the operation, what failed, and the [cause](Error::cause), if there is one;
/// [`source`](error::Error::source) goes on where `Display` ends, so that a chain of errors says nothing twice.
/// [`Error::report`] gives a block to paste into a support ticket. No secret is in any of them, nor any character
/// that a terminal obeys: what a server said is scrubbed and bounded.
///
/// ```
/// # use coze_workflow::{Client, HttpStack, json_reply};
/// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"code":4000,"msg":"Missing required parameter 'city'"}"#) }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let error = coze.workflow("7366").run().await.unwrap_err();
/// assert!(error.is_invalid_input() && !error.may_have_run());
/// assert_eq!(
///     error.to_string(),
///     "run_workflow: the service answered code 4000: Missing required parameter 'city'"
/// );
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    context: ErrorContext,
    question: Option<Question>,
    source: Option<Arc<dyn error::Error + Send + Sync>>,
    /// The body of the response as it came, or the data of the event.
    body: Bytes,
    /// The name of the event whose data `body` is.
    event: Option<Box<str>>,
    /// What to do, where only the one who made the error knows.
    hint: Option<&'static str>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        // What is put together may hold words of the server.
        let message = match message.into() {
            Cow::Owned(text) => scrub(&text).into(),
            Cow::Borrowed(fixed) => fixed.into(),
        };
        Self(Box::new(Inner {
            kind,
            message,
            context: ErrorContext::default(),
            question: None,
            source: None,
            body: Bytes::new(),
            event: None,
            hint: None,
        }))
    }

    pub(crate) fn build(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Build, message)
    }

    #[must_use]
    pub(crate) fn with_source(self, source: impl error::Error + Send + Sync + 'static) -> Self {
        self.with_cause(source.into())
    }

    #[must_use]
    pub(crate) fn with_context(mut self, context: ErrorContext) -> Self {
        self.0.context = context;
        self
    }

    #[must_use]
    pub(crate) fn with_body(mut self, body: Bytes) -> Self {
        self.0.body = body;
        self
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.0.hint = Some(hint);
        self
    }

    /// After [`with_context`](Self::with_context), which has the run's debug URL and execute id.
    #[must_use]
    pub(crate) fn with_interrupt(self, interrupt: Interrupt) -> Self {
        self.with_question(interrupt.into())
    }

    /// Likewise.
    #[must_use]
    pub(crate) fn with_question(mut self, question: Question) -> Self {
        let context = &self.0.context;
        let id = context.execute_id.as_ref();
        self.0.question = Some(question.seen_with(context.debug_url.as_deref(), id));
        self
    }

    /// Names the run that the call was about, where the response did not.
    #[must_use]
    pub(crate) fn about_run(mut self, execute_id: Option<&ExecuteId>) -> Self {
        // An execute id beside an unknown outcome would read as a proof that the request was accepted.
        let outcome = self.outcome();
        let context = &mut self.0.context;
        context.outcome = Some(outcome);
        if context.execute_id.is_none() {
            context.execute_id = execute_id.cloned();
        }
        match self.0.question.take() {
            Some(question) => self.with_question(question),
            None => self,
        }
    }

    /// What failed is a later step of a call that has started a run: making the call again would start
    /// another one, whatever became of the step.
    #[must_use]
    pub(crate) fn after_start(mut self) -> Self {
        self.0.context.starts_run = true;
        self.0.context.started = true;
        self
    }

    /// A cause of any type.
    #[must_use]
    pub(crate) fn with_cause(mut self, cause: BoxError) -> Self {
        self.0.source = Some(presentable(cause).into());
        self
    }

    /// The pause that the server asks for before the next attempt; none where it does not say.
    pub fn retry_after(&self) -> Option<Duration> {
        let context = &self.0.context;
        context.retry_after.or(context.attempts.retry_after())
    }

    pub(crate) fn context(&self) -> &ErrorContext {
        &self.0.context
    }

    /// The stack gave no response.
    pub(crate) fn transport(error: TransportError, mut context: ErrorContext) -> Self {
        use coze_transport::ErrorKind as Kind;
        let kind = match error.kind() {
            Kind::Request => ErrorKind::Build,
            Kind::Auth => ErrorKind::Auth,
            Kind::Timeout(_) => ErrorKind::Timeout,
            _ => ErrorKind::Transport,
        };
        context.outcome = Some(error.outcome());
        // The failure of a body knows nothing of the attempts that brought its head.
        if !error.attempts().is_empty() {
            context.attempts = error.attempts().clone();
        }
        if let Some(id) = error.log_id() {
            context.log_id = Some(id.clone());
        }
        let message = match kind {
            ErrorKind::Build => "the request was not sent",
            _ => "no response was received",
        };
        Self::new(kind, message)
            .with_context(context)
            .with_source(error)
    }

    /// The stack gave a response that is no success; `outcome` is what it proves.
    pub(crate) fn reply(error: ReplyError, outcome: Outcome, mut context: ErrorContext) -> Self {
        context.status = Some(error.status());
        context.saw_log_id(error.log_id().map(str::to_owned));
        context.code = error.code();
        context.outcome = Some(outcome);
        let sign = error.sign();
        context.saw_run(sign.debug_url(), sign.execute_id());
        let unauthorized = context.status == Some(StatusCode::UNAUTHORIZED);
        let body = error.body().clone();
        match error {
            ReplyError::Api(failure) => {
                let kind = if unauthorized || is_credential(failure.code()) {
                    ErrorKind::Auth
                } else {
                    ErrorKind::Api
                };
                // The service may repeat what it was sent, the token included.
                Self::new(kind, scrub(&failure.to_string()))
            }
            ReplyError::Invalid(reply) => {
                let kind = match reply.kind() {
                    InvalidKind::Status if unauthorized => ErrorKind::Auth,
                    InvalidKind::Status => ErrorKind::Http,
                    _ => ErrorKind::Decode,
                };
                let mut message = reply.to_string();
                if reply.kind() == InvalidKind::Status {
                    // What it says helps more than why it is not JSON.
                    add_excerpt(&mut message, &body);
                    Self::new(kind, message)
                } else {
                    let this = Self::new(kind, message);
                    match reply.into_cause() {
                        Some(cause) => this.with_cause(cause),
                        None => this,
                    }
                }
            }
            error => Self::new(ErrorKind::Decode, error.to_string()),
        }
        .with_context(context)
        .with_body(body)
    }

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
        self.0.context.debug_url.as_deref()
    }

    /// The run, where one is known to exist.
    pub fn execute_id(&self) -> Option<&str> {
        self.0.context.execute_id.as_ref().map(ExecuteId::as_str)
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
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation().is_empty() {
            write!(f, "{}: ", self.operation())?;
        }
        f.write_str(&self.0.message)?;
        match &self.0.source {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.context.operation)
            .field("message", &self.0.message)
            .field("code", &self.0.context.code)
            .field("status", &self.0.context.status)
            .field("log_id", &self.0.context.log_id)
            .field("debug_url", &self.0.context.debug_url)
            .field("execute_id", &self.0.context.execute_id)
            .field("outcome", &self.0.context.outcome)
            .field("attempts", &self.0.context.attempts)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause()?.source()
    }
}

impl From<AnswerError> for Error {
    fn from(error: AnswerError) -> Self {
        Self::build(error.to_string())
    }
}

/// Adds the beginning of a body that tells no code: up to 200 characters that can be shown.
fn add_excerpt(message: &mut String, body: &[u8]) {
    // A few more bytes than are shown, so that a secret at the end is seen whole.
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * 1024)]);
    let text = scrub(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    if !words.is_empty() {
        let end = words
            .char_indices()
            .nth(200)
            .map_or(words.len(), |(end, _)| end);
        let more = if end < words.len() { "…" } else { "" };
        message.push_str(": ");
        message.push_str(&words[..end]);
        message.push_str(more);
    }
}

/// Whether a code is about the token.
fn is_credential(code: i64) -> bool {
    CodeInfo::lookup(code).is_some_and(|info| info.class == CodeClass::Credential)
}
