//! What codes and statuses mean for the next step.

use std::borrow::Cow;

use coze_auth::{RefreshError, SignInError};
use coze_models::{CodeClass, CodeInfo, CodeRetry, Operation as _, RunWorkflow, codes};
use http::StatusCode;

use super::{Error, ErrorKind};
use crate::region::Region;

/// Whether the cause passes by itself.
pub(super) fn is_passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Transport
        | ErrorKind::Timeout
        | ErrorKind::Truncated
        | ErrorKind::Stalled
        | ErrorKind::Gap => true,
        ErrorKind::Http => error
            .status()
            .is_some_and(|status| matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)),
        ErrorKind::Api => error
            .code()
            .and_then(CodeInfo::lookup)
            .is_some_and(|info| info.retry != CodeRetry::No),
        _ => false,
    }
}

/// What to do about a failure.
pub(super) fn hint(error: &Error) -> Option<Cow<'static, str>> {
    by_refused_token(error)
        .or_else(|| by_code(error))
        .or_else(|| by_table(error))
        .or_else(|| by_kind(error).map(Cow::Borrowed))
}

/// Where more is known than the table of codes says.
fn by_code(error: &Error) -> Option<Cow<'static, str>> {
    let code = error.code()?;
    let scope = error.context().scope;
    let text = match (CodeInfo::lookup(code)?.class, error.operation()) {
        (CodeClass::Input, _) => {
            let name = missing_input(&error.0.message)?;
            return Some(format!("Give the input `{name}` a value: it is required.").into());
        }
        (CodeClass::Permission, _) if !scope.is_empty() => {
            return Some(
                format!(
                    "Grant the token the permission `{scope}`, and check that its account is in the workspace."
                )
                .into(),
            );
        }
        (CodeClass::NotFound, "retrieve_file") => {
            "Check the file id: a file is kept for three months, for the account that uploaded it."
        }
        (CodeClass::NotFound, "get_node_output") => {
            "Check the ids: what an output node printed is kept for 24 hours."
        }
        (CodeClass::Quota, _) if code == codes::PAID_PLAN_REQUIRED => {
            "Use run() for what takes less than 90 s, or stream(): only paid plans have runs in the background."
        }
        _ => return None,
    };
    Some(text.into())
}

fn by_table(error: &Error) -> Option<Cow<'static, str>> {
    let info = CodeInfo::lookup(error.code()?)?;
    Some(info.advice.into())
}

/// What to do about a token that the service has refused.
fn by_refused_token(error: &Error) -> Option<Cow<'static, str>> {
    let context = error.context();
    let is_refused = match error.code().and_then(CodeInfo::lookup) {
        Some(info) => info.class == CodeClass::Credential,
        None => error.kind() == ErrorKind::Auth && error.status() == Some(StatusCode::UNAUTHORIZED),
    };
    if !is_refused {
        return None;
    }
    if context.attempts.is_token_renewed() {
        let scope = match context.scope {
            "" => String::new(),
            scope => format!(" has the permission `{scope}`,"),
        };
        let here = context.region.map_or("this server", Region::base_url);
        let text = format!(
            "The service refused two tokens in a row: check that the app or user of the token is still authorized,{scope} \
             and belongs to {here}."
        );
        return Some(text.into());
    }
    let (here, there) = match context.region {
        Some(Region::Com) => (Region::Com, Region::Cn),
        Some(Region::Cn) => (Region::Cn, Region::Com),
        None => {
            return Some(
                "The token has expired or was revoked, or is not one of this server: get a new token. One of \
                 https://api.coze.cn is not valid at https://api.coze.com, nor the other way round, and a self-hosted \
                 server has its own."
                    .into(),
            );
        }
    };
    let (here, there) = (here.base_url(), there.base_url());
    let text = format!(
        "The token has expired or was revoked: get a new token for {here}. If it is one of {there}, choose that region or \
         base URL."
    );
    Some(text.into())
}

/// The name of the input that a message misses.
fn missing_input(message: &str) -> Option<&str> {
    let lower = message.to_ascii_lowercase();
    if !["missing", "required"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return None;
    }
    let (_, rest) = message.split_once(['\'', '"', '`'])?;
    let (name, _) = rest.split_once(['\'', '"', '`'])?;
    let is_name = !name.is_empty() && name.len() <= 64 && !name.contains(char::is_whitespace);
    (is_name && name != "parameters").then_some(name)
}

/// What to do when there is no token, or no valid one.
fn by_sign_in(error: &Error) -> Option<&'static str> {
    let mut next = error.cause();
    let mut is_renewed = false;
    while let Some(cause) = next {
        if let Some(refused) = cause.downcast_ref::<SignInError>() {
            return refused.advice();
        }
        if let Some(refresh) = cause.downcast_ref::<RefreshError>() {
            is_renewed = true;
            if refresh.is_reauth_required() {
                return Some("sign in again: the refresh token is used up, expired or revoked");
            }
        }
        next = cause.source();
    }
    let given = "set COZE_API_TOKEN to a valid token of this region, or pass one to the client";
    (!is_renewed).then_some(given)
}

fn by_kind(error: &Error) -> Option<&'static str> {
    if let Some(hint) = error.0.hint {
        return Some(hint);
    }
    Some(
        match (error.kind(), error.status().map(|status| status.as_u16())) {
            (ErrorKind::Auth, _) => return by_sign_in(error),
            (ErrorKind::OutputTruncated, _) => {
                "the end node may return 1 MB: return less, or print the long part with an output node, whose \
             text is fetched whole"
            }
            (ErrorKind::Http, Some(504)) if error.operation() == RunWorkflow::META.id => {
                "a run that takes longer than 90 s needs start() or stream() instead of run()"
            }
            (ErrorKind::Http, Some(504)) => {
                "the gateway gave up before the server responded: look at the history of the run, if this started one"
            }
            (ErrorKind::Http, Some(301 | 302 | 307 | 308)) => {
                "redirects are not followed: check the base URL and the region"
            }
            (ErrorKind::Http, Some(404)) => {
                "check the base URL: the server does not know this path"
            }
            (ErrorKind::Truncated | ErrorKind::Stalled | ErrorKind::Gap, _) => {
                "the run may go on without its stream, which cannot be taken up again: look at its debug \
             URL, and use start() for what must not be lost"
            }
            (ErrorKind::Timeout | ErrorKind::Transport, _)
                if error.may_have_run() && error.operation() == RunWorkflow::META.id =>
            {
                "the run may have started: look at its history before you run it again; the gateway ends calls \
             after 90 s, so use start() or stream() for a run that takes longer"
            }
            (ErrorKind::Timeout | ErrorKind::Transport, _) if error.may_have_run() => {
                "the run may have started: look at its history before you run it again"
            }
            _ => return None,
        },
    )
}
