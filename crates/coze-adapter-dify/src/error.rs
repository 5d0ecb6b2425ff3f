//! What failures become.

use std::time::Duration;

pub(crate) use coze_engine::{EngineError, ErrorKind};
use coze_engine::{ErrorClass, Outcome, RunId};
use coze_models::OperationMeta;
use coze_transport::{
    Attempts, ErrorKind as Kind, Outcome as Sent, TimeoutKind, TransportError, retry_after, scrub,
};
use http::{StatusCode, response::Parts};

use crate::refusal::Refusal;

/// The name of the engine.
pub(crate) const NAME: &str = "dify";

/// A failure before any call.
pub(crate) fn failed(kind: ErrorKind, message: impl Into<String>) -> EngineError {
    EngineError::new(NAME, kind, "build", message)
}

/// What is known of a call.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) operation: &'static str,
    starts_run: bool,
    status: Option<StatusCode>,
    attempts: usize,
    retry_after: Option<Duration>,
    /// Once an event or a response named it.
    pub(crate) run: Option<RunId>,
}

impl Context {
    pub(crate) const fn of(meta: &OperationMeta) -> Self {
        Self {
            operation: meta.id,
            starts_run: meta.starts_run,
            status: None,
            attempts: 0,
            retry_after: None,
            run: None,
        }
    }

    pub(crate) fn saw_head(&mut self, head: &Parts) {
        self.status = Some(head.status);
        self.attempts = head.extensions.get().map_or(1, Attempts::len);
        self.retry_after = retry_after(&head.headers);
    }

    /// A failure of the call.
    pub(crate) fn error(
        &self,
        kind: ErrorKind,
        message: impl Into<String>,
        outcome: Outcome,
    ) -> EngineError {
        let error = EngineError::new(NAME, kind, self.operation, message);
        let mut error = if self.starts_run {
            error.starting_run(outcome)
        } else {
            error.with_outcome(outcome)
        };
        if let Some(status) = self.status {
            error = error.with_status(status.as_u16());
        }
        if let Some(pause) = self.retry_after {
            error = error.with_retry_after(pause);
        }
        if let Some(run) = &self.run {
            error = error.with_run(run.clone());
        }
        error.with_attempts(self.attempts)
    }

    /// The stack gave no response.
    pub(crate) fn transport(&self, error: TransportError) -> EngineError {
        let (kind, message) = match error.kind() {
            Kind::Request => (ErrorKind::Build, "the request was not sent"),
            Kind::Auth => (ErrorKind::Auth, "the request was not sent"),
            Kind::Timeout(_) => (ErrorKind::Timeout, "no response was received"),
            _ => (ErrorKind::Transport, "no response was received"),
        };
        let passes = !error.is_permanent();
        let mut context = self.clone();
        context.attempts = error.attempts().len().max(context.attempts);
        context.status = error.status().or(context.status);
        context.retry_after = error.retry_after().or(context.retry_after);
        let told = context.error(kind, message, outcome(error.outcome()));
        let told = if passes { told.passing() } else { told };
        told.with_source(error)
    }

    /// The body of a stream failed.
    pub(crate) fn body(&self, error: TransportError) -> EngineError {
        let (kind, message) = match error.kind() {
            Kind::Timeout(TimeoutKind::Idle) => (ErrorKind::Stalled, "the stream fell silent"),
            Kind::Timeout(_) => (
                ErrorKind::Timeout,
                "the deadline of the call passed within the stream",
            ),
            Kind::Closed | Kind::Layer => (
                ErrorKind::Truncated,
                "the connection broke before the end of the stream",
            ),
            _ => (ErrorKind::Transport, "the stream cannot be read"),
        };
        self.error(kind, message, Outcome::Unknown)
            .with_source(error)
    }

    /// The server refused the call.
    pub(crate) fn refused(&self, refusal: Refusal) -> EngineError {
        let kind = match refusal.status {
            StatusCode::UNAUTHORIZED => ErrorKind::Auth,
            _ if refusal.code.is_some() => ErrorKind::Api,
            _ => ErrorKind::Http,
        };
        let status = refusal.status.as_u16();
        let message = match &refusal.code {
            Some(code) => {
                let message = scrub(refusal.message.trim());
                format!(
                    "the server responded with {status} {}: {message}",
                    scrub(code)
                )
            }
            None => format!("the server responded with HTTP {status} and no code"),
        };
        let mut error = self.error(kind, message, refusal.outcome);
        if let Some(code) = refusal.code {
            error = error.with_code(scrub(&code));
        }
        if let Some(class) = refusal.class {
            error = error.with_class(class);
        }
        if refusal.class == Some(ErrorClass::RateLimited) || status >= 500 {
            error = error.passing();
        }
        match (self.operation, status, kind) {
            (_, _, ErrorKind::Auth) => error.with_hint("pass the API key of an app, `app-…`"),
            ("get_dify_run", 500, _) => error.with_hint(
                "the server says this of a run that does not exist or is one of another app, and also when it has \
                 failed",
            ),
            _ => error,
        }
    }
}

pub(crate) const fn outcome(sent: Sent) -> Outcome {
    match sent {
        Sent::NotAccepted => Outcome::NotAccepted,
        Sent::Accepted => Outcome::Accepted,
        Sent::Unknown => Outcome::Unknown,
    }
}
