//! Bodies that pass and are noted: the beginning of a request's, and the end of a response's.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Error, body::Body, extract::Request, response::Response};
use bytes::Bytes;
use http::header;
use http_body::{Body as _, Frame, SizeHint};

use crate::store::{Note, Open};

/// Notes the body of a request while it is read. The body of a form is left out: it is a file.
pub(super) fn request(note: &Note, request: Request) -> Request {
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"multipart/"));
    if is_form || request.body().is_end_stream() {
        return request;
    }
    request.map(|inner| {
        Body::new(Noted {
            inner,
            note: note.clone(),
        })
    })
}

/// Lets the call end when the body of its response does.
pub(super) fn response(open: Open, response: Response) -> Response {
    response.map(|inner| Body::new(Ending { inner, _open: open }))
}

struct Noted {
    inner: Body,
    note: Note,
}

impl http_body::Body for Noted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.note.read(data);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

struct Ending {
    inner: Body,
    _open: Open,
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
