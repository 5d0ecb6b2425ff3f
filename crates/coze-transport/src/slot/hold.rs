//! Keeping what a layer holds until a body has ended.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

/// Keeps what a layer holds for the time of a call until the body of the response has ended or is dropped.
///
/// For layers whose future holds something, such as the permit of tower's `ConcurrencyLimitLayer`: they let go of it with the
/// head of the response, and a stream is then open without a permit.
///
/// ```
/// use coze_transport::{HoldThroughBody, StackBuilder, testing::{Reply, Scripted}};
/// use tower::limit::ConcurrencyLimitLayer;
///
/// let four = ConcurrencyLimitLayer::new(4);
/// let stack = StackBuilder::over(Scripted::new([Reply::status(200)]))
///     .call_layer(HoldThroughBody::new(four))
///     .build();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HoldThroughBody<L>(L);

impl<L> HoldThroughBody<L> {
    /// Around `layer`.
    pub const fn new(layer: L) -> Self {
        Self(layer)
    }
}

impl<S, L: Layer<S>> Layer<S> for HoldThroughBody<L> {
    type Service = HoldThroughBodyService<L::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        HoldThroughBodyService(self.0.layer(inner))
    }
}

/// The service of [`HoldThroughBody`].
#[derive(Clone, Debug)]
pub struct HoldThroughBodyService<S>(S);

impl<S, R, B> Service<R> for HoldThroughBodyService<S>
where
    S: Service<R, Response = http::Response<B>>,
{
    type Response = http::Response<HeldBody<B, S::Future>>;
    type Error = S::Error;
    type Future = HoldThroughBodyFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        HoldThroughBodyFuture(Some(Box::pin(self.0.call(request))))
    }
}

/// The future of [`HoldThroughBodyService`].
pub struct HoldThroughBodyFuture<F>(Option<Pin<Box<F>>>);

impl<F> fmt::Debug for HoldThroughBodyFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HoldThroughBodyFuture")
            .finish_non_exhaustive()
    }
}

impl<F, B, E> Future for HoldThroughBodyFuture<F>
where
    F: Future<Output = Result<http::Response<B>, E>>,
{
    type Output = Result<http::Response<HeldBody<B, F>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.0 else {
            return Poll::Pending;
        };
        let result = ready!(future.as_mut().poll(cx));
        // What is over goes along with the body, for the sake of what it holds.
        let held = self.0.take();
        Poll::Ready(result.map(|response| response.map(|body| HeldBody { body, held })))
    }
}

pin_project! {
    /// The body of a [`HoldThroughBodyService`].
    pub struct HeldBody<B, F> {
        #[pin]
        body: B,
        held: Option<Pin<Box<F>>>,
    }
}

impl<B: fmt::Debug, F> fmt::Debug for HeldBody<B, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldBody")
            .field("body", &self.body)
            .field("held", &self.held.is_some())
            .finish()
    }
}

impl<B: Body<Data = Bytes>, F> Body for HeldBody<B, F> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            *this.held = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
