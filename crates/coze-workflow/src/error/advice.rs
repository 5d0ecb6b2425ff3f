//! What codes and statuses mean for the next step.

use std::borrow::Cow;

use coze_models::{CodeInfo, CodeRetry};
use coze_transport::Outcome;
use coze_wire::ApiFailure;

use super::{Error, ErrorKind};
use crate::Region;

/// The token is invalid: in general, and for the region it was sent to.
const BAD_TOKEN: [i64; 2] = [4100, 700_012_006];

/// Codes with which the service turns a request away before it starts anything.
const REFUSED: [i64; 14] = [
    4000, 4008, 4009, 4011, 4015, 4019, 4020, 4021, 4022, 4101, 4102, 4200, 6003, 6031,
];

/// Whether a code says that the token is no good.
pub(crate) fn is_credential_code(code: i64) -> bool {
    BAD_TOKEN.contains(&code)
}

/// Whether a run may have been started although the service answered with a failure.
pub(crate) fn outcome(failure: &ApiFailure) -> Outcome {
    let ran = failure.execute_id().is_some()
        || failure
            .debug_url()
            .is_some_and(|url| url.contains("execute_id="))
        || failure.used_tokens();
    code_outcome(failure.code(), ran)
}

/// The same for a code, and whether there is a sign of a run beside it.
pub(super) fn code_outcome(code: i64, ran: bool) -> Outcome {
    if ran {
        Outcome::Accepted
    } else if is_credential_code(code) || REFUSED.contains(&code) {
        Outcome::NotAccepted
    } else {
        // A code nobody knows proves nothing, whatever the status beside it.
        Outcome::Unknown
    }
}

/// The same for an answer without a code.
pub(super) const fn http_outcome(status: u16) -> Outcome {
    match status {
        300..=399 | 400..=407 | 410..=429 => Outcome::NotAccepted,
        _ => Outcome::Unknown,
    }
}

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
    by_code(error)
        .or_else(|| by_table(error))
        .or_else(|| by_kind(error).map(Cow::Borrowed))
}

/// Where more is known than the table of codes says.
fn by_code(error: &Error) -> Option<Cow<'static, str>> {
    let text = match (error.code()?, error.operation()) {
        (code, _) if is_credential_code(code) => return Some(region(error.facts().region)),
        // The last two are the self-hosted server's own.
        (4000 | 720_702_001 | 720_702_002, _) => {
            let name = missing_input(&error.0.message)?;
            return Some(format!("Give the input `{name}` a value: it is required.").into());
        }
        (4101, _) if !error.facts().scope.is_empty() => {
            let scope = error.facts().scope;
            return Some(
                format!(
                    "Grant the token the permission `{scope}`, and check that its account is in the workspace."
                )
                .into(),
            );
        }
        (4200, "retrieve_file") => {
            "Check the file id: a file is kept for three months, for the account that uploaded it."
        }
        (4314, "get_node_output") => {
            "Check the ids: what an output node printed is kept for 24 hours."
        }
        (6003, _) => {
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

/// What to do about a token that is not valid where it was sent.
fn region(region: Option<Region>) -> Cow<'static, str> {
    let other = match region {
        Some(Region::Com) => Region::Cn,
        Some(Region::Cn) => Region::Com,
        None => {
            return "Get a new token. One of https://api.coze.cn is not valid at https://api.coze.com, nor the \
                    other way round, and a self-hosted server has its own."
                .into();
        }
    };
    let (here, there) = (region.unwrap_or_default().base_url(), other.base_url());
    format!("Get a new token for {here}; if it is one of {there}, choose that region or base URL.")
        .into()
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

fn by_kind(error: &Error) -> Option<&'static str> {
    if error.kind() == ErrorKind::Unsupported {
        return crate::dialect::instead_of(error.operation());
    }
    Some(
        match (error.kind(), error.status().map(|status| status.as_u16())) {
            (ErrorKind::Auth, _) => {
                "set COZE_API_TOKEN to a valid token of this region, or pass one to the client"
            }
            (ErrorKind::Trimmed, _) => {
                "the end node may return 1 MB: return less, or print the long part with an output node, whose \
             text is fetched whole"
            }
            (ErrorKind::Http, Some(504)) => {
                "a run that takes longer than 90 s needs start() or stream() instead of run()"
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
                if error.may_have_run() && error.operation() == crate::run::OPERATION =>
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
