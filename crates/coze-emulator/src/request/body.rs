//! JSON request bodies.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::problem::{Kind, Problem};
use crate::definition::kind_of;

/// Largest request body of a workflow call, in bytes.
pub(crate) const LIMIT: usize = 20 * 1024 * 1024;

fn malformed(message: impl Into<String>) -> Problem {
    Problem::new(Kind::Body, message)
}

/// Reads a body up to [`LIMIT`].
pub(crate) async fn bytes(request: Request) -> Result<Bytes, Problem> {
    Bytes::from_request(request, &()).await.map_err(|error| {
        malformed(format!("the body cannot be read: {}", error.body_text()))
            .with_status(error.status())
    })
}

/// Reads a body that is a JSON object.
pub(crate) async fn object<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    parse(&bytes(request).await?)
}

/// Reads a body that may be absent, as every field of it may.
pub(crate) async fn object_or_nothing<T: DeserializeOwned + Default>(
    request: Request,
) -> Result<T, Problem> {
    let body = bytes(request).await?;
    if body.is_empty() {
        return Ok(T::default());
    }
    parse(&body)
}

/// Parses a JSON object; the problem names the field.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| malformed(format!("the body is not valid JSON: {error}")))?;
    if !value.is_object() {
        return Err(malformed("the body must be a JSON object"));
    }
    // A second step, so that the error of a wrong type is not mixed with a position in the text.
    serde_json::from_value(value).map_err(|error| malformed(error.to_string()))
}

/// `parameters` may be an object or a text that holds one.
pub(crate) fn parameters(value: Option<Value>) -> Result<Map<String, Value>, Problem> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members),
        Some(Value::String(text)) if text.is_empty() => Ok(Map::new()),
        Some(Value::String(text)) => serde_json::from_str(&text).map_err(|error| {
            malformed(format!(
                "'parameters' is a text without a JSON object: {error}"
            ))
        }),
        Some(other) => Err(malformed(format!(
            "'parameters' must be an object, but is {}",
            kind_of(&other)
        ))),
    }
}
