//! Why a delivery is not taken.

use http::StatusCode;

/// A request that is not taken. Its text shows nothing of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// A header is missing, is there twice, or is no text.
    #[error("the header `{0}` must be there once, as text")]
    Header(&'static str),
    /// The timestamp does not have 10 digits (seconds) or 13 (milliseconds).
    #[error("the timestamp must be Unix time in seconds or milliseconds")]
    Timestamp,
    /// The signature is not that of the request.
    #[error("the signature does not fit: check the token of the callback app")]
    Signature,
    /// The timestamp is too far from now, to either side.
    #[error("the timestamp is too far from now: check the clock of this machine")]
    Age,
    /// The body is larger than the limit.
    #[error("the body is too large")]
    TooLarge,
    /// The body ended early or could not be read.
    #[error("the body could not be read")]
    Body,
    /// The body is not UTF-8.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// The body is not one JSON document of the expected shape.
    #[error("the body must be one JSON document with the fields of an event")]
    NotJson,
}

impl Refused {
    /// The status to respond with: 400, 401 or 413.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Signature | Self::Age => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
