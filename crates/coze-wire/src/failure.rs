//! Responses that are no success.

use alloc::{boxed::Box, string::String};
use core::{error::Error, fmt};

use bytes::Bytes;
use http::StatusCode;

use crate::{path_error::PathError, sign::RunSign, survey::Survey};

/// A response that is no success.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplyError {
    /// The service said no.
    Api(Box<ApiFailure>),
    /// The response is not one the operation can have.
    Invalid(Box<InvalidReply>),
}

impl ReplyError {
    /// The HTTP status of the response.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Api(failure) => failure.status,
            Self::Invalid(reply) => reply.status,
        }
    }

    /// The server's id of the exchange.
    pub fn log_id(&self) -> Option<&str> {
        match self {
            Self::Api(failure) => failure.log_id.as_deref(),
            Self::Invalid(reply) => reply.log_id.as_deref(),
        }
    }

    /// Signs that the request has started a run although the response is no success.
    pub const fn sign(&self) -> &RunSign {
        match self {
            Self::Api(failure) => &failure.sign,
            Self::Invalid(reply) => &reply.sign,
        }
    }

    /// The service's code, where it told one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Api(failure) => Some(failure.code),
            Self::Invalid(_) => None,
        }
    }

    /// The body as it came. It may hold anything: scrub it before it is shown.
    pub const fn body(&self) -> &Bytes {
        match self {
            Self::Api(failure) => &failure.body,
            Self::Invalid(reply) => &reply.body,
        }
    }
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(failure) => failure.fmt(f),
            Self::Invalid(reply) => reply.fmt(f),
        }
    }
}

impl Error for ReplyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Api(_) => None,
            Self::Invalid(reply) => reply.source(),
        }
    }
}

impl From<ApiFailure> for ReplyError {
    fn from(failure: ApiFailure) -> Self {
        Self::Api(Box::new(failure))
    }
}

impl From<InvalidReply> for ReplyError {
    fn from(reply: InvalidReply) -> Self {
        Self::Invalid(Box::new(reply))
    }
}

/// The service's own account of a failure: a code that is not 0.
pub struct ApiFailure {
    code: i64,
    message: String,
    status: StatusCode,
    log_id: Option<String>,
    sign: RunSign,
    body: Bytes,
}

impl ApiFailure {
    pub(crate) fn new(
        mut survey: Survey,
        status: StatusCode,
        log_id: Option<String>,
        body: Bytes,
    ) -> Self {
        Self {
            code: survey.code(),
            message: survey.take_message(),
            status,
            log_id,
            sign: survey.sign,
            body,
        }
    }

    /// The body's code, e.g. 4000. Negative codes occur.
    pub const fn code(&self) -> i64 {
        self.code
    }

    /// The body's message; empty when it has none.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The HTTP status, often 200.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The server's id of the exchange.
    pub fn log_id(&self) -> Option<&str> {
        self.log_id.as_deref()
    }

    /// Signs that the request has started a run, and the run's page.
    pub const fn sign(&self) -> &RunSign {
        &self.sign
    }
}

impl fmt::Display for ApiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service responded with code {}", self.code)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl fmt::Debug for ApiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiFailure")
            .field("code", &self.code)
            .field("message", &self.message)
            .field("status", &self.status)
            .field("log_id", &self.log_id)
            .field("sign", &self.sign)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

impl Error for ApiFailure {}

/// Why a response cannot be one to the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidKind {
    /// A status outside 200 to 299 and no code in the body.
    Status,
    /// No body where one is due.
    EmptyBody,
    /// The body is not JSON: a page, plain text, or JSON that is invalid or truncated.
    NotJson,
    /// The body is JSON but not an object.
    NotAnObject,
    /// The envelope holds no payload.
    NoData,
    /// The payload does not have the shape of the reply.
    Shape,
    /// The response is the JSON of a success, where a stream of events is due.
    NoStream,
}

/// A response that is not one the operation can have.
pub struct InvalidReply {
    kind: InvalidKind,
    status: StatusCode,
    log_id: Option<String>,
    sign: RunSign,
    body: Bytes,
    cause: Option<PathError>,
}

impl InvalidReply {
    pub(crate) fn new(
        kind: InvalidKind,
        status: StatusCode,
        log_id: Option<String>,
        sign: RunSign,
        body: Bytes,
        cause: Option<PathError>,
    ) -> Self {
        Self {
            kind,
            status,
            log_id,
            sign,
            body,
            cause,
        }
    }

    /// Why.
    pub const fn kind(&self) -> InvalidKind {
        self.kind
    }

    /// The JSON path of the value that does not fit, e.g. `data.items[0].created_at`.
    pub fn path(&self) -> Option<&str> {
        let path = self.cause.as_ref()?.path.as_str();
        (!path.is_empty()).then_some(path)
    }

    /// Why the body cannot be decoded, without repeating values of it.
    pub fn into_cause(self) -> Option<Box<dyn Error + Send + Sync>> {
        Some(self.cause?.source)
    }

    /// Whether the JSON ends where more was due, as when a connection was cut.
    pub fn is_cut(&self) -> bool {
        self.cause.as_ref().is_some_and(|cause| cause.cut)
    }
}

impl fmt::Display for InvalidReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_u16();
        match self.kind {
            InvalidKind::Status => {
                write!(f, "the server responded with HTTP {status} and no code")
            }
            InvalidKind::EmptyBody => {
                write!(f, "the server responded with HTTP {status} and no body")
            }
            InvalidKind::NotJson if self.is_cut() => {
                write!(
                    f,
                    "the response ends early, after {} bytes",
                    self.body.len()
                )
            }
            InvalidKind::NotJson => {
                write!(
                    f,
                    "the server responded with HTTP {status} and a body that is not JSON"
                )
            }
            InvalidKind::NotAnObject => f.write_str("the response is JSON but not an object"),
            InvalidKind::NoStream => f.write_str("the response is not a stream of events"),
            InvalidKind::NoData => f.write_str("the response has no `data`"),
            InvalidKind::Shape => match self.path() {
                Some(path) => write!(f, "`{path}` does not have the documented shape"),
                None => f.write_str("the response does not have the documented shape"),
            },
        }
    }
}

impl fmt::Debug for InvalidReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidReply")
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("log_id", &self.log_id)
            .field("sign", &self.sign)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("cause", &self.cause)
            .finish()
    }
}

impl Error for InvalidReply {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &*cause.source as _)
    }
}
