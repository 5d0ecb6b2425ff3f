//! A server that replies by a script.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use http_body_util::BodyExt;
use tower::Service;

use super::Reply;
use crate::{
    BoxError, CallOptions, ErrorKind, Outcome, Request, Response, TransportError, time::Instant,
    timeout::Timer,
};

/// Replies with one [`Reply`] after the other, and keeps the requests. Clones share both.
///
/// A request beyond the script's end fails, unless the script [repeats](Self::repeating) or comes
/// [from a closure](Self::from_fn).
#[derive(Clone)]
pub struct Scripted {
    shared: Arc<Mutex<Shared>>,
    began: Instant,
}

type Respond = dyn Fn(&RecordedRequest) -> Reply + Send + Sync;

#[derive(Default)]
struct Shared {
    replies: VecDeque<Reply>,
    beyond: Option<Arc<Respond>>,
    seen: Vec<RecordedRequest>,
}

/// A request that reached a [`Scripted`] server.
#[derive(Clone)]
pub struct RecordedRequest {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    options: CallOptions,
    number: usize,
    at: Duration,
}

impl RecordedRequest {
    /// Its method.
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Its address.
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Its headers.
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Its body.
    pub const fn body(&self) -> &Bytes {
        &self.body
    }

    /// Its settings.
    pub const fn options(&self) -> &CallOptions {
        &self.options
    }

    /// Which request of the script it is, from 1.
    pub const fn number(&self) -> usize {
        self.number
    }

    /// When it came, counted from the making of the script.
    pub const fn at(&self) -> Duration {
        self.at
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The map shows sensitive values as such.
        f.debug_struct("RecordedRequest")
            .field("method", &self.method)
            .field("uri", &self.uri)
            .field("headers", &self.headers)
            .field("body_len", &self.body.len())
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Counts alone: neither the replies that are left nor the requests.
impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        f.debug_struct("Scripted")
            .field("left", &shared.replies.len())
            .field("repeats", &shared.beyond.is_some())
            .field("seen", &shared.seen.len())
            .finish_non_exhaustive()
    }
}

impl Scripted {
    /// A script of `replies`.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            shared: Arc::new(Mutex::new(Shared {
                replies: replies.into_iter().collect(),
                ..Shared::default()
            })),
            began: Instant::now(),
        }
    }

    /// The same reply for ever.
    pub fn repeating(reply: Reply) -> Self {
        Self::from_fn(move |_| reply.clone())
    }

    /// A reply for each request as `respond` says, for as long as there are requests.
    ///
    /// ```
    /// use coze_transport::testing::{Reply, Scripted};
    ///
    /// // Busy at every other request.
    /// let server = Scripted::from_fn(|request| match request.number() % 2 {
    ///     1 => Reply::status(503),
    ///     _ => Reply::json(200, r#"{"code":0}"#),
    /// });
    /// ```
    pub fn from_fn(respond: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static) -> Self {
        let script = Self::new([]);
        script.lock().beyond = Some(Arc::new(respond));
        script
    }

    /// Adds a reply at the end.
    pub fn push(&self, reply: Reply) {
        self.lock().replies.push_back(reply);
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().seen.clone()
    }

    /// How many replies were not asked for.
    pub fn left(&self) -> usize {
        self.lock().replies.len()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, mut seen: RecordedRequest) -> Option<Reply> {
        let mut shared = self.lock();
        seen.number = shared.seen.len() + 1;
        shared.seen.push(seen.clone());
        let next = shared.replies.pop_front();
        let beyond = shared.beyond.clone();
        // The closure may look at the script.
        drop(shared);
        next.or_else(|| beyond.map(|respond| respond(&seen)))
    }

    async fn response(self, request: Request) -> Result<Response, BoxError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let seen = RecordedRequest {
            options: CallOptions::resolve(&parts.extensions),
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
            number: 0,
            at: self.began.elapsed(),
        };
        let Some(reply) = self.take(seen) else {
            return Err(TransportError::new(
                ErrorKind::Request,
                Outcome::NotAccepted,
                "the script has no reply left",
            )
            .into());
        };
        if !reply.delay.is_zero() {
            let until = Instant::now() + reply.delay;
            let mut timer = std::pin::pin!(Timer::default());
            std::future::poll_fn(|cx| timer.as_mut().poll_until(cx, until)).await;
        }
        match reply.play() {
            Some(result) => result,
            None => std::future::pending().await,
        }
    }
}

impl Service<Request> for Scripted {
    type Response = Response;
    type Error = BoxError;
    type Future = ScriptedFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> ScriptedFuture {
        ScriptedFuture(Box::pin(self.clone().response(request)))
    }
}

/// The future of [`Scripted`].
pub struct ScriptedFuture(Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>);

impl fmt::Debug for ScriptedFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedFuture").finish_non_exhaustive()
    }
}

impl Future for ScriptedFuture {
    type Output = Result<Response, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}
