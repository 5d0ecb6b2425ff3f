//! The object of a failure.

use coze_workflow::ErrorKind;
use serde_json::{Value, json};

use crate::{failure::Failure, session::Ongoing};

/// `{"error": {…}}`, one line on standard error.
pub(crate) fn failure(failure: &Failure) -> Value {
    let mut body = json!({
        "kind": kind(failure),
        "code": null,
        "status": null,
        "message": failure.message(),
        "log_id": null,
        "debug_url": null,
        "execute_id": null,
        "may_have_run": false,
        "attempts": 0,
        "hint": failure.hint(),
    });
    match failure {
        Failure::Call { error, .. } => {
            body["code"] = json!(error.code());
            body["status"] = json!(error.status().map(|status| status.as_u16()));
            body["log_id"] = json!(error.log_id());
            body["debug_url"] = json!(error.debug_url());
            body["execute_id"] = json!(error.execute_id());
            body["may_have_run"] = json!(error.may_have_run());
            body["attempts"] = json!(error.attempts().len());
            if let Some(interrupt) = error.interrupt() {
                body["interrupt"] = json!(interrupt);
            }
        }
        Failure::Stopped(ongoing) => {
            body["may_have_run"] = json!(ongoing.is_some());
            if let Some(Ongoing::Run { execute_id, .. }) = ongoing {
                body["execute_id"] = json!(execute_id);
            }
        }
        Failure::Usage(_)
        | Failure::Refused { .. }
        | Failure::Unwell { .. }
        | Failure::NoToken
        | Failure::PipeClosed => {}
    }
    json!({ "error": body })
}

/// One of a closed list of words.
fn kind(failure: &Failure) -> &'static str {
    let error = match failure {
        Failure::Usage(_) | Failure::PipeClosed | Failure::Unwell { code: 2, .. } => {
            return "usage";
        }
        Failure::NoToken | Failure::Unwell { code: 3, .. } => return "auth",
        Failure::Unwell { code: 4, .. } => return "transport",
        Failure::Refused { .. } | Failure::Unwell { .. } => return "api",
        Failure::Stopped(_) => return "cancelled",
        Failure::Call { error, .. } => error,
    };
    match error.kind() {
        ErrorKind::Build => "usage",
        ErrorKind::Auth => "auth",
        ErrorKind::Http => "http",
        ErrorKind::Decode | ErrorKind::Paging => "decode",
        ErrorKind::Transport => "transport",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Interrupted => "interrupted",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::Unsupported => "unsupported",
        _ => "api",
    }
}
