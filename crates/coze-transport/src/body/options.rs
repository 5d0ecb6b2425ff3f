//! What becomes of a body, decided by the head of the response.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Version,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
    response::Parts,
};
use http_body::Body;

use super::{
    ResponseBody,
    collect::{Collect, CollectOptions, too_large},
    limits::StreamLimits,
    timed::TimedBody,
};
use crate::{BoxError, ErrorKind, LogId, Outcome, TransportError, scrub::excerpt, time::Instant};

/// How much of a body is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodyLimits {
    /// Largest buffered body of a success; 32 MiB. A larger one is an error, and it is not read on.
    pub success: usize,
    /// Most that is kept of the body of any other response; 64 KiB. What follows is dropped.
    pub failure: usize,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self {
            success: 32 * 1024 * 1024,
            failure: 64 * 1024,
        }
    }
}

impl BodyLimits {
    /// Replaces the limit of a success.
    #[must_use]
    pub const fn success(mut self, bytes: usize) -> Self {
        self.success = bytes;
        self
    }

    /// Replaces the limit of any other response.
    #[must_use]
    pub const fn failure(mut self, bytes: usize) -> Self {
        self.failure = bytes;
        self
    }
}

/// What applies to one attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReceiveOptions {
    pub(super) head: Option<Duration>,
    pub(super) attempt: Option<Duration>,
    pub(super) idle: Option<Duration>,
    pub(super) slow: Option<Duration>,
    pub(super) expires: Option<Instant>,
    pub(super) limits: BodyLimits,
    pub(super) streaming: bool,
    pub(super) is_head: bool,
}

pub(super) enum Accepted<B> {
    Whole(ResponseBody),
    Buffer(Collect<B>),
}

impl ReceiveOptions {
    /// Decides by the head what becomes of the body.
    pub(super) fn accept<B>(
        &self,
        parts: &mut Parts,
        body: B,
    ) -> Result<Accepted<B>, TransportError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let framing = Framing::read(&parts.headers)?;
        if bodiless(parts) {
            // HTTP/1.1 has no room for a body here; what HTTP/2 may carry none the less is not looked at.
            return Ok(Accepted::Whole(ResponseBody::default()));
        }
        let success = parts.status.is_success();
        if self.streaming && success && !is_json(framing.media) {
            let log_id = parts.extensions.get::<LogId>().cloned();
            let limits = StreamLimits::new(self.idle, self.expires);
            let body = TimedBody::new(body, limits.clone(), log_id);
            parts.extensions.insert(limits.clone());
            let body = ResponseBody::limited(body, Some(limits));
            return Ok(Accepted::Whole(body));
        }
        let limit = if success {
            self.limits.success
        } else {
            self.limits.failure
        };
        let announced = if self.is_head || framing.chunked {
            None
        } else {
            framing.content_length()
        };
        let known = announced.or(body.size_hint().exact());
        if success && known.is_some_and(|known| known > limit as u64) {
            return Err(too_large(limit));
        }
        let open_ended = known.is_none() && !framing.chunked && parts.version < Version::HTTP_2;
        Ok(Accepted::Buffer(Collect::new(
            body,
            CollectOptions {
                limit,
                truncate: !success,
                announced,
                open_ended,
            },
        )))
    }
}

fn bodiless(parts: &Parts) -> bool {
    let status = parts.status.as_u16();
    status < 200 || status == 204 || status == 304
}

/// The headers that decide about a body, read in one pass: a response has few, and looking each up
/// would hash its name.
#[derive(Default)]
struct Framing<'a> {
    chunked: bool,
    length: Option<&'a HeaderValue>,
    media: Option<&'a HeaderValue>,
}

impl<'a> Framing<'a> {
    /// Refuses codings that were not asked for. Of a header that is there twice, the first counts.
    fn read(headers: &'a HeaderMap) -> Result<Self, TransportError> {
        let mut framing = Self::default();
        for (name, value) in headers {
            if name == CONTENT_LENGTH {
                framing.length.get_or_insert(value);
            } else if name == CONTENT_TYPE {
                framing.media.get_or_insert(value);
            } else if name == CONTENT_ENCODING {
                check_coding(name, value, b"identity")?;
            } else if name == TRANSFER_ENCODING {
                check_coding(name, value, b"chunked")?;
                framing.chunked = true;
            }
        }
        Ok(framing)
    }

    fn content_length(&self) -> Option<u64> {
        self.length?.to_str().ok()?.trim().parse().ok()
    }
}

/// Whether a media type is JSON, in any case, with or without parameters.
pub(super) fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let Some(value) = content_type else {
        return false;
    };
    let value = value.as_bytes();
    let end = value.iter().position(|byte| *byte == b';');
    let media = value[..end.unwrap_or(value.len())].trim_ascii();
    media.eq_ignore_ascii_case(b"application/json")
        || media.eq_ignore_ascii_case(b"text/json")
        || (media.len() > 5 && media[media.len() - 5..].eq_ignore_ascii_case(b"+json"))
}

fn check_coding(
    name: &HeaderName,
    value: &HeaderValue,
    allowed: &[u8],
) -> Result<(), TransportError> {
    let value = value.as_bytes().trim_ascii();
    if value.is_empty() || value.eq_ignore_ascii_case(allowed) {
        return Ok(());
    }
    let shown = excerpt(&String::from_utf8_lossy(value), 32);
    Err(TransportError::new(
        ErrorKind::Protocol,
        Outcome::Unknown,
        format!("the response has a {name} that was not asked for: \"{shown}\""),
    )
    .permanent())
}
