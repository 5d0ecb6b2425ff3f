//! Bearer tokens.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, StatusCode, header};

use super::{
    context::Context,
    failure::{self, Failure},
};

/// Lets a request pass whose token is accepted.
pub(super) async fn require_token(context: Context, request: Request, next: Next) -> Response {
    match bearer(request.headers()) {
        Some(token) if accepts(&context.core.tokens, token) => next.run(request).await,
        token => {
            let what = if token.is_some() {
                "not valid"
            } else {
                "missing"
            };
            let failure = Failure::new(failure::BAD_TOKEN, format!("the access token is {what}"));
            context.reply(Err(failure.with_status(StatusCode::UNAUTHORIZED)))
        }
    }
}

fn accepts(tokens: &[String], token: &str) -> bool {
    tokens.is_empty() || tokens.iter().any(|known| known == token)
}

/// The token of an `Authorization: Bearer …` header; the scheme compares without case.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
