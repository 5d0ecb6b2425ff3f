//! Recording exchanges.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use tower::{Layer, Service};

use super::{
    cassette::Cassette,
    exchange::{Content, Exchange, RecordedRequest, RecordedResponse, headers},
    tee::Tee,
};
use crate::{BoxError, Request, RequestBody, Response, ResponseBody};

/// A layer that records what passes it. Clones share the recording.
///
/// Around a leaf it records what is on the wire; as an attempt layer, what the retry loop sees. Bodies are read
/// whole before they are handed on; the events of a stream are handed on as they come, and recorded with their times
/// when the stream is over or was dropped. Exchanges that fail are not recorded.
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
#[derive(Clone, Default)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// In the order of the requests; `None` where the response is still to come, or none came.
    exchanges: Mutex<Vec<Option<Exchange>>>,
    each: Option<Box<OnExchange>>,
}

type OnExchange = dyn Fn(usize, &Cassette) + Send + Sync;

impl Recorder {
    /// An empty recording.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty recording that hands each exchange over when it is over, with its place in the order of the requests,
    /// from 0; to write it to a file, for example.
    pub fn on_exchange(each: impl Fn(usize, &Cassette) + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                each: Some(Box::new(each)),
                ..Shared::default()
            }),
        }
    }

    /// What was recorded so far, secrets masked.
    pub fn cassette(&self) -> Cassette {
        Cassette::new(self.exchanges().iter().flatten().cloned())
    }

    fn exchanges(&self) -> MutexGuard<'_, Vec<Option<Exchange>>> {
        let exchanges = self.shared.exchanges.lock();
        exchanges.unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, request: RecordedRequest) -> Pending {
        let mut exchanges = self.exchanges();
        exchanges.push(None);
        Pending {
            recorder: self.clone(),
            place: exchanges.len() - 1,
            request: Some(request),
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("exchanges", &self.exchanges().len())
            .finish_non_exhaustive()
    }
}

/// An exchange whose response is still to come.
pub(super) struct Pending {
    recorder: Recorder,
    place: usize,
    request: Option<RecordedRequest>,
}

impl Pending {
    pub(super) fn finish(&mut self, response: RecordedResponse) {
        let Some(request) = self.request.take() else {
            return;
        };
        let exchange = Exchange { request, response };
        if let Some(each) = &self.recorder.shared.each {
            each(self.place, &Cassette::new([exchange.clone()]));
        }
        self.recorder.exchanges()[self.place] = Some(exchange);
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
            let mut pending = recorder.begin(asked);
            let request = Request::from_parts(parts, RequestBody::from(body));
            let response = inner.call(request).await.map_err(Into::into)?;
            let head = RecordedResponse {
                status: response.status().as_u16(),
                headers: headers(response.headers()),
                body: Content::Text(String::new()),
                truncated: false,
            };
            if is_stream(response.headers()) {
                let teed = response.map(|body| Tee::new(body, pending, head));
                return Ok(ResponseBody::erase(teed));
            }
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(Into::into)?.to_bytes();
            pending.finish(RecordedResponse {
                body: Content::new(&body),
                ..head
            });
            Ok(Response::from_parts(parts, ResponseBody::full(body)))
        }))
    }
}

fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
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
