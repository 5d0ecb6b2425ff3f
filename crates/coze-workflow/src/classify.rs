//! What an answer of the service means for another attempt.

use bytes::Bytes;
use coze_transport::{Classify, HttpClassifier, Replay, Response, TransportError, Verdict};
use http::{StatusCode, header::RETRY_AFTER};

use crate::error::{failure_outcome, is_credential_code};

/// A failure fits in a few hundred bytes; a larger answer is an output.
const LARGEST_FAILURE: usize = 64 * 1024;

/// Codes for "too many requests".
const THROTTLED: [i64; 2] = [4009, 4020];

/// Codes of failures that may pass: the model's, the service's own.
const PASSING: [i64; 2] = [4013, 5000];

/// Judges by the code in the body, and by HTTP where there is none.
///
/// A code goes before the status: most failures come with HTTP 200. Only codes with which the service
/// turns a request away, and only without a sign of a run in the same answer, prove that nothing was
/// started.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CozeClassifier;

impl Classify for CozeClassifier {
    fn classify(&self, replay: Replay, result: Result<&Response, &TransportError>) -> Verdict {
        let failure = result.ok().and_then(|answer| {
            let body = answer.body().buffered()?;
            // The gateway in front of the service turned it away, whatever the body says.
            let turned_away = answer.status() == StatusCode::TOO_MANY_REQUESTS
                || answer.status() == StatusCode::SERVICE_UNAVAILABLE
                    && answer.headers().contains_key(RETRY_AFTER);
            if turned_away {
                None
            } else {
                failure_of(answer, body)
            }
        });
        let Some(failure) = failure else {
            return HttpClassifier.classify(replay, result);
        };
        let code = failure.code();
        let outcome = failure_outcome(&failure);
        if is_credential_code(code) {
            Verdict::Unauthorized
        } else if THROTTLED.contains(&code) || PASSING.contains(&code) {
            Verdict::Retry {
                outcome,
                throttled: THROTTLED.contains(&code),
                after: None,
            }
        } else if result.is_ok_and(|answer| answer.status().is_success()) {
            Verdict::Done(outcome)
        } else {
            HttpClassifier.classify(replay, result)
        }
    }
}

fn failure_of(answer: &Response, body: &Bytes) -> Option<coze_wire::ApiFailure> {
    if body.len() > LARGEST_FAILURE {
        return None;
    }
    coze_wire::api_failure(answer.status(), answer.headers(), body)
}
