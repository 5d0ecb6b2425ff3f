//! The erased stack.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use pin_project_lite::pin_project;
use tower::Service;

use crate::{BoxError, Request, Response, ResponseBody, TransportError};

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

impl<S, B> Erased for Adapter<S>
where
    S: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn call(&self, request: Request) -> BoxFuture {
        Box::pin(Sending {
            state: State::Ready {
                service: self.0.clone(),
                request: Some(request),
            },
        })
    }
}

pin_project! {
    // By hand, because an async block would hold the request and the future side by side: what is boxed for
    // each call is half the size this way, and small enough for the allocator's fast path more often.
    struct Sending<S>
    where
        S: Service<Request>,
    {
        #[pin]
        state: State<S, S::Future>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F> {
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

impl<S, B> Future for Sending<S>
where
    S: Service<Request, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Sent { future } => {
                    return future.poll(cx).map(|result| match result {
                        Ok(response) => Ok(ResponseBody::erase(response)),
                        Err(error) => Err(error.into()),
                    });
                }
                StateProj::Ready { service, request } => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        return Poll::Ready(Err(error.into()));
                    }
                    let Some(request) = request.take() else {
                        return Poll::Pending;
                    };
                    let future = service.call(request);
                    state.set(State::Sent { future });
                }
            }
        }
    }
}

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
