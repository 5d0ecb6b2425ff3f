//! The retry loop.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::Instant;
use tower::{Layer, Service};

use super::{
    Attempt, Attempts, Classify, HttpClassifier, Quota, RetryPolicy, Verdict, retry_after,
    saved::Saved,
};
use crate::{
    BoxError, CallOptions, Credentials, ErrorKind, Generation, LogId, Outcome, Replay, Request,
    Response, Stage, TransportError,
    timeout::{Timer, expired},
};

/// Tries again what failed, where that is safe, and records every attempt.
///
/// The result carries [`Attempts`]: as an extension of the answer, or within the [`TransportError`].
#[derive(Clone)]
pub struct RetryLayer {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    policy: RetryPolicy,
    classify: Arc<dyn Classify>,
    credentials: Option<Arc<dyn Credentials>>,
}

impl RetryLayer {
    /// Retries by `policy`, judging by HTTP alone.
    pub fn new(policy: RetryPolicy) -> Self {
        Self {
            shared: Arc::new(Shared {
                policy,
                classify: Arc::new(HttpClassifier),
                credentials: None,
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

impl fmt::Debug for RetryLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer")
            .field("policy", &self.shared.policy)
            .field("credentials", &self.shared.credentials)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = RetryService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RetryService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`RetryLayer`]. Always ready: what is below is readied for each attempt.
#[derive(Clone, Debug)]
pub struct RetryService<S> {
    inner: S,
    layer: RetryLayer,
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
        let options = CallOptions::resolve(request.extensions());
        let saved = match options.replay() {
            Replay::Never => None,
            Replay::Always | Replay::IfNotSent => Saved::keep(&request),
        };
        RetryFuture {
            service: self.inner.clone(),
            state: State::Next {
                request: Some(request),
            },
            timer: Timer::default(),
            call: Call {
                shared: Arc::clone(&self.layer.shared),
                options,
                saved,
                attempts: Attempts::default(),
                tries: 0,
                held: 0,
                delay: Duration::ZERO,
                waited: Duration::ZERO,
                refused_once: false,
                renewed: false,
            },
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
        #[pin]
        timer: Timer,
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
    }
}

impl<S: Service<Request>> fmt::Debug for RetryFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture").finish_non_exhaustive()
    }
}

/// A call on its way through its attempts.
struct Call {
    shared: Arc<Shared>,
    options: CallOptions,
    saved: Option<Saved>,
    attempts: Attempts,
    /// Attempts that count against the limit.
    tries: u32,
    /// What the present retry took from the quota.
    held: u32,
    /// The wait before the present attempt, and all of them.
    delay: Duration,
    waited: Duration,
    /// The server once closed a connection unread, which is followed by an attempt at once.
    refused_once: bool,
    /// A token was once replaced.
    renewed: bool,
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
                    let result = match (ready, this.call.options.expires) {
                        (Poll::Ready(Ok(())), _) => None,
                        (Poll::Ready(Err(error)), _) => {
                            Some(TransportError::from_box(error.into()))
                        }
                        (Poll::Pending, Some(at)) => {
                            ready!(this.timer.as_mut().poll_until(cx, at));
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
                    ready!(this.timer.as_mut().poll_until(cx, *until));
                    this.state.set(State::Next { request: None });
                }
            }
        }
    }
}

enum Next {
    End(Result<Response, BoxError>),
    After(Duration),
}

impl Call {
    fn again(&self) -> Option<Request> {
        self.saved.as_ref()?.again()
    }

    /// Records an attempt and decides what follows.
    fn judge(&mut self, result: Result<Response, TransportError>) -> Next {
        let verdict = self
            .shared
            .classify
            .classify(self.options.replay(), result.as_ref());
        let outcome = match verdict {
            Verdict::Done(outcome) | Verdict::Retry { outcome, .. } => outcome,
            Verdict::Unauthorized => Outcome::NotAccepted,
        };
        let mut attempt = match &result {
            Ok(answer) => {
                let log_id = answer.extensions().get::<LogId>().cloned();
                Attempt::answered(answer.status(), log_id, outcome)
            }
            Err(error) => Attempt::failed(error),
        };
        attempt.outcome = outcome;
        attempt.delay = self.delay;
        self.attempts.push(attempt);
        self.tries += 1;

        let (delay, asked) = match verdict {
            Verdict::Done(_) => {
                self.settle(&result);
                (None, None)
            }
            Verdict::Unauthorized => (self.renew(&result), None),
            Verdict::Retry {
                throttled, after, ..
            } => {
                let asked = match &result {
                    Ok(answer) => after.or_else(|| retry_after(answer.headers())),
                    Err(error) => after.or(error.retry_after()),
                };
                (self.retry(&result, outcome, throttled, asked), asked)
            }
        };
        match delay {
            Some(delay) => {
                self.delay = delay;
                self.waited += delay;
                self.tell(delay);
                Next::After(delay)
            }
            None => Next::End(self.end(result, asked)),
        }
    }

