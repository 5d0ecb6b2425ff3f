//! The body of an answer, which drives its connection and gives it back.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::{fail, h1::Conn, site::Site};
use crate::{BoxError, TransportError};

/// A body that arrives over a connection of the leaf.
#[derive(Debug)]
pub(crate) enum LeafBody {
    H1(H1Body),
    #[cfg(feature = "http2")]
    H2(super::h2::H2Body),
}

/// A body over HTTP/1.1.
///
/// It owns the connection while there is more to read. The connection goes back to its pool when
/// the answer is complete and the server may take the next request, and is closed in any other
/// case; dropping the body early closes it at once.
pub(crate) struct H1Body {
    incoming: Incoming,
    /// `None` once the connection is given back or closed.
    conn: Option<Box<Conn>>,
    site: Arc<Site>,
    reusable: bool,
    failed: bool,
}

impl H1Body {
    /// `reusable`: whether the connection may serve another request after this answer.
    pub(super) fn new(
        incoming: Incoming,
        conn: Box<Conn>,
        site: Arc<Site>,
        reusable: bool,
    ) -> Self {
        let mut this = Self {
            incoming,
            conn: Some(conn),
            site,
            reusable,
            failed: false,
        };
        // The whole of a small answer has arrived with its head.
        this.give_back();
        this
    }

    /// Gives the connection back if it is done. True if there is none any more.
    fn give_back(&mut self) -> bool {
        if let Some(conn) = self.conn.take_if(|conn| conn.is_ready())
            && self.reusable
        {
            self.site.give(conn);
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
        fail::body(&self.site, error)
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
        // Only the connection below fills `incoming`, so that it need not wake anybody.
        let mut quiet = Context::from_waker(Waker::noop());
        let mut next = Pin::new(&mut this.incoming).poll_frame(&mut quiet);
        if next.is_pending() {
            match &mut this.conn {
                Some(conn) => {
                    let closed = conn.poll(cx).is_ready();
                    next = Pin::new(&mut this.incoming).poll_frame(&mut quiet);
                    if closed && next.is_pending() {
                        this.failed = true;
                        this.conn = None;
                        return Poll::Ready(Some(Err(fail::closed(&this.site).into())));
                    }
                }
                // A connection is given back only when all of the body is in `incoming`.
                None => return Poll::Ready(None),
            }
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

impl Body for LeafBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::H1(body) => Pin::new(body).poll_frame(cx),
            #[cfg(feature = "http2")]
            Self::H2(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::H1(body) => body.is_end_stream(),
            #[cfg(feature = "http2")]
            Self::H2(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::H1(body) => body.size_hint(),
            #[cfg(feature = "http2")]
            Self::H2(body) => body.size_hint(),
        }
    }
}
