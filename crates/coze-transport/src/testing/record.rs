//! Recording exchanges.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::BodyExt;
use tower::{Layer, Service};

use super::cassette::{Cassette, Content, Exchange, RecordedRequest, RecordedResponse, headers};
use crate::{BoxError, Request, RequestBody, Response, ResponseBody};

/// A layer that records what passes it. Clones share the recording.
///
/// Around a leaf it records what is on the wire; as an attempt layer, what the retry loop sees. Bodies are read
/// whole before they are handed on, streams too. Exchanges that fail are not recorded.
///
/// ```
/// use coze_transport::{StackBuilder, testing::{Recorder, Reply, Scripted}};
/// use tower::Layer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let recorder = Recorder::new();
/// let real = Scripted::new([Reply::json(200, r#"{"code":0}"#)]);
/// let stack = StackBuilder::over(recorder.layer(real)).build();
/// stack.send(http::Request::get("/v1/ping").body(Default::default())?).await?;
///
/// let replayed = StackBuilder::over(recorder.cassette()).build();
/// let response = replayed.send(http::Request::get("/v1/ping").body(Default::default())?).await?;
/// assert_eq!(response.body().buffered().unwrap(), r#"{"code":0}"#);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Recorder {
    /// An empty recording.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was recorded so far, secrets masked.
    pub fn cassette(&self) -> Cassette {
        let exchanges = self.exchanges.lock();
        Cassette::new(exchanges.unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn push(&self, exchange: Exchange) {
        let exchanges = self.exchanges.lock();
        exchanges
            .unwrap_or_else(PoisonError::into_inner)
            .push(exchange);
    }
}

impl<S> Layer<S> for Recorder {
    type Service = RecorderService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RecorderService {
            inner,
            recorder: self.clone(),
        }
    }
}

/// The service of [`Recorder`].
#[derive(Clone, Debug)]
pub struct RecorderService<S> {
    inner: S,
    recorder: Recorder,
}

impl<S, B> Service<Request> for RecorderService<S>
where
    S: Service<Request, Response = http::Response<B>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = BoxError;
    type Future = RecorderFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request) -> RecorderFuture {
        let fresh = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, fresh);
        let recorder = self.recorder.clone();
        RecorderFuture(Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let asked = RecordedRequest {
                method: parts.method.as_str().to_owned(),
                path: parts
                    .uri
                    .path_and_query()
                    .map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned()),
                headers: headers(&parts.headers),
                body: Content::new(&body),
            };
            let request = Request::from_parts(parts, RequestBody::from(body));
            let response = inner.call(request).await.map_err(Into::into)?;
            let (parts, body) = response.into_parts();
            let body = match body.collect().await {
                Ok(body) => body.to_bytes(),
                Err(error) => return Err(error.into()),
            };
            let response = RecordedResponse {
                status: parts.status.as_u16(),
                headers: headers(&parts.headers),
                body: Content::new(&body),
            };
            recorder.push(Exchange {
                request: asked,
                response,
            });
            Ok(Response::from_parts(parts, ResponseBody::full(body)))
        }))
    }
}

/// The future of [`RecorderService`].
pub struct RecorderFuture(Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>);

impl fmt::Debug for RecorderFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecorderFuture").finish_non_exhaustive()
    }
}

impl Future for RecorderFuture {
    type Output = Result<Response, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}
