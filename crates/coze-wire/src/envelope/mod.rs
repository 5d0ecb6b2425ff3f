//! HTTP answer → typed reply or failure.
//!
//! An answer is read in one pass: the payload is decoded in place while the fields of the envelope
//! are picked out around it. Only an answer that is no success is read a second time, to find out
//! in words what it is.

mod head;
mod open;
mod scalar;

use std::{fmt, str};

use bytes::Bytes;
use coze_models::{Operation, ReplyShape, support::Budget};
use http::{HeaderMap, StatusCode, response::Parts};
use serde::de::{DeserializeOwned, Deserializer};

pub(crate) use self::head::Head;
use self::open::{Opened, read_data, read_head};
use crate::{
    absent::{absent, nothing},
    failure::{ApiFailure, InvalidKind, InvalidReply, ReplyError},
    log_id::log_id,
    reason::RedactedJsonError,
};

/// A decoded answer.
#[derive(Clone)]
#[non_exhaustive]
pub struct Decoded<R> {
    /// The typed payload.
    pub value: R,
    /// The server's id of the exchange: from the body, else from the headers.
    pub log_id: Option<String>,
    /// The HTTP status.
    pub status: StatusCode,
    /// The body as it came.
    pub raw: Bytes,
}

impl<R: fmt::Debug> fmt::Debug for Decoded<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded")
            .field("value", &self.value)
            .field("log_id", &self.log_id)
            .field("status", &self.status)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .finish()
    }
}

/// Decodes the answer to an operation.
///
/// Failure is decided by the body's `code` and the HTTP status together: a code that is not 0 wins
/// and the status is kept beside it; a status outside 200 to 299 without such a code is a failure
/// of its own, whatever else the body says.
///
/// # Errors
///
/// [`ReplyError::Api`] when the service says no, [`ReplyError::Invalid`] when the answer is not one
/// this operation can have.
pub fn decode<O: Operation>(head: &Parts, body: &Bytes) -> Result<Decoded<O::Reply>, ReplyError> {
    let shape = O::META.reply;
    if head.status.is_success()
        && let Some((value, id)) = text(body).and_then(|text| read::<O::Reply>(shape, text))
    {
        return Ok(Decoded {
            value,
            log_id: id.or_else(|| log_id(&head.headers)),
            status: head.status,
            raw: body.clone(),
        });
    }
    // What is left of the successes: no payload, or one of another shape.
    let (payload, id) = match explain(head.status, &head.headers, body) {
        Explained::Failure(error) => return Err(error),
        // A cut may leave nothing as well, so only a status that says so makes nothing an answer.
        Explained::Empty(id) if head.status == StatusCode::NO_CONTENT => {
            (nothing().ok_or((InvalidKind::EmptyBody, None)), id)
        }
        Explained::Empty(id) => (Err((InvalidKind::EmptyBody, None)), id),
        Explained::Success(text, id) => (describe::<O::Reply>(shape, text), id),
    };
    match payload {
        Ok(value) => Ok(Decoded {
            value,
            log_id: id,
            status: head.status,
            raw: body.clone(),
        }),
        Err((kind, source)) => {
            Err(InvalidReply::new(kind, head.status, id, body.clone(), source).into())
        }
    }
}

/// Why a response is no success, whatever the operation; `None` for a success.
///
/// It looks at the envelope alone, so a layer can judge a response before it is decoded.
///
/// ```
/// let read = |body: &'static str| {
///     coze_wire::failure(http::StatusCode::OK, &http::HeaderMap::new(), &body.into())
/// };
/// assert_eq!(read(r#"{"code":4009,"msg":"busy"}"#).unwrap().code(), Some(4009));
/// assert!(read(r#"{"code":0,"data":"{}"}"#).is_none());
/// ```
pub fn failure(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Option<ReplyError> {
    // What nearly every success begins with.
    if body.starts_with(br#"{"code":0,"#) && status.is_success() {
        return None;
    }
    match explain(status, headers, body) {
        Explained::Failure(error) => Some(error),
        Explained::Empty(_) | Explained::Success(..) => None,
    }
}

/// What an answer means that was to be a stream of events and is none: the failure its code tells, or why
/// it cannot be one.
///
/// ```
/// let page = coze_wire::no_stream(http::StatusCode::OK, &http::HeaderMap::new(), &"<html>".into());
/// assert_eq!(page.to_string(), "the server answered HTTP 200 with no JSON");
/// ```
pub fn no_stream(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> ReplyError {
    let (kind, id) = match explain(status, headers, body) {
        Explained::Failure(error) => return error,
        Explained::Empty(id) => (InvalidKind::EmptyBody, id),
        Explained::Success(_, id) => (InvalidKind::NoStream, id),
    };
    InvalidReply::new(kind, status, id, body.clone(), None).into()
}

/// The code and the message of a JSON object that tells a failure; `None` for any other text.
pub(crate) fn failure_code(text: &str) -> Option<(i64, String)> {
    let mut head = Head::for_failure();
    // What follows the code may be anything.
    let _ = read_head(&mut serde_json::Deserializer::from_str(text), &mut head);
    let code = Some(head.failure_code()).filter(|code| *code != 0)?;
    Some((code, head.failure_message()))
}

/// The body as text without a byte order mark.
fn text(body: &[u8]) -> Option<&str> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    str::from_utf8(body).ok()
}

/// The payload and log id of a plain success; `None` for everything else.
fn read<R: DeserializeOwned>(shape: ReplyShape, text: &str) -> Option<(R, Option<String>)> {
    let mut head = Head::for_success();
    let mut json = serde_json::Deserializer::from_str(text);
    let value = match Budget::of(text.len()) {
        None => payload(shape, &mut json, &mut head),
        Some(budget) => payload(shape, budget.over(&mut json), &mut head),
    }?;
    json.end().ok()?;
    head.is_success().then_some((value, head.log_id))
}

fn payload<'de, R: DeserializeOwned, D: Deserializer<'de>>(
    shape: ReplyShape,
    json: D,
    head: &mut Head,
) -> Option<R> {
    match shape {
        ReplyShape::Flat | ReplyShape::Bare => R::deserialize(Opened { json, head }).ok(),
        _ => read_data(json, head).ok()?.or_else(absent),
    }
}

/// The same, with the reason for a payload that does not fit.
fn describe<R: DeserializeOwned>(
    shape: ReplyShape,
    text: &str,
) -> Result<R, (InvalidKind, Option<PathError>)> {
    let shape_error = |error| (InvalidKind::Shape, Some(error));
    let budget = Budget::new(text.len());
    let mut json = serde_json::Deserializer::from_str(text);
    match shape {
        ReplyShape::Flat | ReplyShape::Bare => {
            let mut head = Head::for_success();
            let opened = Opened {
                json: budget.over(&mut json),
                head: &mut head,
            };
            serde_path_to_error::deserialize(opened)
                .map_err(|error| shape_error(PathError::new("", error)))
        }
        _ => {
            let data: Data<'_> = serde_json::from_str(text)
                .map_err(|error| shape_error(PathError::plain(&error)))?;
            let Some(data) = data.data else {
                return absent().ok_or((InvalidKind::NoData, None));
            };
            let mut json = serde_json::Deserializer::from_str(data.get());
            serde_path_to_error::deserialize(budget.over(&mut json))
                .map_err(|error| shape_error(PathError::new("data", error)))
        }
    }
}

#[derive(serde::Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    data: Option<&'a serde_json::value::RawValue>,
}

