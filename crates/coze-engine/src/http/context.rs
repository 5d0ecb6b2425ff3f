//! What is known of a call, and the errors that are made of it.

use std::{borrow::Cow, time::Duration};

use coze_models::OperationMeta;
use coze_transport::{
    Attempts, ErrorKind as Kind, LogId, Outcome as Sent, TimeoutKind, TransportError, retry_after,
    scrub, scrub_id,
};
use http::response::Parts;

use crate::{EngineError, ErrorClass, ErrorKind, Outcome, RunId};

/// Characters of a body without a code that are shown.
const EXCERPT: usize = 200;

/// What is known of a call, for whatever error becomes of it.
///
/// Words of a server are [scrubbed](coze_transport::scrub) here: messages, codes and the ids of runs.
#[derive(Clone, Debug)]
pub struct CallContext {
    engine: &'static str,
    meta: &'static OperationMeta,
    status: Option<u16>,
    attempts: usize,
    retry_after: Option<Duration>,
    log_id: Option<String>,
    unsent: bool,
    run: Option<RunId>,
}

/// What a response that is no success says, as its engine reads it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused<'r> {
    /// The code; without one the beginning of the body is shown.
    pub code: Option<&'r str>,
    /// The message for people.
    pub message: Option<&'r str>,
    /// The body.
    pub body: &'r [u8],
    /// What it refuses the call for.
    pub class: Option<ErrorClass>,
    /// What it proves about the request.
    pub outcome: Sent,
}

impl<'r> Refused<'r> {
    /// A refusal without a code.
    pub const fn new(body: &'r [u8], outcome: Sent) -> Self {
        Self {
            code: None,
            message: None,
            body,
            class: None,
            outcome,
        }
    }
}

impl CallContext {
    /// A call that has not been made yet.
    pub const fn new(engine: &'static str, meta: &'static OperationMeta) -> Self {
        Self {
            engine,
            meta,
            status: None,
            attempts: 0,
            retry_after: None,
            log_id: None,
            unsent: false,
            run: None,
        }
    }

    /// The name of the operation.
    pub const fn operation(&self) -> &'static str {
        self.meta.id
    }

    /// The server's id of the exchange.
    pub fn log_id(&self) -> Option<&str> {
        self.log_id.as_deref()
    }

    /// The pause that the server asks for.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The run that the call is about, once it was named.
    pub const fn run(&self) -> Option<&RunId> {
        self.run.as_ref()
    }

    /// Says which run the call is about.
    pub fn about(&mut self, run: RunId) {
        self.run = Some(shown(run));
    }

    pub(super) fn saw_head(&mut self, head: &Parts) {
        self.status = Some(head.status.as_u16());
        let attempts = head.extensions.get().map_or(1, Attempts::len);
        self.attempts = attempts.max(1);
        self.retry_after = retry_after(&head.headers);
        self.log_id = head.extensions.get::<LogId>().map(ToString::to_string);
        self.unsent = head.extensions.get() == Some(&Sent::NotAccepted);
    }

    /// A failure of the call.
    pub fn error(
        &self,
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        outcome: Outcome,
    ) -> EngineError {
        let message = match message.into() {
            Cow::Owned(text) => scrub(&text),
            Cow::Borrowed(fixed) => fixed.to_owned(),
        };
        let error = EngineError::new(self.engine, kind, self.meta.id, message);
        let mut error = if self.meta.starts_run {
            error.starting_run(outcome)
        } else {
            error.with_outcome(outcome)
        };
        if let Some(status) = self.status {
            error = error.with_status(status);
        }
        if let Some(pause) = self.retry_after {
            error = error.with_retry_after(pause);
        }
        if let Some(id) = &self.log_id {
            error = error.with_log_id(id);
        }
        if let Some(run) = &self.run {
            error = error.with_run(run.clone());
        }
        error.with_attempts(self.attempts)
    }

    /// The stack gave no response, or not all of one.
    pub fn transport(&self, error: TransportError) -> EngineError {
        let (kind, message) = match error.kind() {
            Kind::Request => (ErrorKind::Build, "the request was not sent"),
            Kind::Auth => (ErrorKind::Auth, "the request was not sent"),
            Kind::Timeout(_) => (ErrorKind::Timeout, "no response was received"),
            _ => (ErrorKind::Transport, "no response was received"),
        };
        let mut context = self.clone();
        context.attempts = error.attempts().len().max(context.attempts);
        let status = error.status().map(|status| status.as_u16());
        context.status = status.or(context.status);
        context.retry_after = error.retry_after().or(context.retry_after);
        let log_id = error.log_id().map(ToString::to_string);
        context.log_id = log_id.or(context.log_id);
        let told = context.error(kind, message, error.outcome().into());
        let told = if error.is_permanent() {
            told
        } else {
            told.passing()
        };
        told.with_source(error)
    }

    /// The server, or a layer in its place, responded with a status that is no success.
    pub fn refused(&self, refused: &Refused<'_>) -> EngineError {
        let status = self.status.unwrap_or_default();
        let kind = match (status, refused.code) {
            (401, _) => ErrorKind::Auth,
            (_, Some(_)) => ErrorKind::Api,
            (_, None) => ErrorKind::Http,
        };
        let said = match (refused.code, refused.message.map(str::trim)) {
            (Some(code), None | Some("")) => format!(": {code}"),
            (Some(code), Some(message)) => format!(": {code}: {message}"),
            (None, _) => excerpt(refused.body),
        };
        let outcome = if self.unsent {
            Sent::NotAccepted
        } else {
            refused.outcome
        };
        let message = format!("the server responded with HTTP {status}{said}");
        let mut error = self.error(kind, message, outcome.into());
        if let Some(code) = refused.code {
            error = error.with_code(scrub(code));
        }
        if let Some(class) = refused.class {
            error = error.with_class(class);
        }
        if error.is_rate_limited() || matches!(status, 408 | 429 | 500 | 502..=504) {
            error = error.passing();
        }
        match (status, kind) {
            (300..=399, _) => error.with_hint("redirects are not followed: check the base URL"),
            (404, ErrorKind::Http) => {
                error.with_hint("check the base URL: the server does not know this path")
            }
            _ => error,
        }
    }
}

/// What it means for a run that the body of its stream failed: the kind of the error and its message.
pub fn stream_failure(error: &TransportError) -> (ErrorKind, &'static str) {
    match error.kind() {
        Kind::Timeout(TimeoutKind::Idle) => (ErrorKind::Stalled, "the stream fell silent"),
        Kind::Timeout(_) => (
            ErrorKind::Timeout,
            "the deadline of the call passed within the stream",
        ),
        // What is no error of the stack is one of a body that broke.
        Kind::Closed | Kind::Layer => (
            ErrorKind::Truncated,
            "the connection broke before the end of the stream",
        ),
        _ => (ErrorKind::Transport, "the stream cannot be read"),
    }
}

/// A run whose ids are fit to be shown.
fn shown(mut run: RunId) -> RunId {
    run.run = scrub_id(run.run);
    run.task = run.task.map(scrub_id);
    run
}

/// The beginning of a body that tells no code, after a colon.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * 1024)]);
    let text = scrub(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.join(" ") {
        words if words.is_empty() => String::new(),
        words => format!(": {}", words.chars().take(EXCERPT).collect::<String>()),
    }
}
