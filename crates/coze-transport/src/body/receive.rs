//! The layer that receives a response: its head in time, its body to the end.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::response::Parts;
use http_body::Body;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{
    BodyLimits, ResponseBody,
    clock::Clock,
    collect::Collect,
    limits::Truncated,
    options::{Accepted, ReceiveOptions},
};
use crate::{
    BoxError, CallOptions, LogId, Request, Response, ResponseMode, Timeouts, TransportError,
    timeout::Timer,
};

/// Receives responses: bounds the wait for the head, then buffers the body or hands it over bounded.
///
/// A buffered body is judged: it must be as long as announced, arrive at one byte a second or more, stay
/// within its limit, carry no coding that was not asked for, and, where only the end of the connection
/// ends it, not stop in the middle of a JSON document.
#[derive(Clone, Copy, Debug, Default)]
pub struct BufferResponseLayer {
    timeouts: Timeouts,
    limits: BodyLimits,
}

impl BufferResponseLayer {
    /// Applies `timeouts` (all but the call's) and `limits`.
    pub const fn new(timeouts: Timeouts, limits: BodyLimits) -> Self {
        Self { timeouts, limits }
    }
}

impl<S> Layer<S> for BufferResponseLayer {
    type Service = BufferResponseService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BufferResponseService {
            inner,
            layer: Arc::new(*self),
        }
    }
}

/// The service of [`BufferResponseLayer`].
#[derive(Clone, Debug)]
pub struct BufferResponseService<S> {
    inner: S,
    // Shared, because each call is made on a clone of the service.
    layer: Arc<BufferResponseLayer>,
}

impl<S, B> Service<Request> for BufferResponseService<S>
where
    S: Service<Request, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = BoxError;
    type Future = BufferResponseFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let mut call = CallOptions::resolve(request.extensions());
        let is_head = request.method() == http::Method::HEAD;
        let timeouts = &self.layer.timeouts;
        call.head_timeout = call.head_timeout.or(timeouts.head);
        call.attempt_timeout = call.attempt_timeout.or(timeouts.attempt);
        // What waits below before it sends anything keeps these limits itself: it alone knows that nothing was sent.
        if let Some(slot) = request.extensions_mut().get_mut::<CallOptions>() {
            *slot = call;
        }
        BufferResponseFuture {
            state: State::Head {
                future: self.inner.call(request),
            },
            timer: Timer::default(),
            options: ReceiveOptions {
                head: call.head_timeout,
                attempt: call.attempt_timeout,
                idle: call.idle_timeout.or(timeouts.idle),
                slow: timeouts.slow_body,
                expires: call.expires,
                limits: BodyLimits {
                    success: call.body_limit.unwrap_or(self.layer.limits.success),
                    ..self.layer.limits
                },
                streaming: call.mode() == ResponseMode::Streaming,
                is_head,
            },
            clock: Clock::default(),
        }
    }
}

pin_project! {
    /// The future of [`BufferResponseService`].
    pub struct BufferResponseFuture<F, B> {
        #[pin]
        state: State<F, B>,
        #[pin]
        timer: Timer,
        options: ReceiveOptions,
        clock: Clock,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B> {
        Head {
            #[pin]
            future: F,
        },
        Body {
            #[pin]
            collect: Collect<B>,
            parts: Option<Parts>,
        },
    }
}

impl<F, B> std::fmt::Debug for BufferResponseFuture<F, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BufferResponseFuture")
            .finish_non_exhaustive()
    }
}

impl<F, B, E> Future for BufferResponseFuture<F, B>
where
    F: Future<Output = Result<http::Response<B>, E>>,
    E: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProj::Head { future } => {
                    let Poll::Ready(result) = future.poll(cx) else {
                        let error = ready!(this.clock.poll_head(this.timer, cx, this.options));
                        return Poll::Ready(Err(error.into()));
                    };
                    let (mut parts, body) = result.map_err(Into::into)?.into_parts();
                    let collect = match this.options.accept(&mut parts, body) {
                        Ok(Accepted::Whole(body)) => {
                            return Poll::Ready(Ok(http::Response::from_parts(parts, body)));
                        }
                        Ok(Accepted::Buffer(collect)) => collect,
                        Err(error) => return Poll::Ready(Err(about(error, &parts).into())),
                    };
                    let parts = Some(parts);
                    this.state.set(State::Body { collect, parts });
                }
                StateProj::Body { mut collect, parts } => {
                    let result = match collect.as_mut().poll(cx, this.options.expires) {
                        Poll::Ready(result) => result,
                        Poll::Pending => {
                            let read = collect.progress();
                            Err(ready!(this.clock.poll_body(
                                this.timer,
                                cx,
                                this.options,
                                read
                            )))
                        }
                    };
                    let Some(mut parts) = parts.take() else {
                        return Poll::Pending;
                    };
                    return Poll::Ready(match result {
                        Ok(read) => {
                            let body = if read.truncated {
                                parts.extensions.insert(Truncated);
                                ResponseBody::truncated(read.bytes)
                            } else {
                                ResponseBody::full(read.bytes)
                            };
                            Ok(http::Response::from_parts(parts, body))
                        }
                        Err(error) => Err(about(error, &parts).into()),
                    });
                }
            }
        }
    }
}

/// Adds what the head told to an error of the body.
pub(super) fn about(error: TransportError, parts: &Parts) -> TransportError {
    error
        .with_status(parts.status)
        .with_log_id(parts.extensions.get::<LogId>().cloned())
}
