//! What stands in a stack.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::Body;
use pin_project_lite::pin_project;
use tower::Service;

use crate::{BoxError, Request};

/// A service that can stand in a stack: at its bottom, or as what a layer of the caller's makes.
///
/// Every [`Service`] from a [`Request`] to an `http::Response<B>` is one that is `Clone + Send + Sync + 'static`, has an error
/// that becomes a [`BoxError`], a future that is `Send + 'static`, and a body `B` of `Bytes` that is `Send + 'static` with
/// such an error too. It is a name for these bounds; there is nothing to implement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a stack",
    note = "a service in a stack is a `Service<Request, Response = http::Response<B>>` and `Clone + Send + Sync + 'static`; \
            its future is `Send + 'static`, and its error becomes a `BoxError`"
)]
pub trait StackService:
    Service<
        Request,
        Response = http::Response<<Self as StackService>::Body>,
        Error: Into<BoxError>,
        Future: Send + 'static,
    > + Clone
    + Send
    + Sync
    + 'static
{
    /// The body of its responses.
    type Body: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;
}

impl<S, B> StackService for S
where
    S: Service<
            Request,
            Response = http::Response<B>,
            Error: Into<BoxError>,
            Future: Send + 'static,
        > + Clone
        + Send
        + Sync
        + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Body = B;
}

pin_project! {
    /// One request, sent when its service is ready.
    #[project = SendingProj]
    pub(crate) enum Sending<S, F> {
        Ready {
            service: S,
            request: Option<Request>,
        },
        Sent {
            #[pin]
            future: F,
        },
    }
}

impl<S, F> Sending<S, F> {
    pub(crate) const fn new(service: S, request: Request) -> Self {
        Self::Ready {
            service,
            request: Some(request),
        }
    }
}

impl<S> Future for Sending<S, S::Future>
where
    S: Service<Request>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                SendingProj::Sent { future } => return future.poll(cx).map_err(Into::into),
                SendingProj::Ready { service, request } => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        return Poll::Ready(Err(error.into()));
                    }
                    let Some(request) = request.take() else {
                        return Poll::Pending;
                    };
                    let future = service.call(request);
                    self.set(Self::Sent { future });
                }
            }
        }
    }
}
