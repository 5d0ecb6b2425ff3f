//! The erased stack.

use std::{
    fmt,
    future::Future,
    task::{Context, Poll},
};

use bytes::Bytes;
use tower::{BoxError, Service, ServiceExt, util::BoxCloneSyncService};

use crate::{Request, Response, ResponseBody, TransportError};

/// A finished stack: any service from request to response, erased once.
///
/// `Clone + Send + Sync`; it has no background task and needs no runtime to be built.
#[derive(Clone)]
pub struct HttpStack(BoxCloneSyncService<Request, Response, BoxError>);

impl HttpStack {
    /// Wraps a service.
    pub fn new<S, B>(service: S) -> Self
    where
        S: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let service = service
            .map_response(|response: http::Response<B>| response.map(ResponseBody::stream))
            .map_err(Into::into);
        Self(BoxCloneSyncService::new(service))
    }

    /// Wraps a closure.
    pub fn from_fn<F, Fut, E>(f: F) -> Self
    where
        F: Fn(Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let service = tower::service_fn(f).map_err(Into::into);
        Self(BoxCloneSyncService::new(service))
    }

    /// Sends one request.
    ///
    /// # Errors
    ///
    /// [`TransportError`]; the error of a foreign layer is its source.
    pub async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.0
            .clone()
            .oneshot(request)
            .await
            .map_err(TransportError::from_box)
    }
}

impl fmt::Debug for HttpStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpStack").finish_non_exhaustive()
    }
}

impl Service<Request> for HttpStack {
    type Response = Response;
    type Error = BoxError;
    type Future = <BoxCloneSyncService<Request, Response, BoxError> as Service<Request>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0.call(request)
    }
}
