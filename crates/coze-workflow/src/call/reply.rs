//! A typed reply and what came with it.

use std::{fmt, time::Duration};

use bytes::Bytes;
use coze_transport::{Attempts, BoxError, LogId, Response, ResponseBody, redact};
use coze_wire::Decoded;
use http::StatusCode;

use crate::error::ErrorContext;

/// The typed payload of a response, and what is known of the exchange.
#[derive(Clone)]
pub struct Reply<T> {
    value: T,
    raw: Bytes,
    status: StatusCode,
    context: Box<ErrorContext>,
}

impl<T> Reply<T> {
    pub(super) fn new(decoded: Decoded<T>, mut context: Box<ErrorContext>) -> Self {
        context.saw_log_id(decoded.log_id);
        Self {
            value: decoded.value,
            raw: decoded.raw,
            status: decoded.status,
            context,
        }
    }

    /// The payload.
    pub const fn get_ref(&self) -> &T {
        &self.value
    }

    /// The payload by value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The payload, and what is known of the exchange.
    pub(crate) fn into_parts(self) -> (T, Box<ErrorContext>) {
        (self.value, self.context)
    }

    /// What is known of the exchange.
    pub(crate) fn context(&self) -> &ErrorContext {
        &self.context
    }

    /// The same reply with another payload.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        Reply {
            value: change(self.value),
            raw: self.raw,
            status: self.status,
            context: self.context,
        }
    }

    /// The same reply with another payload, if `pick` finds one.
    pub(crate) fn and_then<U>(self, pick: impl FnOnce(T) -> Option<U>) -> Option<Reply<U>> {
        Some(Reply {
            value: pick(self.value)?,
            raw: self.raw,
            status: self.status,
            context: self.context,
        })
    }

    /// The server's id of the exchange.
    pub fn log_id(&self) -> Option<&str> {
        self.context.log_id.as_ref().map(LogId::as_str)
    }

    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The attempts that were made, in order.
    pub const fn attempts(&self) -> &Attempts {
        &self.context.attempts
    }

    /// The pause that the server asks for before the next request.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        self.context.retry_after
    }

    /// The body as it came, with the fields this version does not know.
    pub const fn raw(&self) -> &Bytes {
        &self.raw
    }
}

impl<T: fmt::Debug> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("value", &Redacted(&self.value))
            .field("status", &self.status)
            .field("log_id", &self.log_id())
            .field("attempts", self.attempts())
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .finish_non_exhaustive()
    }
}

/// A payload may hold anything, and replies are logged.
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

/// A JSON response with status 200, for stacks made of a closure.
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
