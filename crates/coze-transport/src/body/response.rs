//! Response bodies: whole in memory, or streamed.

use std::{
    any::Any,
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::timed::TimedBody;
use crate::BoxError;

/// A response body.
pub struct ResponseBody(Kind);

enum Kind {
    Full {
        bytes: Option<Bytes>,
        truncated: bool,
    },
    Stream(Pin<Box<dyn Stream>>),
}

/// What a streamed body can do, erased.
trait Stream: Send {
    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>;
    fn is_end(&self) -> bool;
    fn size(&self) -> SizeHint;
    fn set_idle(self: Pin<&mut Self>, _: Option<Duration>) {}
    fn is_expired(&self) -> bool {
        false
    }
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
    pub(crate) const fn truncated(bytes: Bytes) -> Self {
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
        let mut body = Some(body);
        if let Some(own) = (&mut body as &mut dyn Any).downcast_mut::<Option<Self>>()
            && let Some(own) = own.take()
        {
            return own;
        }
        match body {
            Some(inner) => Self(Kind::Stream(Box::pin(Plain { inner }))),
            None => Self::full(Bytes::new()),
        }
    }

    pub(super) fn timed<B>(body: TimedBody<B>) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Kind::Stream(Box::pin(body)))
    }

    /// The whole body, if it was buffered and not read yet.
    pub const fn buffered(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Full { bytes, .. } => bytes.as_ref(),
            Kind::Stream(_) => None,
        }
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
        if let Kind::Stream(body) = &mut self.0 {
            body.as_mut().set_idle(idle);
        }
    }

    /// Whether the deadline of the call has passed. If so, the next poll of a streamed body is the error that
    /// says it, so whoever hands on what has arrived piece by piece asks before each piece. False for a body
    /// in memory, or one that did not pass a [`BufferResponseLayer`](crate::BufferResponseLayer).
    pub fn is_expired(&self) -> bool {
        matches!(&self.0, Kind::Stream(body) if body.is_expired())
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
            Kind::Stream(_) => "stream",
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
            Kind::Stream(body) => body.as_mut().poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Full { bytes, .. } => bytes.as_ref().is_none_or(Bytes::is_empty),
            Kind::Stream(body) => body.is_end(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Full { bytes, .. } => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Kind::Stream(body) => body.size(),
        }
    }
}

pin_project! {
    struct Plain<B> {
        #[pin]
        inner: B,
    }
}

impl<B> Stream for Plain<B>
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

impl<B> Stream for TimedBody<B>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<BoxError>,
{
    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.poll_frame(cx)
    }

    fn is_end(&self) -> bool {
        self.is_end_stream()
    }

    fn size(&self) -> SizeHint {
        self.size_hint()
    }

    fn set_idle(self: Pin<&mut Self>, idle: Option<Duration>) {
        TimedBody::set_idle(self, idle);
    }

    fn is_expired(&self) -> bool {
        TimedBody::is_expired(self)
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
