//! The layer that receives an answer: its head in time, its body to the end.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, Version,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
    response::Parts,
};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::Instant;
use tower::{Layer, Service};

use super::{
    ResponseBody,
    collect::{Collect, Plan, sooner, too_large},
    timed::TimedBody,
};
use crate::{
    BoxError, CallOptions, ErrorKind, LogId, Outcome, Request, Response, ResponseMode, Stage,
    TimeoutKind, Timeouts, TransportError,
    timeout::{Timer, expired},
};

/// How much of a body is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodyLimits {
    /// Largest buffered body of a success; 32 MiB. A larger one is an error, and it is not read on.
    pub success: usize,
    /// Most that is kept of the body of any other answer; 64 KiB. What follows is dropped.
    pub failure: usize,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self {
            success: 32 * 1024 * 1024,
            failure: 64 * 1024,
        }
    }
}

impl BodyLimits {
    /// Replaces the limit of a success.
    #[must_use]
    pub const fn success(mut self, bytes: usize) -> Self {
        self.success = bytes;
        self
    }

    /// Replaces the limit of any other answer.
    #[must_use]
    pub const fn failure(mut self, bytes: usize) -> Self {
        self.failure = bytes;
        self
    }
}

/// Receives answers: bounds the wait for the head, then buffers the body or hands it over bounded.
///
/// A buffered body is judged: it must be as long as announced, arrive at one byte a second or more, stay
/// within its limit, carry no coding that was not asked for, and, where only the end of the connection
/// ends it, not stop in the middle of a JSON document.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReceiveLayer {
    timeouts: Timeouts,
    limits: BodyLimits,
}

impl ReceiveLayer {
    /// Applies `timeouts` (all but the call's) and `limits`.
    pub const fn new(timeouts: Timeouts, limits: BodyLimits) -> Self {
        Self { timeouts, limits }
    }
}

impl<S> Layer<S> for ReceiveLayer {
    type Service = ReceiveService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ReceiveService {
            inner,
            layer: *self,
        }
    }
}

/// The service of [`ReceiveLayer`].
#[derive(Clone, Debug)]
pub struct ReceiveService<S> {
    inner: S,
    layer: ReceiveLayer,
}

