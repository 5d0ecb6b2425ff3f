//! Bearer tokens.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, StatusCode, header};

use crate::oauth::Verdict;

use super::{
    context::Context,
    failure::{self, Failure},
};

/// Whether a request may pass.
pub(super) enum Pass {
    In,
    /// It may not, and why.
    Out(&'static str),
}

/// Looks at the token of a request.
pub(super) fn check(context: &Context, headers: &HeaderMap) -> Pass {
    let core = &context.core;
    let Some(token) = bearer(headers) else {
        return Pass::Out("the access token is missing");
    };
    match core.tokens.judge(token, core.clock.seconds()) {
        Verdict::Accepted => Pass::In,
        Verdict::Refused => Pass::Out("the access token is not valid"),
        Verdict::OtherRegion => Pass::Out(
            "the access token belongs to the other region; use the base URL of its region",
        ),
        Verdict::LooksReal => Pass::Out(
            "this is an emulator that other machines can reach, and the token looks like one of the real service; \
             use a made-up token",
        ),
    }
}

/// Lets a request pass whose token is accepted.
pub(super) async fn require_token(context: Context, request: Request, next: Next) -> Response {
    match check(&context, request.headers()) {
        Pass::In => next.run(request).await,
        Pass::Out(message) => {
            let failure = Failure::new(failure::INVALID_ACCESS_TOKEN, message);
            context.reply(Err(failure.with_status(StatusCode::UNAUTHORIZED)))
        }
    }
}

/// The token of an `Authorization: Bearer …` header; the scheme compares without case.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
