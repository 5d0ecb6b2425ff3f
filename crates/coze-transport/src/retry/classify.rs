//! What a response or a failure means for the call.

use std::time::Duration;

use http::{StatusCode, header::RETRY_AFTER};

use crate::{Outcome, ReplaySafety, Response, TransportError};

/// What becomes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Classification {
    /// The caller gets it, good or bad.
    Done(Outcome),
    /// Another attempt may fare better. Whether there is one depends on the outcome, the call's
    /// [`ReplaySafety`], and what is left of time, attempts and budget.
    Retry {
        /// Whether the server may have acted on this one.
        outcome: Outcome,
        /// The server asked to slow down.
        throttled: bool,
        /// One such attempt of a call is followed by another, a second one is not.
        once: bool,
        /// The wait that the body of the response asks for; its headers are looked at in any case.
        after: Option<Duration>,
    },
    /// The token was refused. One new one is asked for, and the request sent once more.
    Unauthorized,
}

/// Judges attempts.
///
/// The body of a response is at hand ([`buffered`](crate::ResponseBody::buffered)) unless it is a success
/// that is being streamed, so a failure that an API reports within a 200 can be told from a success.
///
/// ```
/// use coze_transport::{Classify, HttpClassifier, Outcome, ReplaySafety, Response, TransportError, Classification};
///
/// /// An API that responds 200 with `{"busy":true}` before it looks at a request.
/// struct Busy;
///
/// impl Classify for Busy {
///     fn classify(&self, replay: ReplaySafety, result: Result<&Response, &TransportError>) -> Classification {
///         match result {
///             Ok(response) if response.body().buffered().is_some_and(|body| body == r#"{"busy":true}"#) => {
///                 Classification::Retry { outcome: Outcome::NotAccepted, throttled: true, once: false, after: None }
///             }
///             other => HttpClassifier.classify(replay, other),
///         }
///     }
/// }
/// ```
pub trait Classify: Send + Sync {
    /// Classifies one attempt of a call with this replay safety.
    fn classify(
        &self,
        replay: ReplaySafety,
        result: Result<&Response, &TransportError>,
    ) -> Classification;
}

/// Judges by HTTP alone.
///
/// Certainly not accepted: a 429, a 503 with `Retry-After`, and failures that say so themselves. A 408, 500,
/// 502, 503 and 504 may pass. A 401 is a refused token. Everything else is final.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpClassifier;

impl Classify for HttpClassifier {
    fn classify(
        &self,
        _: ReplaySafety,
        result: Result<&Response, &TransportError>,
    ) -> Classification {
        let retry = |outcome, throttled| Classification::Retry {
            outcome,
            throttled,
            once: false,
            after: None,
        };
        let response = match result {
            Ok(response) => response,
            Err(error) if error.is_permanent() => return Classification::Done(error.outcome()),
            Err(error) => return retry(error.outcome(), false),
        };
        match response.status() {
            status if status.is_success() => Classification::Done(Outcome::Accepted),
            StatusCode::UNAUTHORIZED => Classification::Unauthorized,
            StatusCode::TOO_MANY_REQUESTS => retry(Outcome::NotAccepted, true),
            StatusCode::SERVICE_UNAVAILABLE if response.headers().contains_key(RETRY_AFTER) => {
                retry(Outcome::NotAccepted, true)
            }
            StatusCode::REQUEST_TIMEOUT
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => retry(Outcome::Unknown, false),
            // A gateway may say anything before or after the server acted.
            _ => Classification::Done(Outcome::Unknown),
        }
    }
}
