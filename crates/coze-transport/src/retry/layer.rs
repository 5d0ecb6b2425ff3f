//! The retry loop.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{
    Classify, HttpClassifier, RateLimit, RetryPolicy,
    call::{Call, Next, Shared},
};
use crate::{
    BoxError, Credentials, ErrorKind, Outcome, Request, Response, Stage, TimeoutKind,
    TransportError,
    time::Instant,
    timeout::{RareTimer, expired},
};

/// Tries again what failed, where that is safe, and records every attempt.
///
/// The result carries [`Attempts`](crate::Attempts): as an extension of the response, or within the [`TransportError`].
#[derive(Clone)]
pub struct RetryLayer {
    shared: Arc<Shared>,
}

impl RetryLayer {
    /// Retries by `policy`, judging by HTTP alone.
    pub fn new(policy: RetryPolicy) -> Self {
        Self {
            shared: Arc::new(Shared {
                policy,
                classify: Arc::new(HttpClassifier),
                credentials: None,
                rate: None,
            }),
        }
    }

    /// Judges by `classify`.
    #[must_use]
    pub fn classify(mut self, classify: Arc<dyn Classify>) -> Self {
        Arc::make_mut(&mut self.shared).classify = classify;
        self
    }

    /// Tells `credentials` of refused tokens, and tries once more if they have another. They are those of
    /// the [`AuthLayer`](crate::AuthLayer) below.
    #[must_use]
    pub fn credentials(mut self, credentials: Arc<dyn Credentials>) -> Self {
        Arc::make_mut(&mut self.shared).credentials = Some(credentials);
        self
    }
}

impl RetryLayer {
    /// Bounds the requests a second, all attempts of all calls together.
    #[must_use]
    pub fn rate_limit(mut self, rate: RateLimit) -> Self {
        Arc::make_mut(&mut self.shared).rate = Some(rate);
        self
    }
}

impl fmt::Debug for RetryLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shared, f)
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = RetryService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RetryService {
            inner: Arc::new(inner),
            shared: Arc::clone(&self.shared),
        }
    }
}

/// The service of [`RetryLayer`]. Always ready: what is below is readied for each attempt, on a copy that is
/// made for each call.
#[derive(Debug)]
pub struct RetryService<S> {
    inner: Arc<S>,
    shared: Arc<Shared>,
}

impl<S> Clone for RetryService<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S> Service<Request> for RetryService<S>
where
    S: Service<Request, Response = Response> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = BoxError;
    type Future = RetryFuture<S>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let call = Call::new(Arc::clone(&self.shared), &request);
        let request = Some(request);
        let state = if self.shared.rate.is_some() {
            State::Turn { request }
        } else {
            State::Next { request }
        };
        RetryFuture {
            service: S::clone(&self.inner),
            state,
            timer: RareTimer::default(),
            call,
        }
    }
}

pin_project! {
    /// The future of [`RetryService`].
    pub struct RetryFuture<S>
    where
        S: Service<Request>,
    {
        service: S,
        #[pin]
        state: State<S::Future>,
        timer: RareTimer,
        call: Call,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Next {
            request: Option<Request>,
        },
        Sent {
            #[pin]
            future: F,
        },
        Wait {
            until: Instant,
        },
        // The first attempt waits for its turn, which is taken at the first poll.
        Turn {
            request: Option<Request>,
        },
    }
}

impl<S: Service<Request>> fmt::Debug for RetryFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture").finish_non_exhaustive()
    }
}

impl<S> Future for RetryFuture<S>
where
    S: Service<Request, Response = Response>,
    S::Error: Into<BoxError>,
{
    type Output = Result<Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProj::Next { request } => {
                    let ready = this.service.poll_ready(cx);
                    let result = match (ready, this.call.expires()) {
                        (Poll::Ready(Ok(())), _) => None,
                        // Nothing was sent of this attempt.
                        (Poll::Ready(Err(error)), _) => {
                            Some(TransportError::of_layer(error.into(), Outcome::NotAccepted))
                        }
                        (Poll::Pending, Some(at)) => {
                            ready!(this.timer.poll_until(cx, at));
                            Some(expired(Outcome::NotAccepted).at(Stage::Prepare))
                        }
                        (Poll::Pending, None) => return Poll::Pending,
                    };
                    if let Some(error) = result {
                        return Poll::Ready(this.call.end(Err(error), None));
                    }
                    let Some(request) = request.take().or_else(|| this.call.again()) else {
                        // Only polled after its end, or with a body that denies that it can be reopened.
                        return Poll::Pending;
                    };
                    let future = this.service.call(request);
                    this.state.set(State::Sent { future });
                }
                StateProj::Sent { future } => {
                    let result = ready!(future.poll(cx));
                    let result = result.map_err(|error| TransportError::from_box(error.into()));
                    match this.call.judge(result) {
                        Next::End(result) => return Poll::Ready(result),
                        Next::After(delay) if delay.is_zero() => {
                            this.state.set(State::Next { request: None });
                        }
                        Next::After(delay) => {
                            let until = Instant::now() + delay;
                            this.state.set(State::Wait { until });
                        }
                    }
                }
                StateProj::Wait { until } => {
                    ready!(this.timer.poll_until(cx, *until));
                    this.state.set(State::Next { request: None });
                }
                StateProj::Turn { request } => {
                    let Some(at) = this.timer.until().or_else(|| this.call.first_turn()) else {
                        let error = TransportError::new(
                            ErrorKind::Timeout(TimeoutKind::Deadline),
                            Outcome::NotAccepted,
                            "the rate limit has no turn for the request before the deadline of the call",
                        );
                        let error = error.at(Stage::Prepare);
                        return Poll::Ready(this.call.end(Err(error), None));
                    };
                    ready!(this.timer.poll_until(cx, at));
                    let request = request.take();
                    this.state.set(State::Next { request });
                }
            }
        }
    }
}
