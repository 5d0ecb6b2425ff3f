//! Whether another attempt follows.

use coze_engine::ErrorClass;
use coze_transport::{
    Classification, Classify, HttpClassifier, Outcome, ReplaySafety, Response, TransportError,
};

use crate::refusal::Refusal;

/// Judges by the code in the body of a failure, and by HTTP where there is no known one.
///
/// [`DifyBuilder`](crate::DifyBuilder) puts it into its stack; one that is built by hand needs it as well, because the
/// server refuses too many runs at a time with HTTP 400.
#[derive(Clone, Copy, Debug, Default)]
pub struct DifyClassifier;

impl Classify for DifyClassifier {
    fn classify(
        &self,
        replay: ReplaySafety,
        result: Result<&Response, &TransportError>,
    ) -> Classification {
        let by_http = HttpClassifier.classify(replay, result);
        let Ok(response) = result else {
            return by_http;
        };
        let (status, body) = (response.status(), response.body());
        let Some(bytes) = body.buffered().filter(|_| !status.is_success()) else {
            return by_http;
        };
        let refusal = Refusal::read(status, response.headers(), bytes, !body.is_truncated());
        let outcome = refusal.outcome;
        match by_http {
            // What may be sent twice may be sent again whatever its first attempt did.
            _ if outcome == Outcome::Accepted && replay != ReplaySafety::Always => {
                Classification::Done(outcome)
            }
            _ if refusal.class == Some(ErrorClass::RateLimited) => Classification::Retry {
                outcome,
                throttled: true,
                once: false,
                after: None,
            },
            Classification::Retry {
                throttled,
                once,
                after,
                ..
            } => Classification::Retry {
                outcome,
                throttled,
                once,
                after,
            },
            Classification::Done(_) => Classification::Done(outcome),
            other => other,
        }
    }
}
