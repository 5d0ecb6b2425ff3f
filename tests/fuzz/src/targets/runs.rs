//! Responses of the runs dialect.

use bytes::Bytes;
use coze_adapter_runs::RunsClassifier;
use coze_workflow::{
    Outcome, Response,
    transport::{Classification, Classify, ReplaySafety, ResponseBody},
};
use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use serde_json::Value;

use super::choices;

/// A response to a call that starts a run: the first byte says its status, the second its headers. Where the body
/// shows a run, the call is not sent again.
pub fn classify(input: &[u8]) {
    let Some(([status, headers], body)) = choices(input) else {
        return;
    };
    let status = 200 + u16::from(status) * 2;
    let mut response = Response::new(ResponseBody::full(Bytes::copy_from_slice(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if headers % 2 == 1 {
        let wait = HeaderValue::from(u16::from(headers / 2));
        response.headers_mut().insert(RETRY_AFTER, wait);
    }
    let verdict = RunsClassifier.classify(ReplaySafety::IfNotSent, Ok(&response));
    let names_run = serde_json::from_slice::<Value>(body).is_ok_and(|body| names_run(&body));
    if names_run {
        assert_eq!(
            verdict,
            Classification::Done(Outcome::Accepted),
            "HTTP {status}"
        );
    }
}

/// Whether a document names a run, by means other than those of the client.
fn names_run(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let told = match value {
                Value::String(text) => {
                    text.starts_with(|first: char| first.is_ascii_alphanumeric())
                }
                Value::Number(_) => true,
                _ => false,
            };
            (name == "run_id" && told) || names_run(value)
        }),
        Value::Array(values) => values.iter().any(names_run),
        _ => false,
    }
}
