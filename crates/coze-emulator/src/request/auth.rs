//! Bearer tokens.

use http::{HeaderMap, header};

use super::{
    context::Context,
    problem::{Kind, Problem},
};
use crate::oauth::Verdict;

/// Lets a request pass whose token is accepted.
pub(crate) fn check(context: &Context, headers: &HeaderMap) -> Result<(), Problem> {
    let core = &context.core;
    let verdict = bearer(headers).map(|token| core.tokens.judge(token, core.clock.seconds()));
    let message = match verdict {
        Some(Verdict::Accepted) => return Ok(()),
        None => "the access token is missing",
        Some(Verdict::Refused) => "the access token is not valid",
        Some(Verdict::OtherRegion) => {
            "the access token belongs to the other region; use the base URL of its region"
        }
        Some(Verdict::LooksReal) => {
            "this is an emulator that other machines can reach, and the token looks like one of the real service; \
             use a made-up token"
        }
    };
    let kind = match verdict {
        Some(Verdict::OtherRegion) => Kind::OtherRegion,
        _ => Kind::Token,
    };
    Err(Problem::new(kind, message))
}

/// The token of an `Authorization: Bearer …` header; the scheme compares without case.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
