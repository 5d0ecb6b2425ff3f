//! What follows a response.

use bytes::Bytes;
use coze_workflow::{
    CozeClassifier, Outcome, Response,
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
    let verdict = CozeClassifier.classify(ReplaySafety::IfNotSent, Ok(&response));
    let is_final = matches!(verdict, Classification::Done(_));
    if shows_run(body) {
        assert!(is_final, "HTTP {status} is sent again: {verdict:?}");
        assert_ne!(
            verdict,
            Classification::Done(Outcome::NotAccepted),
            "HTTP {status}"
        );
    }
    if let Classification::Retry { outcome, .. } = verdict {
        let safe = CozeClassifier.classify(ReplaySafety::Always, Ok(&response));
        assert!(
            matches!(safe, Classification::Retry { .. }),
            "{outcome:?} but {safe:?}"
        );
    }
}

/// Whether a body names a run, by means other than those of the client: as a document, else by its letters.
fn shows_run(body: &[u8]) -> bool {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return names_run(&value, 3);
    }
    let text = String::from_utf8_lossy(body);
    text.contains(r#""execute_id":"7"#) || text.contains("execute_id=7")
}

fn names_run(value: &Value, texts: u8) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| {
            let told = match value {
                Value::String(text) => !text.trim().is_empty(),
                Value::Number(number) => number.as_f64().is_some_and(|number| number > 0.0),
                _ => false,
            };
            (name == "execute_id" && told) || names_run(value, texts)
        }),
        Value::Array(values) => values.iter().any(|value| names_run(value, texts)),
        Value::String(text) if texts > 0 => serde_json::from_str::<Value>(text)
            .is_ok_and(|inner| !inner.is_string() && names_run(&inner, texts - 1)),
        _ => false,
    }
}