impl<S, B> Service<Request> for ReceiveService<S>
where
    S: Service<Request, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = BoxError;
    type Future = ReceiveFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let options = CallOptions::resolve(request.extensions());
        let is_head = request.method() == http::Method::HEAD;
        let timeouts = &self.layer.timeouts;
        ReceiveFuture {
            state: State::Head {
                future: self.inner.call(request),
            },
            timer: Timer::default(),
            rules: Rules {
                head: options.head_timeout.or(timeouts.head),
                attempt: options.attempt_timeout.or(timeouts.attempt),
                idle: options.idle_timeout.or(timeouts.idle),
                slow: timeouts.slow_body,
                expires: options.expires,
                limits: BodyLimits {
                    success: options.body_limit.unwrap_or(self.layer.limits.success),
                    ..self.layer.limits
                },
                streaming: options.mode() == ResponseMode::Streaming,
                is_head,
            },
            clock: Clock::default(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Rules {
    head: Option<Duration>,
    attempt: Option<Duration>,
    idle: Option<Duration>,
    slow: Option<Duration>,
    expires: Option<Instant>,
    limits: BodyLimits,
    streaming: bool,
    is_head: bool,
}

/// When the waits began. Read at the first wait, so that nothing asks for the time in vain.
#[derive(Debug, Default)]
struct Clock {
    started: Option<Instant>,
    /// Start of the present window of the rule on slow bodies, and what had been read by then.
    window: Option<(Instant, usize)>,
}

pin_project! {
    /// The future of [`ReceiveService`].
    pub struct ReceiveFuture<F, B> {
        #[pin]
        state: State<F, B>,
        #[pin]
        timer: Timer,
        rules: Rules,
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

impl<F, B> std::fmt::Debug for ReceiveFuture<F, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiveFuture").finish_non_exhaustive()
    }
}

impl<F, B, E> Future for ReceiveFuture<F, B>
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
                        let error = ready!(this.clock.poll_head(this.timer, cx, this.rules));
                        return Poll::Ready(Err(error.into()));
                    };
                    let (parts, body) = result.map_err(Into::into)?.into_parts();
                    let collect = match this.rules.accept(&parts, body) {
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
                    let result = match collect.as_mut().poll(cx) {
                        Poll::Ready(result) => result,
                        Poll::Pending => {
                            let read = collect.progress();
                            Err(ready!(
                                this.clock.poll_body(this.timer, cx, this.rules, read)
                            ))
                        }
                    };
                    let Some(parts) = parts.take() else {
                        return Poll::Pending;
                    };
                    return Poll::Ready(match result {
                        Ok(read) => {
                            let body = if read.cut {
                                ResponseBody::cut(read.bytes)
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

enum Accepted<B> {
    Whole(ResponseBody),
    Buffer(Collect<B>),
}

impl Rules {
    /// Decides by the head what becomes of the body.
    fn accept<B>(&self, parts: &Parts, body: B) -> Result<Accepted<B>, TransportError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        check_codings(&parts.headers)?;
        let success = parts.status.is_success();
        if self.streaming && success && !is_json(&parts.headers) {
            let log_id = parts.extensions.get::<LogId>().cloned();
            let body = TimedBody::new(body, self.idle, self.expires, log_id);
            return Ok(Accepted::Whole(ResponseBody::timed(body)));
        }
        let limit = if success {
            self.limits.success
        } else {
            self.limits.failure
        };
        let chunked = parts.headers.contains_key(TRANSFER_ENCODING);
        let announced = if self.is_head || chunked || bodiless(parts) {
            None
        } else {
            content_length(&parts.headers)
        };
        let known = announced.or(body.size_hint().exact());
        if success && known.is_some_and(|known| known > limit as u64) {
            return Err(too_large(limit));
        }
        let open_ended = known.is_none() && !chunked && parts.version < Version::HTTP_2;
        Ok(Accepted::Buffer(Collect::new(
            body,
            Plan {
                limit,
                cut: !success,
                announced,
                open_ended,
            },
        )))
    }
}

fn bodiless(parts: &Parts) -> bool {
    let status = parts.status.as_u16();
    status < 200 || status == 204 || status == 304
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// Whether the media type is JSON, in any case, with or without parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return false;
    };
    let value = value.as_bytes();
    let end = value.iter().position(|byte| *byte == b';');
    let media = value[..end.unwrap_or(value.len())].trim_ascii();
    media.eq_ignore_ascii_case(b"application/json")
        || media.eq_ignore_ascii_case(b"text/json")
        || (media.len() > 5 && media[media.len() - 5..].eq_ignore_ascii_case(b"+json"))
}

/// Refuses codings that were not asked for.
fn check_codings(headers: &HeaderMap) -> Result<(), TransportError> {
    for (name, allowed) in [
        (CONTENT_ENCODING, "identity"),
        (TRANSFER_ENCODING, "chunked"),
    ] {
        for value in headers.get_all(&name) {
            let value = value.as_bytes().trim_ascii();
            if !value.is_empty() && !value.eq_ignore_ascii_case(allowed.as_bytes()) {
                let shown: String = String::from_utf8_lossy(value).chars().take(32).collect();
                return Err(TransportError::new(
                    ErrorKind::Protocol,
                    Outcome::Unknown,
                    format!("the answer has a {name} that was not asked for: {shown:?}"),
                )
                .permanent());
            }
        }
    }
    Ok(())
}

/// Adds what the head told to an error of the body.
fn about(error: TransportError, parts: &Parts) -> TransportError {
    error
        .with_status(parts.status)
        .with_log_id(parts.extensions.get::<LogId>().cloned())
}

impl Clock {
    /// The error once the head has been waited for too long.
    fn poll_head(
        &mut self,
        timer: Pin<&mut Timer>,
        cx: &mut Context<'_>,
        rules: &Rules,
    ) -> Poll<TransportError> {
        if rules.head.is_none() && rules.attempt.is_none() && rules.expires.is_none() {
            return Poll::Pending;
        }
        let started = *self.started.get_or_insert_with(Instant::now);
        let head = rules.head.and_then(|limit| started.checked_add(limit));
        let attempt = rules.attempt.and_then(|limit| started.checked_add(limit));
        let Some(at) = sooner(sooner(head, attempt), rules.expires) else {
            return Poll::Pending;
        };
        ready!(timer.poll_until(cx, at));
        Poll::Ready(if rules.expires == Some(at) {
            expired(Outcome::Unknown)
        } else if attempt == Some(at) {
            attempt_over(rules)
        } else {
            TransportError::new(
                ErrorKind::Timeout(TimeoutKind::Head),
                Outcome::Unknown,
                format!(
                    "no answer began within {:?}",
                    rules.head.unwrap_or_default()
                ),
            )
        })
    }

    /// The error once the body, of which `read` bytes are there, has been waited for too long.
    fn poll_body(
        &mut self,
        timer: Pin<&mut Timer>,
        cx: &mut Context<'_>,
        rules: &Rules,
        read: usize,
    ) -> Poll<TransportError> {
        // The floor of one byte a second, over the length of the window.
        let floor = |slow: Duration| usize::try_from(slow.as_secs()).unwrap_or(1).max(1);
        let window = match (rules.slow, self.window) {
            (None, _) => None,
            (Some(slow), Some((since, before))) if read - before < floor(slow) => {
                since.checked_add(slow)
            }
            (Some(slow), _) => {
                let now = Instant::now();
                self.window = Some((now, read));
                now.checked_add(slow)
            }
        };
        let attempt = match rules.attempt {
            Some(limit) => self
                .started
                .get_or_insert_with(Instant::now)
                .checked_add(limit),
            None => None,
        };
        let Some(at) = sooner(sooner(window, attempt), rules.expires) else {
            return Poll::Pending;
        };
        ready!(timer.poll_until(cx, at));
        Poll::Ready(if rules.expires == Some(at) {
            expired(Outcome::Unknown).at(Stage::Body)
        } else if attempt == Some(at) {
            attempt_over(rules).at(Stage::Body)
        } else {
            let slow = rules.slow.unwrap_or_default();
            tracing::warn!(read, "body stalled");
            TransportError::new(
                ErrorKind::Timeout(TimeoutKind::Idle),
                Outcome::Unknown,
                format!("the body brought less than a byte a second for {slow:?}"),
            )
        })
    }
}

fn attempt_over(rules: &Rules) -> TransportError {
    TransportError::new(
        ErrorKind::Timeout(TimeoutKind::Attempt),
        Outcome::Unknown,
        format!(
            "the attempt took longer than {:?}",
            rules.attempt.unwrap_or_default()
        ),
    )
}
