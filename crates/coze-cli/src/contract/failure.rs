//! The object of a failure.

use coze_workflow::ErrorKind;
use serde_json::{Value, json};

use crate::{
    failure::{Cause, Failure},
    session::Ongoing,
};

/// `{"error": {…}}`, one line on standard error.
pub(crate) fn failure(failure: &Failure) -> Value {
    let mut body = json!({
        "kind": kind(&failure.cause),
        "code": null,
        "status": null,
        "message": failure.message(),
        "log_id": null,
        "debug_url": null,
        "execute_id": null,
        "may_have_run": failure.may_have_run(),
        "attempts": 0,
        "hint": failure.hint(),
    });
    match &failure.cause {
        Cause::Call(error) => {
            body["code"] = json!(error.code());
            body["status"] = json!(error.status().map(|status| status.as_u16()));
            body["log_id"] = json!(error.log_id());
            body["debug_url"] = json!(error.debug_url());
            body["execute_id"] = json!(error.execute_id());
            body["attempts"] = json!(error.attempts().len());
        }
        Cause::Engine(error) => {
            body["code"] = json!(error.code());
            body["status"] = json!(error.status());
            body["log_id"] = json!(error.log_id());
            body["debug_url"] = json!(error.debug_url());
            body["execute_id"] = json!(error.run().map(|id| &id.run));
            body["attempts"] = json!(error.attempts());
            if let Some(question) = error.question().filter(|_| error.is_interrupted()) {
                body["interrupt"] = question.raw.clone();
                body["question"] = super::asked(question);
            }
        }
        Cause::Refused(refused) => {
            body["status"] = json!(refused.status);
            body["log_id"] = json!(refused.log_id);
            body["attempts"] = json!(refused.attempts);
        }
        Cause::Stopped(ongoing) => {
            if let Some(Ongoing::Run { execute_id, .. }) = ongoing {
                body["execute_id"] = json!(execute_id);
            }
        }
        Cause::Usage(_) | Cause::Unwell { .. } | Cause::NoToken(_) | Cause::PipeClosed => {}
    }
    if let Some(question) = failure.question() {
        body["interrupt"] = json!(question.interrupt());
        body["question"] = super::question(question);
    }
    json!({ "error": body })
}

/// One of a closed list of words.
fn kind(cause: &Cause) -> &'static str {
    let kind = match cause {
        Cause::Usage(_) | Cause::PipeClosed | Cause::Unwell { code: 2, .. } => return "usage",
        Cause::NoToken(_) | Cause::Unwell { code: 3, .. } => return "auth",
        Cause::Unwell { code: 4, .. } => return "transport",
        Cause::Refused(_) | Cause::Unwell { .. } => return "api",
        Cause::Stopped(_) => return "cancelled",
        Cause::Call(error) => error.kind(),
        Cause::Engine(error) => error.kind(),
    };
    match kind {
        ErrorKind::Build | ErrorKind::Input => "usage",
        ErrorKind::Auth => "auth",
        ErrorKind::Http => "http",
        ErrorKind::Decode
        | ErrorKind::OutputTruncated
        | ErrorKind::Paging
        | ErrorKind::WrongRun => "decode",
        ErrorKind::Gap => "stream",
        ErrorKind::Truncated => "truncated",
        ErrorKind::Stalled => "stalled",
        ErrorKind::Transport => "transport",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Interrupted => "interrupted",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::Unsupported => "unsupported",
        _ => "api",
    }
}
