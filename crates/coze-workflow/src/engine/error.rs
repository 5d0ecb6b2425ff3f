//! The client's errors as those of an engine.

use coze_engine::{EngineError, ErrorClass, ErrorKind, Outcome, RunId};
use coze_models::{CodeClass, CodeInfo, RunHistory};

use super::question;
use crate::{Dialect, Error, Reply};

/// The same error, told in the words of all engines, around the client's own.
pub(super) fn of(dialect: Dialect, workflow: &str, error: Error) -> EngineError {
    let outcome = error.outcome().into();
    let mut told = EngineError::new(dialect.name(), error.kind(), error.operation(), "")
        .with_attempts(error.attempts().len())
        .with_outcome(outcome);
    if error.context().starts_run {
        told = told.starting_run(outcome);
    }
    if error.may_have_run() && outcome == Outcome::NotAccepted {
        told = told.after_start();
    }
    if error.is_retryable() {
        told = told.passing();
    }
    if let Some(code) = error.code() {
        told = told.with_code(code.to_string());
    }
    if let Some(status) = error.status() {
        told = told.with_status(status.as_u16());
    }
    if let Some(class) = class(&error) {
        told = told.with_class(class);
    }
    if let Some(id) = error.log_id() {
        told = told.with_log_id(id);
    }
    if let Some(url) = error.debug_url() {
        told = told.with_debug_url(url);
    }
    if let Some(id) = error.execute_id() {
        told = told.with_run(RunId::new(workflow, id));
    }
    if let Some(pause) = error.retry_after() {
        told = told.with_retry_after(pause);
    }
    if let Some(hint) = error.hint() {
        told = told.with_hint(hint);
    }
    if let Some(asked) = error.question() {
        // Streams tell their questions as events.
        told = told.with_question(question::of(asked, false));
    }
    told.with_source(error)
}

fn class(error: &Error) -> Option<ErrorClass> {
    if error.is_rate_limited() {
        return Some(ErrorClass::RateLimited);
    }
    Some(match error.code().and_then(CodeInfo::lookup)?.class {
        CodeClass::Input => ErrorClass::InvalidInput,
        CodeClass::Permission => ErrorClass::Permission,
        CodeClass::Quota => ErrorClass::Quota,
        CodeClass::NotFound => ErrorClass::NotFound,
        CodeClass::NotPublished => ErrorClass::NotPublished,
        _ => return None,
    })
}

/// The service has no record of a run.
pub(super) fn not_found(
    engine: &'static str,
    run: &RunId,
    reply: &Reply<Option<RunHistory>>,
) -> EngineError {
    let message = format!("the service has no record of run {}", run.run);
    let error = EngineError::new(engine, ErrorKind::Api, "status", message)
        .with_class(ErrorClass::NotFound)
        .with_status(reply.status().as_u16())
        .with_attempts(reply.attempts().len())
        .with_outcome(Outcome::Accepted)
        .with_hint(
            "a run appears seconds after its start and is kept for seven days; check both ids",
        );
    match reply.log_id() {
        Some(id) => error.with_log_id(id),
        None => error,
    }
}
