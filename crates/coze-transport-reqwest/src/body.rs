//! The body of a request, as reqwest wants it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use coze_transport::{BoxError, RequestBody};
use http_body::{Body, Frame, SizeHint};
use sync_wrapper::SyncWrapper;

/// A body that is `Sync`. It is read by one task, so nothing is shared.
pub(super) struct SyncBody {
    body: SyncWrapper<RequestBody>,
    size: SizeHint,
}

impl SyncBody {
    pub(super) fn new(body: RequestBody) -> Self {
        Self {
            size: body.size_hint(),
            body: SyncWrapper::new(body),
        }
    }
}

impl Body for SyncBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(self.body.get_mut())
            .poll_frame(cx)
            .map_err(Into::into)
    }

    fn size_hint(&self) -> SizeHint {
        self.size
    }

    fn is_end_stream(&self) -> bool {
        self.size.exact() == Some(0)
    }
}
