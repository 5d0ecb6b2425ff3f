//! Response bodies: whole in memory, or streamed.

use std::{
    any::Any,
    fmt,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::task::coop::poll_proceed;

use super::limits::StreamLimits;
use crate::{BoxError, Response, timeout::is_expired};

/// A response body.
///
/// Each frame of a streamed one costs the task a unit of its budget, so that a server that sends faster than it is read
/// does not hold up other tasks.
pub struct ResponseBody(Kind);

enum Kind {
    Full {
        bytes: Option<Bytes>,
        truncated: bool,
    },
    Stream {
        // Behind a lock that nobody ever waits for, so that what holds a body is `Sync`.
        body: Mutex<Pin<Box<dyn Stream>>>,
        /// None once it has ended or failed.
        limits: Option<StreamLimits>,
    },
}

/// A streamed body, erased.
trait Stream: Send {
    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>;
    fn is_end(&self) -> bool;
    fn size(&self) -> SizeHint;
}

impl ResponseBody {
    /// A body that is in memory.
    pub const fn full(bytes: Bytes) -> Self {
        Self(Kind::Full {
            bytes: Some(bytes),
            truncated: false,
        })
    }

    /// The beginning of a body that was too large to be kept.
    pub(super) const fn truncated(bytes: Bytes) -> Self {
        Self(Kind::Full {
            bytes: Some(bytes),
            truncated: true,
        })
    }

    /// A body that arrives as it is polled. A `ResponseBody` is taken as it is.
    pub fn stream<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self::limited(body, None)
    }

    /// The response with its body erased. What a layer has wrapped is still under the limits of the stream within.
    pub(crate) fn erase<B>(response: http::Response<B>) -> Response
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let limits = response.extensions().get::<StreamLimits>().cloned();
        response.map(|body| Self::limited(body, limits))
    }

    pub(super) fn limited<B>(body: B, limits: Option<StreamLimits>) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut body = Some(body);
        if let Some(own) = (&mut body as &mut dyn Any).downcast_mut::<Option<Self>>()
            && let Some(own) = own.take()
        {
            return own;
        }
        match body {
            Some(inner) => Self(Kind::Stream {
                body: Mutex::new(Box::pin(Erased { inner })),
                limits,
            }),
            None => Self::default(),
        }
    }

    /// The whole body, if it was buffered and not read yet.
    pub const fn buffered(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Full { bytes, .. } => bytes.as_ref(),
            Kind::Stream { .. } => None,
        }
    }

    /// Whether all of it is, or was, in memory.
    pub(super) const fn is_in_memory(&self) -> bool {
        matches!(self.0, Kind::Full { .. })
    }

    /// Whether this is only the beginning of what the server sent: the body of an error response is truncated
    /// where it exceeds its limit.
    pub const fn is_truncated(&self) -> bool {
        matches!(
            self.0,
            Kind::Full {
                truncated: true,
                ..
            }
        )
    }

    /// Bounds the silence within a streamed body anew, from now on; `None` lifts the bound. Of use where
    /// the stream itself tells how often it will be heard. No effect on a body in memory, or on one that
    /// did not pass a [`BufferResponseLayer`](crate::BufferResponseLayer).
    pub fn set_idle_timeout(&mut self, idle: Option<Duration>) {
        if let Kind::Stream {
            limits: Some(limits),
            ..
        } = &self.0
        {
            limits.set_idle(idle);
        }
    }

    /// Whether the deadline of the call has passed. If so, the next poll of a streamed body is the error that
    /// says it, so whoever hands on what has arrived piece by piece asks before each piece. False for a body
    /// that is in memory or over, or one that did not pass a [`BufferResponseLayer`](crate::BufferResponseLayer).
    pub fn is_expired(&self) -> bool {
        matches!(&self.0, Kind::Stream { limits: Some(limits), .. } if is_expired(limits.expires()))
    }
}

/// A body of no bytes, in memory.
impl Default for ResponseBody {
    fn default() -> Self {
        Self::full(Bytes::new())
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Kind::Full {
                truncated: false, ..
            } => "full",
            Kind::Full {
                truncated: true, ..
            } => "truncated",
            Kind::Stream { .. } => "stream",
        };
        f.debug_struct("ResponseBody")
            .field("kind", &kind)
            .field("size", &self.size_hint().exact())
            .finish()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.get_mut().0 {
            Kind::Full { bytes, .. } => {
                let bytes = bytes.take().filter(|bytes| !bytes.is_empty());
                Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
            Kind::Stream { body, limits } => {
                let body = body.get_mut().unwrap_or_else(PoisonError::into_inner);
                let unit = ready!(poll_proceed(cx));
                let frame = ready!(body.as_mut().poll(cx));
                unit.made_progress();
                if matches!(frame, None | Some(Err(_))) {
                    *limits = None;
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Full { bytes, .. } => bytes.as_ref().is_none_or(Bytes::is_empty),
            Kind::Stream { body, .. } => {
                body.lock().unwrap_or_else(PoisonError::into_inner).is_end()
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Full { bytes, .. } => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Kind::Stream { body, .. } => body.lock().unwrap_or_else(PoisonError::into_inner).size(),
        }
    }
}

pin_project! {
    struct Erased<B> {
        #[pin]
        inner: B,
    }
}

impl<B> Stream for Erased<B>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.project()
            .inner
            .poll_frame(cx)
            .map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};

    use super::*;

    #[tokio::test]
    async fn a_body_in_memory_stays_in_memory_when_it_is_wrapped_again() {
        let body = ResponseBody::stream(ResponseBody::full(Bytes::from_static(b"x")));
        assert_eq!(body.buffered().unwrap(), "x");
        let body = ResponseBody::stream(Full::new(Bytes::from_static(b"y")));
        assert!(body.buffered().is_none());
        assert_eq!(body.collect().await.unwrap().to_bytes(), "y");
    }
}