    /// Gives back to the quota what a success earns.
    fn settle(&self, result: &Result<Response, TransportError>) {
        if result.is_ok() {
            let earned = if self.attempts.len() == 1 {
                1
            } else {
                self.held
            };
            self.shared.policy.quota.give(earned);
        }
    }

    /// Whether a refused token can be replaced. The attempt that follows is at once and beyond the limit.
    fn renew(&mut self, result: &Result<Response, TransportError>) -> Option<Duration> {
        let credentials = self.shared.credentials.as_ref()?;
        let generation = *result.as_ref().ok()?.extensions().get::<Generation>()?;
        if std::mem::replace(&mut self.renewed, true) {
            return None;
        }
        // Told even if this call cannot be sent again: the next one will need another token too.
        let hope = credentials.rejected(generation);
        if !hope || self.saved.is_none() {
            return None;
        }
        self.tries -= 1;
        Some(Duration::ZERO)
    }

    /// The wait before another attempt, if there is to be one.
    fn retry(
        &mut self,
        result: &Result<Response, TransportError>,
        outcome: Outcome,
        throttled: bool,
        asked: Option<Duration>,
    ) -> Option<Duration> {
        self.saved.as_ref()?;
        if result.as_ref().is_err_and(TransportError::is_permanent) {
            return None;
        }
        let allowed = match self.options.replay() {
            Replay::Always => true,
            Replay::IfNotSent => {
                outcome == Outcome::NotAccepted
                    || (outcome == Outcome::Unknown && self.options.assume_idempotent)
            }
            Replay::Never => false,
        };
        let shared = Arc::clone(&self.shared);
        let policy = &shared.policy;
        let limit = self
            .options
            .max_attempts
            .unwrap_or_else(|| policy.attempts(self.options.replay()));
        let unsent = result
            .as_ref()
            .is_err_and(|error| error.outcome() == Outcome::NotAccepted);
        // A connection that the server closed before it read the request says nothing about the server:
        // once, another is tried at once and beyond the limit.
        let refused = unsent
            && !self.refused_once
            && limit > 1
            && result.as_ref().is_err_and(|error| {
                matches!(error.kind(), ErrorKind::Closed | ErrorKind::Protocol)
            });
        if !allowed || (self.tries >= limit && !refused) {
            return None;
        }
        if asked.is_some_and(|asked| asked > policy.longest_retry_after) {
            return None;
        }
        let delay = if refused {
            Duration::ZERO
        } else {
            let base = if unsent {
                policy.base_connect
            } else {
                policy.base_failure
            };
            let own = policy.backoff(base, self.tries);
            asked.map_or(own, |asked| asked.max(own))
        };
        if self.waited.saturating_add(delay) > policy.wait_budget {
            return None;
        }
        if self.options.remaining().is_some_and(|left| left <= delay) {
            return None;
        }
        let cost = if throttled {
            Quota::THROTTLED_COST
        } else {
            Quota::FAILURE_COST
        };
        if !policy.quota.take(cost) {
            tracing::debug!("the retry quota is used up");
            return None;
        }
        self.held = cost;
        if refused {
            self.refused_once = true;
            self.tries -= 1;
        }
        Some(delay)
    }

    /// Says that another attempt follows.
    fn tell(&self, delay: Duration) {
        let Some(last) = self.attempts.last() else {
            return;
        };
        tracing::warn!(
            attempt = self.attempts.len(),
            stage = last.stage.as_str(),
            outcome = last.outcome.as_str(),
            status = last.status.map(|status| status.as_u16()),
            log_id = last.log_id().map(LogId::as_str),
            delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "the attempt failed, another follows"
        );
    }

    /// The result of the call, with the record of its attempts.
    fn end(
        &mut self,
        result: Result<Response, TransportError>,
        asked: Option<Duration>,
    ) -> Result<Response, BoxError> {
        let mut attempts = std::mem::take(&mut self.attempts);
        attempts.set_retry_after(asked);
        match result {
            Ok(mut answer) => {
                answer.extensions_mut().insert(attempts);
                Ok(answer)
            }
            Err(error) => Err(error.with_retry_after(asked).with_attempts(attempts).into()),
        }
    }
}
