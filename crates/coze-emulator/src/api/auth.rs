//! Bearer tokens.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, StatusCode, header};

use crate::oauth::Verdict;

use super::{
    context::Context,
    failure::{self, Failure},
};

/// Lets a request pass whose token is accepted.
pub(super) async fn require_token(context: Context, request: Request, next: Next) -> Response {
    let core = &context.core;
    let message = match bearer(request.headers()) {
        Some(token) => match core.tokens.judge(token, core.clock.seconds()) {
            Verdict::Accepted => return next.run(request).await,
            Verdict::Refused => "the access token is not valid",
            Verdict::LooksReal => {
                "this is an emulator that other machines can reach, and the token looks like one of the real service; \
                 use a made-up token"
            }
        },
        None => "the access token is missing",
    };
    let failure = Failure::new(failure::BAD_TOKEN, message);
    context.reply(Err(failure.with_status(StatusCode::UNAUTHORIZED)))
}

/// The token of an `Authorization: Bearer …` header; the scheme compares without case.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
