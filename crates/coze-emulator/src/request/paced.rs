//! A body that comes one frame a turn.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Error, body::Body};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// Rests between frames. The form reader takes in whatever is ready before it gives anything out, so that without the rests a
/// fast sender would fill the memory with a whole file.
pub(super) struct Paced {
    inner: Body,
    rests: bool,
}

impl Paced {
    pub(super) fn new(inner: Body) -> Self {
        Self {
            inner,
            rests: false,
        }
    }
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if std::mem::take(&mut self.rests) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        self.rests = true;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
