//! What a response proves about its request, and whether another attempt follows.

use coze_models::{CodeClass, CodeInfo, CodeOutcome, CodeRetry};
use coze_transport::{
    Classification, Classify, HttpClassifier, Outcome, ReplaySafety, Response, TransportError,
};
use coze_wire::ReplyError;
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

/// A failure fits in a few hundred bytes; a larger body of a success is an output.
const LARGEST_FAILURE: usize = 64 * 1024;

/// What is known of a response beside its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gateway {
    /// The gateway turned the request away: 429, 503 with `Retry-After`, 401.
    turned_away: bool,
    /// The body was larger than is kept, so that it may have held anything.
    truncated: bool,
    /// A layer responded in place of the server, and nothing was sent.
    pub(super) unsent: bool,
}

impl Gateway {
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap, truncated: bool) -> Self {
        let asks_to_wait =
            status == StatusCode::SERVICE_UNAVAILABLE && headers.contains_key(RETRY_AFTER);
        Self {
            turned_away: asks_to_wait || matches!(status.as_u16(), 401 | 429),
            truncated,
            unsent: false,
        }
    }

    /// Whether the request may have started a run although the response is no success.
    ///
    /// A sign of a run goes before codes and statuses. What then is not known to prove that nothing was started is
    /// unknown.
    pub(crate) fn outcome(self, failure: &ReplyError) -> Outcome {
        if self.unsent {
            return Outcome::NotAccepted;
        }
        if self.truncated || failure.sign().is_seen() {
            return Outcome::Accepted;
        }
        let known = failure.code().map_or(Outcome::Unknown, outcome_of_code);
        match known {
            Outcome::Unknown if self.turned_away => Outcome::NotAccepted,
            known => known,
        }
    }
}

/// What a code proves by itself. One that nobody knows proves nothing, whatever the status beside it.
pub(crate) fn outcome_of_code(code: i64) -> Outcome {
    match CodeInfo::lookup(code).map(|info| info.outcome) {
        Some(CodeOutcome::NotAccepted) => Outcome::NotAccepted,
        Some(CodeOutcome::Accepted) => Outcome::Accepted,
        _ => Outcome::Unknown,
    }
}

/// Judges by the code in the body, and by HTTP where there is no known one.
///
/// A code goes before the status: most failures come with HTTP 200. A sign of a run goes before both, so that a run
/// is not started again because the response to it also says that the service is busy or that the token is not valid.
///
/// [`ClientBuilder`](crate::ClientBuilder) puts it into its stack. A stack that is built by hand needs it as well, or a
/// refusal with HTTP 200 is not retried and a refused token is not renewed; with the names of the headers it also tells
/// the log id of each attempt:
///
/// ```
/// use coze_workflow::{Client, CozeClassifier, HttpStack, LOG_ID_HEADERS, json_reply, transport::StackBuilder};
///
/// # let leaf = HttpStack::from_fn(|_| async { json_reply(r#"{"code":0,"data":"hello"}"#) });
/// let stack = StackBuilder::over(leaf).classify(CozeClassifier).log_id_headers(LOG_ID_HEADERS).build();
/// let coze = Client::new(stack);
/// # drop(coze);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CozeClassifier;

impl Classify for CozeClassifier {
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
        let Some(bytes) = body.buffered() else {
            // A layer has read a failure, which may have shown that a run was started.
            return if status.is_success() || replay == ReplaySafety::Always {
                by_http
            } else {
                Classification::Done(Outcome::Unknown)
            };
        };
        if status.is_success() && bytes.len() > LARGEST_FAILURE {
            return by_http;
        }
        let Some(failure) = coze_wire::failure(status, response.headers(), bytes) else {
            return by_http;
        };
        let gateway = Gateway::of(status, response.headers(), body.is_truncated());
        let outcome = gateway.outcome(&failure);
        // What may be sent twice may be sent again whatever its first attempt did.
        if outcome == Outcome::Accepted && replay != ReplaySafety::Always {
            return Classification::Done(outcome);
        }
        let info = failure.code().and_then(CodeInfo::lookup);
        if info.is_some_and(|info| info.class == CodeClass::Credential) {
            return Classification::Unauthorized;
        }
        match info {
            Some(info) if !gateway.turned_away => match info.retry {
                CodeRetry::No => Classification::Done(outcome),
                retry => Classification::Retry {
                    outcome,
                    throttled: info.class == CodeClass::Throttled,
                    once: retry == CodeRetry::Once,
                    after: None,
                },
            },
            _ => by_http.with_outcome(outcome),
        }
    }
}
