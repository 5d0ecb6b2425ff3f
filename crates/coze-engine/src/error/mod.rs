//! One error for all engines, around the error of the one that failed.

mod accessors;
mod kind;

use std::{error, fmt, time::Duration};

pub use kind::{ErrorClass, ErrorKind, Outcome};

use crate::{Question, RunId};

type BoxError = Box<dyn error::Error + Send + Sync>;

/// Why a call of an [`Engine`](crate::Engine) failed.
///
/// An adapter makes one with [`new`](Self::new) and adds what it knows; its texts have to be fit to be shown.
///
/// ```
/// use coze_engine::{EngineError, ErrorClass, ErrorKind, Outcome};
///
/// let error = EngineError::new("dify", ErrorKind::Api, "run", "name is required in input form")
///     .with_code("invalid_param")
///     .with_status(400)
///     .with_class(ErrorClass::InvalidInput)
///     .starting_run(Outcome::NotAccepted);
/// assert!(error.is_invalid_input() && !error.may_have_run());
/// assert_eq!(error.to_string(), "run: name is required in input form");
/// ```
pub struct EngineError(Box<Inner>);

struct Inner {
    engine: &'static str,
    kind: ErrorKind,
    operation: &'static str,
    message: String,
    code: Option<String>,
    status: Option<u16>,
    class: Option<ErrorClass>,
    log_id: Option<String>,
    debug_url: Option<String>,
    run: Option<RunId>,
    attempts: usize,
    outcome: Outcome,
    starts_run: bool,
    started: bool,
    passes: bool,
    retry_after: Option<Duration>,
    question: Option<Question>,
    hint: Option<String>,
    source: Option<BoxError>,
}

impl EngineError {
    /// A failure of an operation, e.g. `run`, of which nothing more is known. `message` is a clause; it may be empty
    /// where a [source](Self::with_source) says all.
    ///
    /// Its outcome is [`Outcome::NotAccepted`] until [`starting_run`](Self::starting_run) or
    /// [`with_outcome`](Self::with_outcome) says otherwise.
    pub fn new(
        engine: &'static str,
        kind: ErrorKind,
        operation: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            engine,
            kind,
            operation,
            message: message.into(),
            code: None,
            status: None,
            class: None,
            log_id: None,
            debug_url: None,
            run: None,
            attempts: 0,
            outcome: Outcome::NotAccepted,
            starts_run: false,
            started: false,
            passes: false,
            retry_after: None,
            question: None,
            hint: None,
            source: None,
        }))
    }

    /// The engine does not have the call.
    pub fn unsupported(engine: &'static str, operation: &'static str) -> Self {
        let message = format!(
            "the engine `{engine}` does not support it; its `capabilities` tell what it does"
        );
        Self::new(engine, ErrorKind::Unsupported, operation, message)
    }

    /// The service's code as text.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// The HTTP status of the last response.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// What the service refused the call for.
    #[must_use]
    pub fn with_class(mut self, class: ErrorClass) -> Self {
        self.0.class = Some(class);
        self
    }

    /// The server's id of the last exchange.
    #[must_use]
    pub fn with_log_id(mut self, id: impl Into<String>) -> Self {
        self.0.log_id = Some(id.into());
        self
    }

    /// The page that shows the run.
    #[must_use]
    pub fn with_debug_url(mut self, url: impl Into<String>) -> Self {
        self.0.debug_url = Some(url.into());
        self
    }

    /// The run, which is known to exist. Whether this call may have started it,
    /// [`starting_run`](Self::starting_run) and [`after_start`](Self::after_start) say.
    #[must_use]
    pub fn with_run(mut self, run: RunId) -> Self {
        self.0.run = Some(run);
        self
    }

    /// How often the last request was sent.
    #[must_use]
    pub fn with_attempts(mut self, attempts: usize) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// What is known about the last request, of a call that starts no run.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// What is known about the last request, of a call that was to start a run or to go on with one.
    #[must_use]
    pub fn starting_run(mut self, outcome: Outcome) -> Self {
        self.0.starts_run = true;
        self.0.outcome = outcome;
        self
    }

    /// What failed is a later step of a call that has started its run: whatever became of the step, to repeat the
    /// call would start another one.
    #[must_use]
    pub fn after_start(mut self) -> Self {
        self.0.starts_run = true;
        self.0.started = true;
        self
    }

    /// The cause passes by itself: the same call may succeed later.
    #[must_use]
    pub fn passing(mut self) -> Self {
        self.0.passes = true;
        self
    }

    /// The pause that the server asks for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.0.retry_after = Some(pause);
        self
    }

    /// What the run waits for.
    #[must_use]
    pub fn with_question(mut self, question: Question) -> Self {
        self.0.question = Some(question);
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The engine's own error. `Display` tells it after the message.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            operation,
            message,
            source,
            ..
        } = &*self.0;
        match (message.as_str(), source) {
            ("", Some(source)) => write!(f, "{source}"),
            (message, Some(source)) => write!(f, "{operation}: {message}: {source}"),
            (message, None) => write!(f, "{operation}: {message}"),
        }
    }
}

impl fmt::Debug for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineError")
            .field("engine", &self.0.engine)
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("message", &self.0.message)
            .field("code", &self.0.code)
            .field("status", &self.0.status)
            .field("run", &self.0.run)
            .field("outcome", &self.0.outcome)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl error::Error for EngineError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        // The source itself has been told by `Display`.
        self.cause()?.source()
    }
}
