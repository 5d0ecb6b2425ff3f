//! One request to the token endpoint.

use std::time::Duration;

use coze_models::{OauthToken, Operation};
use coze_transport::{
    Authorization, CallOptions, Generation, HttpStack, OperationId, ReplaySafety, RequestBody,
    Secret, TransportError, retry_after,
};
use coze_wire::{decode, encode};
use http::{
    HeaderMap,
    header::{AUTHORIZATION, DATE},
};
use http_body_util::{BodyExt, Limited};

use super::error::{SignInError, SignInErrorKind};
use crate::{FreshToken, clock::unix_seconds};

/// The largest response that is read, in bytes.
const LIMIT: usize = 64 * 1024;

/// The life of a token whose response does not tell it: what the service documents as its default.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// A token in hand.
pub(super) struct Issued {
    pub(super) access: FreshToken,
    pub(super) refresh: Option<Secret>,
}

/// The decoded response to an operation, and the server's clock.
pub(super) struct Answered<R> {
    pub(super) value: R,
    pub(super) date: Option<i64>,
    status: http::StatusCode,
    log_id: Option<String>,
    body: bytes::Bytes,
}

/// Sends an operation once: each grant has its own rules of what may follow.
pub(super) async fn send<O: Operation>(
    stack: &HttpStack,
    operation: &O,
    path: Option<http::Uri>,
    bearer: Option<&Secret>,
) -> Result<Answered<O::Reply>, SignInError> {
    let encoded = encode(operation)
        .map_err(|error| SignInError::local("the token request cannot be written", error))?;
    let mut request = encoded.map(RequestBody::from);
    if let Some(path) = path {
        *request.uri_mut() = path;
    }
    // Held to the end of the exchange, so that it is masked in whatever the server says meanwhile.
    let authorization = match bearer {
        Some(bearer) => Some(
            Authorization::bearer(bearer, Generation::default())
                .map_err(|error| SignInError::local("the client secret cannot be sent", error))?,
        ),
        None => None,
    };
    if let Some(authorization) = &authorization {
        let header = authorization.header().clone();
        request.headers_mut().insert(AUTHORIZATION, header);
    }
    let mut options = CallOptions::default();
    options.operation = Some(OperationId(O::META.id));
    options.replay = Some(ReplaySafety::Never);
    options.max_attempts = Some(1);
    options.deadline = Some(crate::refresh::FETCH);
    options.body_limit = Some(LIMIT);
    request.extensions_mut().insert(options);

    let response = stack.send(request).await.map_err(SignInError::transport)?;
    let (head, body) = response.into_parts();
    let body = match body.buffered() {
        Some(bytes) => bytes.clone(),
        None => Limited::new(body, LIMIT)
            .collect()
            .await
            .map_err(|error| SignInError::transport(TransportError::from_box(error)))?
            .to_bytes(),
    };
    let date = date(&head.headers);
    let log_id = coze_wire::log_id(&head.headers);
    match decode::<O>(&head, &body) {
        Ok(decoded) => Ok(Answered {
            value: decoded.value,
            date,
            status: head.status,
            log_id,
            body,
        }),
        Err(reply) => {
            let log_id = reply.log_id().map(str::to_owned).or(log_id);
            let error = SignInError::response(head.status, log_id, &body, Some(&reply));
            Err(error.with_times(date, retry_after(&head.headers)))
        }
    }
}

impl<R> Answered<R> {
    /// An error for a response that holds not what it should.
    pub(super) fn lacking(&self) -> SignInError {
        SignInError::response(self.status, self.log_id.clone(), &self.body, None)
            .with_times(self.date, None)
    }
}

impl Answered<OauthToken> {
    /// The token, its life measured by the server's clock where that is told.
    pub(super) fn issued(self, clock: i64) -> Result<Issued, SignInError> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let Some(access) = filled(self.value.access_token.clone()) else {
            return Err(self.lacking());
        };
        let access = match self.value.expires_in {
            Some(at) => FreshToken::expiring(access, at.get(), self.date.unwrap_or(clock)),
            None => Ok(FreshToken::lasting(access, LIFETIME)),
        };
        let access = access.map_err(|error| {
            let message = "the service gave a token that is over already";
            SignInError::new(SignInErrorKind::Response, message).with_source(error)
        })?;
        Ok(Issued {
            access,
            refresh: filled(self.value.refresh_token).map(Secret::new),
        })
    }
}

/// The `Date` of a response, in Unix seconds.
fn date(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(DATE)?.to_str().ok()?;
    httpdate::parse_http_date(text).ok().map(unix_seconds)
}
