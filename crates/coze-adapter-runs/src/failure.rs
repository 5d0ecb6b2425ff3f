//! Errors of this engine.

use bytes::Bytes;
use coze_engine::{
    EngineError, ErrorClass, ErrorKind, Outcome, RunId,
    http::{CallContext, Refused},
};
use coze_models::OperationMeta;
use http::response::Parts;

use crate::{RunRecord, judge::Survey};

/// The name of the engine.
pub(crate) const ENGINE: &str = "runs";

pub(crate) fn build(message: impl Into<String>) -> EngineError {
    EngineError::new(ENGINE, ErrorKind::Build, "build", message)
}

/// A status that is no success; the body, and whether that is all of it.
pub(crate) fn refused(
    mut context: CallContext,
    workflow: Option<&str>,
    head: &Parts,
    (body, is_whole): &(Bytes, bool),
) -> EngineError {
    let survey = Survey::of(body);
    let outcome = survey.outcome(head.status, &head.headers, *is_whole);
    let is_known = survey.code.is_some();
    let class = match head.status.as_u16() {
        // A gateway refuses with these as well, and means the same.
        403 => Some(ErrorClass::Permission),
        429 => Some(ErrorClass::RateLimited),
        400 if is_known && outcome == coze_transport::Outcome::NotAccepted => {
            Some(ErrorClass::InvalidInput)
        }
        404 if is_known => Some(ErrorClass::NotFound),
        _ => None,
    };
    name_run(&mut context, workflow, survey.run_id);
    let mut refused = Refused::new(body, outcome);
    refused.code = survey.code.as_deref();
    refused.message = survey.message.as_deref();
    refused.class = class;
    advised(context.refused(&refused))
}

/// Says what to do, where that is known.
pub(crate) fn advised(error: EngineError) -> EngineError {
    if error.hint().is_some() {
        return error;
    }
    let hint = match error.kind() {
        ErrorKind::Auth => "pass a token that is valid at this server",
        _ if error.is_not_found() => "check the id: the server does not know it",
        _ if error.may_have_run() => {
            "the run may have been started: look for it at the server before you start it again; `start` tells the id of \
             a run at once"
        }
        _ => return error,
    };
    error.with_hint(hint)
}

/// Remembers the run that a response shows.
fn name_run(context: &mut CallContext, workflow: Option<&str>, run: Option<String>) {
    if let Some(run) = run {
        context.about(RunId::new(workflow.unwrap_or_default(), run));
    }
}

/// A response of good status that is not one the operation can have.
pub(crate) fn invalid(
    mut context: CallContext,
    workflow: Option<&str>,
    body: &[u8],
    message: String,
) -> EngineError {
    let survey = Survey::of(body);
    // A failure with HTTP 200.
    let code = survey.code.filter(|_| survey.run_id.is_none());
    name_run(&mut context, workflow, survey.run_id);
    let error = match code {
        Some(code) => {
            let said = survey.message.unwrap_or_default();
            let message = format!("the server responded with {code}: {said}");
            let error = context.error(ErrorKind::Api, message, Outcome::Unknown);
            error.with_code(coze_transport::scrub(&code))
        }
        None => context.error(ErrorKind::Decode, message, Outcome::Accepted),
    };
    if survey.is_cloud {
        return error.with_hint(
            "this is the cloud service, which takes other requests: use coze_workflow::Client",
        );
    }
    advised(error)
}

/// A run that ended without an output.
pub(crate) fn failed(
    meta: &'static OperationMeta,
    workflow: &str,
    record: RunRecord,
) -> EngineError {
    let mut context = CallContext::new(ENGINE, meta);
    let run = record.run_id.map(crate::RunId::into_string);
    name_run(&mut context, Some(workflow), run);
    let reason = record.error.unwrap_or_default();
    let message = match reason.message {
        Some(message) => format!("the run failed: {message}"),
        None => "the run failed".to_owned(),
    };
    let error = context.error(ErrorKind::Api, message, Outcome::Accepted);
    let error = error.starting_run(Outcome::Accepted);
    match reason.code {
        Some(code) => error.with_code(coze_transport::scrub(&code)),
        None => error,
    }
}
