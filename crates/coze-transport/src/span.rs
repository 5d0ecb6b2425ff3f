//! One span for each call.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::{Layer, Service};
use tracing::{Span, field::Empty};

use crate::{Attempts, BoxError, CallOptions, LogId, Request, TransportError};

/// Opens the span `call` around each call, at level INFO, target `coze_transport::span`.
///
/// Its fields are stable: `operation`, and at the end
/// `status`, `log_id`, `attempts`, `outcome` (`not_accepted`, `accepted`, `unknown`) and `error` (the
/// failure in one clause). Addresses, headers and bodies are not among them. A streamed response's span ends
/// with its head. Where nobody listens, a call pays for one check.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpanLayer(());

impl SpanLayer {
    /// Makes the layer.
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for SpanLayer {
    type Service = SpanService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SpanService { inner }
    }
}

/// The service of [`SpanLayer`].
#[derive(Clone, Debug)]
pub struct SpanService<S> {
    inner: S,
}

impl<S, B> Service<Request> for SpanService<S>
where
    S: Service<Request, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = SpanFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let span = tracing::info_span!(
            "call",
            operation = Empty,
            status = Empty,
            log_id = Empty,
            attempts = Empty,
            outcome = Empty,
            error = Empty,
        );
        if !span.is_disabled()
            && let Some(operation) = CallOptions::resolve(request.extensions()).operation
        {
            span.record("operation", operation.0);
        }
        let inner = {
            let _entered = (!span.is_disabled()).then(|| span.enter());
            self.inner.call(request)
        };
        SpanFuture { inner, span }
    }
}

pin_project! {
    /// The future of [`SpanService`].
    #[derive(Debug)]
    pub struct SpanFuture<F> {
        #[pin]
        inner: F,
        span: Span,
    }
}

impl<F, B, E> Future for SpanFuture<F>
where
    F: Future<Output = Result<http::Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<http::Response<B>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.span.is_disabled() {
            return this.inner.poll(cx).map_err(Into::into);
        }
        let result = {
            let _entered = this.span.enter();
            ready!(this.inner.poll(cx)).map_err(Into::into)
        };
        record(this.span, &result);
        Poll::Ready(result)
    }
}

fn record<B>(span: &Span, result: &Result<http::Response<B>, BoxError>) {
    let attempts = match result {
        Ok(response) => {
            span.record("status", response.status().as_u16());
            if let Some(id) = response.extensions().get::<LogId>() {
                span.record("log_id", id.as_str());
            }
            response.extensions().get::<Attempts>()
        }
        Err(error) => {
            let own = error.downcast_ref::<TransportError>();
            span.record(
                "error",
                own.map_or("a layer failed", TransportError::message),
            );
            if let Some(id) = own.and_then(TransportError::log_id) {
                span.record("log_id", id.as_str());
            }
            if let Some(own) = own {
                span.record("outcome", own.outcome().as_str());
            }
            own.map(TransportError::attempts)
        }
    };
    if let Some(attempts) = attempts.filter(|attempts| !attempts.is_empty()) {
        span.record("attempts", attempts.len());
        span.record("outcome", attempts.outcome().as_str());
    }
}
