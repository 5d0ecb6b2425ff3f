//! Errors of this engine.

use coze_engine::{EngineError, ErrorClass, ErrorKind, Outcome, RunId};
use coze_models::OperationMeta;
use coze_transport::{Attempts, LogId, TransportError, retry_after, scrub};
use http::{StatusCode, response::Parts};

use crate::{RunError, RunRecord, judge::Survey};

/// The name of the engine.
pub(crate) const ENGINE: &str = "runs";

/// Characters of a body without a code that are shown.
const EXCERPT: usize = 200;

pub(crate) fn build(message: impl Into<String>) -> EngineError {
    EngineError::new(ENGINE, ErrorKind::Build, "build", message)
}

/// An error of an operation whose request had this outcome.
pub(crate) fn of(
    meta: &OperationMeta,
    kind: ErrorKind,
    outcome: Outcome,
    message: impl AsRef<str>,
) -> EngineError {
    let error = EngineError::new(ENGINE, kind, meta.id, scrub(message.as_ref()));
    if meta.starts_run {
        error.starting_run(outcome)
    } else {
        error.with_outcome(outcome)
    }
}

/// No response.
pub(crate) fn transport(meta: &OperationMeta, error: TransportError) -> EngineError {
    use coze_transport::ErrorKind as Kind;
    let (kind, message) = match error.kind() {
        Kind::Request => (ErrorKind::Build, "the request was not sent"),
        Kind::Auth => (ErrorKind::Auth, "no response was received"),
        Kind::Timeout(_) => (ErrorKind::Timeout, "no response was received"),
        _ => (ErrorKind::Transport, "no response was received"),
    };
    let mut failed = of(meta, kind, outcome(error.outcome()), message)
        .with_attempts(error.attempts().iter().count());
    if let Some(id) = error.log_id() {
        failed = failed.with_log_id(id.as_str());
    }
    if let Some(status) = error.status() {
        failed = failed.with_status(status.as_u16());
    }
    if let Some(pause) = error.retry_after() {
        failed = failed.with_retry_after(pause);
    }
    if !error.is_permanent() {
        failed = failed.passing();
    }
    advised(failed.with_source(error))
}

/// A status that is no success.
pub(crate) fn refused(
    meta: &OperationMeta,
    workflow: Option<&str>,
    head: &Parts,
    body: &[u8],
    truncated: bool,
) -> EngineError {
    let survey = Survey::of(body);
    let unsent = head.extensions.get() == Some(&coze_transport::Outcome::NotAccepted);
    let outcome = if unsent {
        // A layer of the user responded in place of the server.
        Outcome::NotAccepted
    } else {
        outcome(survey.outcome(head.status, &head.headers, truncated))
    };
    let number = head.status.as_u16();
    let said = match (&survey.code, &survey.message) {
        (Some(code), Some(message)) => format!(": {code}: {message}"),
        (Some(code), None) => format!(": {code}"),
        (None, _) => excerpt(body),
    };
    let message = format!("the server responded with HTTP {number}{said}");
    let kind = match (head.status, &survey.code) {
        (StatusCode::UNAUTHORIZED, _) => ErrorKind::Auth,
        (_, Some(_)) => ErrorKind::Api,
        (_, None) => ErrorKind::Http,
    };
    let mut error = with_head(of(meta, kind, outcome, message), head);
    let is_known = survey.code.is_some();
    if let Some(code) = survey.code {
        error = error.with_code(scrub(&code));
    }
    let class = match number {
        // A gateway refuses with these as well, and means the same.
        403 => Some(ErrorClass::Permission),
        429 => Some(ErrorClass::RateLimited),
        400 if is_known && outcome == Outcome::NotAccepted => Some(ErrorClass::InvalidInput),
        404 if is_known => Some(ErrorClass::NotFound),
        _ => None,
    };
    if let Some(class) = class {
        error = error.with_class(class);
    }
    if matches!(number, 408 | 429 | 500 | 502..=504) {
        error = error.passing();
    }
    advised(with_run(error, workflow, survey.run_id))
}

/// Says what to do, where that is known.
fn advised(error: EngineError) -> EngineError {
    let hint = match (error.kind(), error.status()) {
        (ErrorKind::Auth, _) => "pass a token that is valid at this server",
        (_, Some(300..=399)) => "redirects are not followed: check the base URL",
        (ErrorKind::Http, Some(404)) => "check the base URL: the server does not know this path",
        _ if error.is_not_found() => "check the id: the server does not know it",
        _ if error.may_have_run() => {
            "the run may have been started: look at the server before you start it again; of a run in the background \
             the id is known sooner"
        }
        _ => return error,
    };
    error.with_hint(hint)
}

/// Names the run that a response shows.
fn with_run(error: EngineError, workflow: Option<&str>, run: Option<String>) -> EngineError {
    match run {
        Some(run) => error.with_run(RunId::new(workflow.unwrap_or_default(), scrub(&run))),
        None => error,
    }
}

/// A response of good status that is not one the operation can have.
pub(crate) fn invalid(
    meta: &OperationMeta,
    workflow: Option<&str>,
    head: &Parts,
    body: &[u8],
    message: &str,
) -> EngineError {
    let survey = Survey::of(body);
    let error = match survey.code {
        // A failure with HTTP 200.
        Some(code) if survey.run_id.is_none() => {
            let said = survey.message.unwrap_or_default();
            let message = format!("the server responded with {code}: {said}");
            of(meta, ErrorKind::Api, Outcome::Unknown, message).with_code(scrub(&code))
        }
        _ => of(meta, ErrorKind::Decode, Outcome::Accepted, message),
    };
    let error = with_run(with_head(error, head), workflow, survey.run_id);
    if survey.is_cloud {
        return error.with_hint(
            "the server is that of the cloud service, which takes other requests: use coze_workflow::Client",
        );
    }
    advised(error)
}

/// A run that ended without an output.
pub(crate) fn failed(meta: &OperationMeta, record: &RunRecord) -> EngineError {
    let reason = record.error.clone().unwrap_or_default();
    let RunError { code, message } = reason;
    let said = message
        .map(|message| format!(": {message}"))
        .unwrap_or_default();
    let message = format!("the run failed{said}");
    let error =
        of(meta, ErrorKind::Api, Outcome::Accepted, message).starting_run(Outcome::Accepted);
    match code {
        Some(code) => error.with_code(scrub(&code)),
        None => error,
    }
}

fn with_head(error: EngineError, head: &Parts) -> EngineError {
    let attempts = head.extensions.get::<Attempts>();
    let mut error = error
        .with_status(head.status.as_u16())
        .with_attempts(attempts.map_or(1, |attempts| attempts.iter().count().max(1)));
    if let Some(id) = head.extensions.get::<LogId>() {
        error = error.with_log_id(id.as_str());
    }
    if let Some(pause) = retry_after(&head.headers) {
        error = error.with_retry_after(pause);
    }
    error
}

fn outcome(outcome: coze_transport::Outcome) -> Outcome {
    match outcome {
        coze_transport::Outcome::NotAccepted => Outcome::NotAccepted,
        coze_transport::Outcome::Accepted => Outcome::Accepted,
        coze_transport::Outcome::Unknown => Outcome::Unknown,
    }
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
