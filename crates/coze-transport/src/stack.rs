//! The erased stack.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::Service;

use crate::{
    BoxError, Request, Response, ResponseBody, StackService, TransportError, service::Sending,
};

/// A finished stack: any service from request to response, erased once.
///
/// `Clone + Send + Sync`, a reference count to clone; it has no background task and needs no runtime to
/// be built. As a service it is always ready: what it wraps is readied by each call, on a clone of its
/// own.
#[derive(Clone)]
pub struct HttpStack(Arc<dyn Erased>);

type BoxFuture = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

trait Erased: Send + Sync {
    fn call(&self, request: Request) -> BoxFuture;
}

struct Adapter<S>(S);

impl<S: StackService> Erased for Adapter<S> {
    fn call(&self, request: Request) -> BoxFuture {
        Box::pin(Erasing {
            sending: Sending::new(self.0.clone(), request),
        })
    }
}

pin_project! {
    // By hand, because an async block would hold the request and the future side by side: what is boxed for
    // each call is half the size this way, and small enough for the allocator's fast path more often.
    struct Erasing<S>
    where
        S: Service<Request>,
    {
        #[pin]
        sending: Sending<S, S::Future>,
    }
}

impl<S: StackService> Future for Erasing<S> {
    type Output = Result<Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.project().sending.poll(cx));
        Poll::Ready(result.map(ResponseBody::erase))
    }
}

impl HttpStack {
    /// Wraps a service.
    pub fn new<S: StackService>(service: S) -> Self {
        Self(Arc::new(Adapter(service)))
    }

    /// Wraps a closure.
    ///
    /// ```
    /// use coze_transport::{HttpStack, Request, Response, ResponseBody, TransportError};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let stack = HttpStack::from_fn(|request: Request| async move {
    ///     let path = request.uri().path().to_owned();
    ///     Ok::<_, TransportError>(Response::new(ResponseBody::full(path.into())))
    /// });
    /// let response = stack.send(http::Request::get("/ping").body(Default::default())?).await?;
    /// assert_eq!(response.body().buffered().unwrap(), "/ping");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_fn<F, Fut, E>(f: F) -> Self
    where
        F: Fn(Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Response, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        Self::new(tower::service_fn(f))
    }

    /// Sends one request, once the future is polled.
    ///
    /// # Errors
    ///
    /// [`TransportError`]; the error of a foreign layer is its source.
    pub fn send(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, TransportError>> + Send + use<> {
        // An async fn would carry the request along as well.
        let response = self.0.call(request);
        async move { response.await.map_err(TransportError::from_box) }
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
    type Future = StackFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> StackFuture {
        StackFuture(self.0.call(request))
    }
}

/// The future of [`HttpStack`].
pub struct StackFuture(BoxFuture);

impl fmt::Debug for StackFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StackFuture").finish_non_exhaustive()
    }
}

impl Future for StackFuture {
    type Output = Result<Response, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}
