//! Bodies in pieces.

use std::{
    num::NonZeroUsize,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::Request;

/// A layer that splits the bodies of responses into pieces of at most a given size, as a network may.
///
/// Put around a leaf, it shows whether a reader depends on where a body happens to be split.
#[derive(Clone, Copy, Debug)]
pub struct Chunking(NonZeroUsize);

impl Chunking {
    /// Pieces of `size` bytes; 0 counts as 1.
    pub fn new(size: usize) -> Self {
        Self(NonZeroUsize::new(size).unwrap_or(NonZeroUsize::MIN))
    }
}

impl<S> Layer<S> for Chunking {
    type Service = ChunkingService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ChunkingService {
            inner,
            size: self.0.get(),
        }
    }
}

/// The service of [`Chunking`].
#[derive(Clone, Debug)]
pub struct ChunkingService<S> {
    inner: S,
    size: usize,
}

impl<S, B> Service<Request> for ChunkingService<S>
where
    S: Service<Request, Response = http::Response<B>>,
{
    type Response = http::Response<ChunkingBody<B>>;
    type Error = S::Error;
    type Future = ChunkingFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        ChunkingFuture {
            inner: self.inner.call(request),
            size: self.size,
        }
    }
}

pin_project! {
    /// The future of [`ChunkingService`].
    #[derive(Debug)]
    pub struct ChunkingFuture<F> {
        #[pin]
        inner: F,
        size: usize,
    }
}

impl<F, B, E> Future for ChunkingFuture<F>
where
    F: Future<Output = Result<http::Response<B>, E>>,
{
    type Output = Result<http::Response<ChunkingBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let size = *this.size;
        Poll::Ready(Ok(response.map(|inner| ChunkingBody {
            inner,
            size,
            rest: Bytes::new(),
        })))
    }
}

pin_project! {
    /// A body in pieces.
    #[derive(Debug)]
    pub struct ChunkingBody<B> {
        #[pin]
        inner: B,
        size: usize,
        rest: Bytes,
    }
}

impl<B: Body<Data = Bytes>> Body for ChunkingBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        loop {
            if !this.rest.is_empty() {
                let size = (*this.size).min(this.rest.len());
                return Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(size)))));
            }
            match ready!(this.inner.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => *this.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.rest.is_empty() {
            self.inner.size_hint()
        } else {
            SizeHint::default()
        }
    }
}
