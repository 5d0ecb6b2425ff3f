//! HTTP response → typed reply or failure.
//!
//! A success is read in one pass: the payload is decoded in place while the fields of the envelope are picked out
//! around it. That pass ends where the response tells a failure, of which another single pass then reads all there is.

mod absent;
mod head;
mod open;

use alloc::string::String;
use core::{fmt, str};

use bytes::Bytes;
use coze_models::{
    Operation, ReplyShape,
    support::{Budget, Reader},
};
use http::{HeaderMap, StatusCode, response::Parts};
use serde::de::DeserializeOwned;

use self::{
    absent::{absent, nothing},
    head::Head,
    open::{Opened, read_data, read_head},
};
use crate::{
    failure::{ApiFailure, InvalidKind, InvalidReply, ReplyError},
    log_id::log_id,
    path_error::PathError,
    sign::RunSign,
    survey::Survey,
};

/// A decoded response.
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

/// Decodes the response to an operation.
///
/// Failure is decided by the body's `code` and the HTTP status together: a code that is not 0 wins
/// and the status is kept beside it; a status outside 200 to 299 without such a code is a failure
/// of its own, whatever else the body says.
///
/// # Errors
///
/// [`ReplyError::Api`] when the service says no, [`ReplyError::Invalid`] when the response is not one
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
    let (payload, log_id, sign) = match explain(head.status, &head.headers, body) {
        Explained::Failure(error) => return Err(error),
        Explained::Empty(id) => {
            // A body that was lost is empty as well, so the status must say that there is none.
            let value = Some(head.status).filter(|status| *status == StatusCode::NO_CONTENT);
            let value = value.and_then(|_| nothing());
            let value = value.ok_or((InvalidKind::EmptyBody, None));
            (value, id, RunSign::default())
        }
        Explained::Success(text, id, sign) => (describe::<O::Reply>(shape, text), id, sign),
    };
    let (status, raw) = (head.status, body.clone());
    match payload {
        Ok(value) => Ok(Decoded {
            value,
            log_id,
            status,
            raw,
        }),
        Err((kind, cause)) => Err(InvalidReply::new(kind, status, log_id, sign, raw, cause).into()),
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
    if status.is_success()
        && (body.starts_with(br#"{"code":0,"#) || text(body).is_some_and(is_good))
    {
        return None;
    }
    match explain(status, headers, body) {
        Explained::Failure(error) => Some(error),
        Explained::Empty(_) | Explained::Success(..) => None,
    }
}

/// What a response means that was to be a stream of events and is none: the failure its code tells, or why
/// it cannot be one.
///
/// ```
/// let page = coze_wire::no_stream(http::StatusCode::OK, &http::HeaderMap::new(), &"<html>".into());
/// assert_eq!(page.to_string(), "the server responded with HTTP 200 and a body that is not JSON");
/// ```
pub fn no_stream(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> ReplyError {
    let (kind, id, sign) = match explain(status, headers, body) {
        Explained::Failure(error) => return error,
        Explained::Empty(id) => (InvalidKind::EmptyBody, id, RunSign::default()),
        Explained::Success(_, id, sign) => (InvalidKind::NoStream, id, sign),
    };
    InvalidReply::new(kind, status, id, sign, body.clone(), None).into()
}

/// The body as text without a byte order mark.
fn text(body: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(without_mark(body)).ok()
}

fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// Whether the envelope is that of a success, whatever its payload.
fn is_good(text: &str) -> bool {
    let mut json = serde_json::Deserializer::from_str(text);
    read_head(&mut json, &mut Head::default()).is_ok() && json.end().is_ok()
}

/// The payload and log id of a plain success; `None` for everything else.
fn read<R: DeserializeOwned>(shape: ReplyShape, text: &str) -> Option<(R, Option<String>)> {
    let mut head = Head::strict();
    let budget = Budget::of(text.len());
    let mut json = Reader::new(text);
    let value = if matches!(shape, ReplyShape::Flat | ReplyShape::Bare) {
        let (json, head) = (&mut json, &mut head);
        let opened = Opened { json, head };
        match budget {
            None => R::deserialize(opened).ok(),
            Some(budget) => R::deserialize(budget.over(opened)).ok(),
        }
    } else {
        let data = match budget {
            None => read_data(&mut json, &mut head),
            Some(budget) => read_data(budget.over(&mut json), &mut head),
        };
        data.ok()?.or_else(absent)
    };
    Some((value.filter(|_| json.is_at_end())?, head.log_id))
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
            let mut head = Head::default();
            let opened = Opened {
                json: &mut json,
                head: &mut head,
            };
            serde_path_to_error::deserialize(budget.over(opened))
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
    Success(&'a str, Option<String>, RunSign),
}

/// Finds out what a response is that could not be read as a plain success.
fn explain<'a>(status: StatusCode, headers: &HeaderMap, body: &'a Bytes) -> Explained<'a> {
    let invalid = |kind, survey: Survey, id, cause| {
        // A bad status says more than an odd body does.
        let kind = if status.is_success() {
            kind
        } else {
            InvalidKind::Status
        };
        let body = body.clone();
        Explained::Failure(InvalidReply::new(kind, status, id, survey.sign, body, cause).into())
    };
    if body.iter().all(u8::is_ascii_whitespace) {
        let id = log_id(headers);
        if status.is_success() {
            return Explained::Empty(id);
        }
        return invalid(InvalidKind::Status, Survey::default(), id, None);
    }
    let text = match str::from_utf8(without_mark(body)) {
        Ok(text) => text,
        Err(error) => {
            let (survey, cause) = (Survey::of_bytes(body), PathError::utf8(error));
            return invalid(InvalidKind::NotJson, survey, log_id(headers), Some(cause));
        }
    };
    let (mut survey, read) = Survey::of(text);
    let id = survey.take_log_id().or_else(|| log_id(headers));
    if survey.is_failure() {
        // Even a body that breaks off after its code says what happened.
        return Explained::Failure(ApiFailure::new(survey, status, id, body.clone()).into());
    }
    let (kind, cause) = match (read, survey.flaw) {
        (Err(error), _) => (InvalidKind::NotJson, Some(PathError::plain(&error))),
        (Ok(()), Some(flaw)) => (InvalidKind::Shape, Some(PathError::of(flaw))),
        (Ok(()), None) if !text.trim_start().starts_with('{') => (InvalidKind::NotAnObject, None),
        (Ok(()), None) if status.is_success() => return Explained::Success(text, id, survey.sign),
        (Ok(()), None) => (InvalidKind::Status, None),
    };
    invalid(kind, survey, id, cause)
}

#[cfg(test)]
mod tests;