enum Explained<'a> {
    Failure(ReplyError),
    /// No body and no failure.
    Empty(Option<String>),
    /// Code 0 and a good status.
    Success(&'a str, Option<String>),
}

/// Finds out what an answer is that could not be read as a plain success.
fn explain<'a>(status: StatusCode, headers: &HeaderMap, body: &'a Bytes) -> Explained<'a> {
    let invalid = |kind, source| {
        // A bad status says more than an odd body does.
        let kind = if status.is_success() {
            kind
        } else {
            InvalidKind::Status
        };
        let id = log_id(headers);
        Explained::Failure(InvalidReply::new(kind, status, id, body.clone(), source).into())
    };
    if body.iter().all(u8::is_ascii_whitespace) {
        if status.is_success() {
            return Explained::Empty(log_id(headers));
        }
        return invalid(InvalidKind::Status, None);
    }
    let text = match str::from_utf8(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)) {
        Ok(text) => text,
        Err(error) => return invalid(InvalidKind::NotJson, Some(PathError::utf8(error))),
    };
    if !text.trim_start().starts_with('{') {
        return match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => invalid(InvalidKind::NotAnObject, None),
            Err(error) => invalid(InvalidKind::NotJson, Some(PathError::plain(&error))),
        };
    }
    let mut head = Head::for_failure();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = read_head(&mut json, &mut head).and_then(|()| json.end());
    let id = head.log_id.take().or_else(|| log_id(headers));
    if head.is_failure() {
        // Even a body that breaks off after its code says what happened.
        return Explained::Failure(ApiFailure::new(head, status, id, body.clone()).into());
    }
    match read {
        Err(error) if error.is_data() => {
            invalid(InvalidKind::Shape, Some(PathError::plain(&error)))
        }
        Err(error) => invalid(InvalidKind::NotJson, Some(PathError::plain(&error))),
        Ok(()) if !status.is_success() => {
            let kind = InvalidKind::Status;
            Explained::Failure(InvalidReply::new(kind, status, id, body.clone(), None).into())
        }
        Ok(()) => Explained::Success(text, id),
    }
}

/// A JSON error and where in the answer it stands.
#[derive(Debug)]
pub(crate) struct PathError {
    pub(crate) path: String,
    pub(crate) source: Box<dyn std::error::Error + Send + Sync>,
    /// The text ended where more was due.
    pub(crate) cut: bool,
}

impl PathError {
    fn new(prefix: &str, error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let path = match (prefix, path.as_str()) {
            (prefix, "." | "") => prefix.to_owned(),
            ("", path) => path.to_owned(),
            (prefix, path) if path.starts_with('[') => format!("{prefix}{path}"),
            (prefix, path) => format!("{prefix}.{path}"),
        };
        Self {
            path,
            ..Self::plain(&error.into_inner())
        }
    }

    fn plain(error: &serde_json::Error) -> Self {
        Self {
            path: String::new(),
            cut: error.is_eof(),
            source: RedactedJsonError::from(error).into(),
        }
    }

    fn utf8(error: str::Utf8Error) -> Self {
        Self {
            path: String::new(),
            cut: error.error_len().is_none(),
            source: error.into(),
        }
    }
}

#[cfg(test)]
mod tests;
