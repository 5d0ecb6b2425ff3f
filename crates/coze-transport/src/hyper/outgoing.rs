//! The body of a request on its way over HTTP/2.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::{BoxError, RequestBody};

/// No stream was opened for the request yet.
pub(super) const WAITING: u8 = 0;
/// The body is being sent, or there is none.
pub(super) const BEGUN: u8 = 1;
/// The body could not be read.
pub(super) const FAILED: u8 = 2;

/// A request's body on its way. It notes how far it came, which hyper's errors do not tell.
pub(super) struct Outgoing {
    pub(super) body: RequestBody,
    progress: Arc<AtomicU8>,
}

impl Outgoing {
    pub(super) fn new(body: RequestBody, progress: Arc<AtomicU8>) -> Self {
        if body.is_end_stream() {
            progress.store(BEGUN, Ordering::Relaxed);
        }
        Self { body, progress }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(cx);
        let failed = matches!(frame, Poll::Ready(Some(Err(_))));
        let progress = if failed { FAILED } else { BEGUN };
        this.progress.store(progress, Ordering::Relaxed);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
