//! The body of a response, which drives its connection and gives it back.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::{fail, h1::Conn, pool::OriginPool};
use crate::{BoxError, TransportError};

/// The body of a response as it arrives over a connection of a [`HyperTransport`](super::HyperTransport).
#[derive(Debug)]
pub struct HyperBody(Kind);

#[derive(Debug)]
enum Kind {
    H1(H1Body),
    #[cfg(feature = "http2")]
    H2(super::h2::H2Body),
}

impl HyperBody {
    pub(super) const fn h1(body: H1Body) -> Self {
        Self(Kind::H1(body))
    }

    #[cfg(feature = "http2")]
    pub(super) const fn h2(body: super::h2::H2Body) -> Self {
        Self(Kind::H2(body))
    }
}

/// A body over HTTP/1.1.
///
/// It owns the connection while there is more to read. The connection goes back to its pool when
/// the response is complete and the server may take the next request, and is closed in any other
/// case; dropping the body early closes it at once.
pub(super) struct H1Body {
    incoming: Incoming,
    /// `None` once the connection is given back or closed.
    conn: Option<Box<Conn>>,
    pool: Arc<OriginPool>,
    reusable: bool,
    failed: bool,
}

impl H1Body {
    /// `reusable`: whether the connection may serve another request after this response.
    pub(super) fn new(
        incoming: Incoming,
        conn: Box<Conn>,
        pool: Arc<OriginPool>,
        reusable: bool,
    ) -> Self {
        let mut this = Self {
            incoming,
            conn: Some(conn),
            pool,
            reusable,
            failed: false,
        };
        // The whole of a small response has arrived with its head.
        this.give_back();
        this
    }

    /// Gives the connection back if it is done. True if there is none any more.
    fn give_back(&mut self) -> bool {
        if let Some(conn) = self.conn.take_if(|conn| conn.is_ready())
            && self.reusable
        {
            self.pool.give(conn);
        }
        self.conn.is_none()
    }

    /// Nothing more is to be read.
    fn finish(&mut self, cx: &mut Context<'_>) {
        if !self.give_back()
            && let Some(conn) = &mut self.conn
        {
            // The connection has not seen yet that its last piece was taken.
            let _ = conn.poll(cx);
            self.give_back();
            self.conn = None;
        }
    }

    fn fail(&mut self, error: hyper::Error) -> TransportError {
        self.conn = None;
        self.failed = true;
        fail::body(&self.pool.origin, error)
    }
}

impl Body for H1Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if this.failed {
            return Poll::Ready(None);
        }
        // Only the connection fills `incoming`, so it goes first, and a piece is asked for once.
        let next = match &mut this.conn {
            Some(conn) => {
                let (closed, next) = conn.poll_body(cx, &mut this.incoming);
                if closed {
                    this.conn = None;
                }
                next
            }
            None => {
                Pin::new(&mut this.incoming).poll_frame(&mut Context::from_waker(Waker::noop()))
            }
        };
        if next.is_pending() && this.conn.is_none() {
            this.failed = true;
            return Poll::Ready(Some(Err(fail::closed(&this.pool.origin).into())));
        }
        match next {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                if this.conn.is_some() && this.incoming.is_end_stream() {
                    this.finish(cx);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(this.fail(error).into()))),
            Poll::Ready(None) => {
                this.finish(cx);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.failed || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for H1Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("H1Body")
            .field("complete", &self.conn.is_none())
            .finish_non_exhaustive()
    }
}

impl Body for HyperBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.get_mut().0 {
            Kind::H1(body) => Pin::new(body).poll_frame(cx),
            #[cfg(feature = "http2")]
            Kind::H2(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::H1(body) => body.is_end_stream(),
            #[cfg(feature = "http2")]
            Kind::H2(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::H1(body) => body.size_hint(),
            #[cfg(feature = "http2")]
            Kind::H2(body) => body.size_hint(),
        }
    }
}
