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
        if status.is_success() {
            return by_http;
        }
        let bytes = body.buffered();
        let is_whole = bytes.is_some() && !body.is_truncated();
        let bytes = bytes.map_or(&[][..], |bytes| bytes);
        let refusal = Refusal::read(status, response.headers(), bytes, is_whole);
        let outcome = refusal.outcome;
        // What may be sent twice may be sent again whatever its first attempt did.
        if outcome == Outcome::Accepted && replay != ReplaySafety::Always {
            return Classification::Done(outcome);
        }
        if refusal.class == Some(ErrorClass::RateLimited) {
            return Classification::Retry {
                outcome,
                throttled: true,
                once: false,
                after: None,
            };
        }
        by_http.with_outcome(outcome)
    }
}
