//! Bodies of this dialect, which have no envelope.

use coze_models::support::Budget;
use coze_transport::scrub;
use serde::de::DeserializeOwned;

/// The body as text without a byte order mark and without white space around; what is wrong with it otherwise.
pub(crate) fn text(body: &[u8]) -> Result<&str, &'static str> {
    let text = std::str::from_utf8(body).map_err(|_| "is not UTF-8")?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    if text.is_empty() {
        return Err("is empty");
    }
    Ok(text)
}

/// One JSON object. The error completes "the response …" and is fit to be shown.
pub(crate) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let text = text(body)?;
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

/// One object, or a list of them.
pub(crate) fn objects<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, String> {
    let text = text(body)?;
    if !text.starts_with('[') {
        return object(body).map(|one| vec![one]);
    }
    Budget::read(text)
        .map_err(|error| scrub(&format!("does not have the documented shape: {error}")))
}
