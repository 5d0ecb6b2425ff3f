//! JSON request bodies.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::failure::Failure;

/// Largest request body of a workflow call, in bytes.
pub(super) const LIMIT: usize = 20 * 1024 * 1024;

/// Reads a body up to [`LIMIT`].
pub(super) async fn read(request: Request) -> Result<Bytes, Failure> {
    Bytes::from_request(request, &()).await.map_err(|error| {
        Failure::bad_request(format!("the body cannot be read: {}", error.body_text()))
            .with_status(error.status())
    })
}

/// Reads a JSON object into `T`; what is wrong with it is told by field.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Failure::bad_request(format!("the body is not valid JSON: {error}")))?;
    if !value.is_object() {
        return Err(Failure::bad_request("the body must be a JSON object"));
    }
    // A second step, so that the error of a wrong type is not mixed with a position in the text.
    serde_json::from_value(value).map_err(|error| Failure::bad_request(error.to_string()))
}

/// Reads a JSON object for an endpoint that has its own form of errors.
pub(crate) async fn read_object<T: DeserializeOwned>(request: Request) -> Result<T, String> {
    let body = read(request).await.map_err(|failure| failure.message)?;
    object(&body).map_err(|failure| failure.message)
}

/// `parameters` may be an object or a text that holds one.
pub(super) fn parameters(value: Option<Value>) -> Result<Map<String, Value>, Failure> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members),
        Some(Value::String(text)) if text.is_empty() => Ok(Map::new()),
        Some(Value::String(text)) => serde_json::from_str(&text).map_err(|error| {
            Failure::bad_request(format!(
                "'parameters' is a text without a JSON object: {error}"
            ))
        }),
        Some(other) => Err(Failure::bad_request(format!(
            "'parameters' must be an object, but is {}",
            crate::definition::kind_of(&other)
        ))),
    }
}
