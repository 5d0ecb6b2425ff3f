//! Whether another attempt follows.

use coze_engine::ErrorClass;
use coze_transport::{
    Classification, Classify, HttpClassifier, ReplaySafety, Response, TransportError,
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
        let Some(body) = response.body().buffered() else {
            return by_http;
        };
        if response.status().is_success() {
            return by_http;
        }
        let refusal = Refusal::read(response.status(), response.headers(), body);
        let outcome = refusal.outcome;
        match by_http {
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
