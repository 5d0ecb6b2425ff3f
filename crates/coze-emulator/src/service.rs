//! The emulator without a socket.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, body::Body, routing::future::RouteFuture};
use bytes::Bytes;
use tower_service::Service;

/// The emulator as a service in this process: it responds to any request whose body is bytes.
///
/// Cheap to clone; all clones are the same emulator. It has to be called inside a tokio runtime.
#[derive(Clone)]
pub struct EmulatorService {
    router: Router,
}

impl EmulatorService {
    pub(crate) fn new(router: Router) -> Self {
        Self { router }
    }
}

impl fmt::Debug for EmulatorService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorService").finish_non_exhaustive()
    }
}

impl<B> Service<http::Request<B>> for EmulatorService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = EmulatorFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> EmulatorFuture {
        EmulatorFuture(self.router.call(request))
    }
}

/// The response to come.
pub struct EmulatorFuture(RouteFuture<Infallible>);

impl fmt::Debug for EmulatorFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorFuture").finish_non_exhaustive()
    }
}

impl Future for EmulatorFuture {
    type Output = Result<http::Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}
