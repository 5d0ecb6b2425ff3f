//! Bodies without an envelope, and what they show of a run.

use coze_models::support::Budget;
use coze_transport::scrub;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The body as text without a byte order mark and without white space around; what is wrong with it otherwise.
///
/// # Errors
///
/// What completes "the response …" where it is not UTF-8 or empty.
pub fn body_text(body: &[u8]) -> Result<&str, &'static str> {
    let text = std::str::from_utf8(body).map_err(|_| "is not UTF-8")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if text.is_empty() {
        return Err("is empty");
    }
    Ok(text)
}

/// One JSON object, decoded within its [`Budget`].
///
/// # Errors
///
/// What completes "the response …" and is fit to be shown.
pub fn json_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let text = body_text(body)?;
    // Of an array the fields would be taken in their order.
    if !text.starts_with('{') {
        return Err(match text.as_bytes()[0] {
            b'[' | b'"' | b'0'..=b'9' | b'-' => "is JSON but not an object".to_owned(),
            _ => "is not JSON".to_owned(),
        });
    }
    Budget::read(text)
        .map_err(|error| scrub(&format!("does not have the documented shape: {error}")))
}

/// Texts within texts that are looked into.
const TEXTS: u8 = 3;

/// Whether a body shows the id of a run under one of these keys: anywhere in its JSON, in the JSON of its texts, or in the
/// letters of what is no JSON object.
///
/// ```
/// use coze_engine::http::shows_run;
///
/// assert!(shows_run(br#"{"error": {"details": "{\"run_id\": 7}"}}"#, &["run_id"]));
/// assert!(shows_run(b"<a href='/runs?run_id=7'>", &["run_id"]));
/// assert!(!shows_run(br#"{"run_id": null, "error": "run_id is missing"}"#, &["run_id"]));
/// ```
pub fn shows_run(body: &[u8], keys: &[&str]) -> bool {
    if keys.iter().any(|key| spells(body, key)) {
        return true;
    }
    match json_object(body) {
        Ok(value) => names(&value, keys, TEXTS),
        // A record that broke off, or a list of them.
        Err(_) => keys.iter().any(|key| {
            let quoted = format!("\"{key}\"");
            body.windows(quoted.len()).any(|at| at == quoted.as_bytes())
        }),
    }
}

fn names(value: &Value, keys: &[&str], texts: u8) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(key, value)| {
            let is_named = keys.contains(&key.as_str()) && id_text(value).is_some();
            is_named || names(value, keys, texts)
        }),
        Value::Array(values) => values.iter().any(|value| names(value, keys, texts)),
        Value::String(text) if texts > 0 && text.contains(['{', '[']) => {
            Budget::read(text).is_ok_and(|inner| names(&inner, keys, texts - 1))
        }
        _ => false,
    }
}

/// An id that is not empty, as text or as a number.
pub fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether an id stands in the letters of a body: in one that is no document, or under a key that stands there twice.
fn spells(body: &[u8], key: &str) -> bool {
    let follows = |rest: &[u8]| {
        let is_between = |byte: &u8| byte.is_ascii_whitespace() || b"\"\\:=".contains(byte);
        let between = rest.iter().take_while(|byte| is_between(byte)).count();
        let (between, value) = rest.split_at(between);
        let is_told = between.contains(&b':') || between.contains(&b'=');
        let is_nothing = ["null", "true", "false"]
            .iter()
            .any(|word| value.starts_with(word.as_bytes()));
        is_told && !is_nothing && value.first().is_some_and(u8::is_ascii_alphanumeric)
    };
    let mut windows = body.windows(key.len()).enumerate();
    windows.any(|(at, window)| window == key.as_bytes() && follows(&body[at + key.len()..]))
}
