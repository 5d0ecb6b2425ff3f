//! What went wrong, and what helps the next step.

mod accessors;
mod advice;
mod context;
mod report;
mod stream;

use std::{borrow::Cow, error, fmt, sync::Arc};

use bytes::Bytes;
use coze_models::{CodeClass, CodeInfo, ExecuteId, Interrupt};
use coze_transport::{BoxError, Outcome, TransportError, presentable, scrub};
use coze_wire::{InvalidKind, ReplyError};
use http::StatusCode;

use crate::question::{AnswerError, Question};

pub(crate) use context::ErrorContext;
pub use coze_engine::ErrorKind;

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
///     "run_workflow: the service responded with code 4000: Missing required parameter 'city'"
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
        context.look_through();
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
        let id = context.execute_id();
        self.0.question = Some(question.seen_with(context.debug_url(), id));
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
            context.saw_run(None::<&str>, execute_id);
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
