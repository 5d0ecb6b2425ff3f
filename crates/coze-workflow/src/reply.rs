//! A typed answer and what came with it.

use std::{fmt, ops::Deref, time::Duration};

use bytes::Bytes;
use coze_transport::{Attempts, BoxError, Response, ResponseBody, redact, scrub_id};
use coze_wire::Decoded;
use http::StatusCode;

use crate::error::Facts;

/// A typed answer; it dereferences to its payload.
#[derive(Clone)]
pub struct Reply<T> {
    value: T,
    log_id: Option<String>,
    status: StatusCode,
    attempts: Attempts,
    retry_after: Option<Duration>,
    raw: Bytes,
}

impl<T> Reply<T> {
    pub(crate) fn new(decoded: Decoded<T>, facts: Facts) -> Self {
        // As a rule it is the one that the stack has found in the headers, and has looked through.
        let log_id = match decoded.log_id {
            Some(id) if facts.log_id.as_ref() != Some(&id) => Some(scrub_id(id)),
            _ => facts.log_id,
        };
        Self {
            value: decoded.value,
            log_id,
            status: decoded.status,
            attempts: facts.attempts,
            retry_after: facts.retry_after,
            raw: decoded.raw,
        }
    }

    /// The payload.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The same answer with another payload.
    pub(crate) fn map(mut self, change: impl FnOnce(T) -> T) -> Self {
        self.value = change(self.value);
        self
    }

    /// The same answer with another payload, if `pick` finds one.
    pub(crate) fn and_then<U>(self, pick: impl FnOnce(T) -> Option<U>) -> Option<Reply<U>> {
        Some(Reply {
            value: pick(self.value)?,
            log_id: self.log_id,
            status: self.status,
            attempts: self.attempts,
            retry_after: self.retry_after,
            raw: self.raw,
        })
    }

    /// The server's id of the exchange.
    pub fn log_id(&self) -> Option<&str> {
        self.log_id.as_deref()
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The attempts that were made, in order.
    pub fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    /// The pause that the server asks for before the next question.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The body as it came, with the fields this version does not know.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }
}

impl<T> Deref for Reply<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("value", &Redacted(&self.value))
            .field("log_id", &self.log_id)
            .field("status", &self.status)
            .field("attempts", &self.attempts)
            .field("retry_after", &self.retry_after)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .finish()
    }
}

/// A payload may hold anything, and answers are logged.
struct Redacted<'a, T>(&'a T);

impl<T: fmt::Debug> fmt::Debug for Redacted<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        f.write_str(&redact(&if f.alternate() {
            format!("{value:#?}")
        } else {
            format!("{value:?}")
        }))
    }
}

/// A JSON answer with status 200, for stacks made of a closure.
///
/// # Errors
///
/// None; the type is what [`HttpStack::from_fn`](crate::HttpStack::from_fn) asks for.
pub fn json_reply(body: impl Into<Bytes>) -> Result<Response, BoxError> {
    let mut response = Response::new(ResponseBody::full(body.into()));
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    Ok(response)
}
