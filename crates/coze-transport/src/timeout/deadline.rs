//! The deadline of a call.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::RareTimer;
use crate::{
    BoxError, CallOptions, ErrorKind, Outcome, Request, ResponseMode, TimeoutKind, TransportError,
    time::Instant,
};

/// Starts the clock of a call and ends it when its time is over.
///
/// The instant travels on in [`CallOptions`], so that what waits below can stop in time and say what it
/// was waiting for; this layer is the backstop for what does not look.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeadlineLayer {
    default: Option<Duration>,
    carry_only: bool,
}

impl DeadlineLayer {
    /// `default` applies to calls with a buffered response that set no deadline of their own.
    pub const fn new(default: Option<Duration>) -> Self {
        Self {
            default,
            carry_only: false,
        }
    }

    /// Only carries the instant down, and saves the timer. For stacks in which all that waits below looks at it.
    #[must_use]
    pub const fn carry_only(mut self) -> Self {
        self.carry_only = true;
        self
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService {
            inner,
            layer: *self,
        }
    }
}

/// The service of [`DeadlineLayer`].
#[derive(Clone, Debug)]
pub struct DeadlineService<S> {
    inner: S,
    layer: DeadlineLayer,
}

impl<S> Service<Request> for DeadlineService<S>
where
    S: Service<Request>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = DeadlineFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let mut options = CallOptions::resolve(request.extensions());
        let default = match options.mode() {
            ResponseMode::Buffered => self.layer.default,
            ResponseMode::Streaming => None,
        };
        if let Some(limit) = options.deadline.or(default) {
            // A limit beyond what the clock can express is no limit. A call within a call ends no later than that.
            let own = Instant::now().checked_add(limit);
            options.expires = own.into_iter().chain(options.expires).min();
        }
        let expires = options.expires.filter(|_| !self.layer.carry_only);
        // In place where the caller brought options: an insertion allocates.
        match request.extensions_mut().get_mut::<CallOptions>() {
            Some(slot) => *slot = options,
            None => {
                request.extensions_mut().insert(options);
            }
        }
        DeadlineFuture {
            inner: self.inner.call(request),
            timer: RareTimer::default(),
            expires,
        }
    }
}

pin_project! {
    /// The future of [`DeadlineService`].
    #[derive(Debug)]
    pub struct DeadlineFuture<F> {
        #[pin]
        inner: F,
        timer: RareTimer,
        expires: Option<Instant>,
    }
}

impl<F, T, E> Future for DeadlineFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The inner future first: if it, too, is at its end, it knows more about it.
        if let Poll::Ready(result) = this.inner.poll(cx) {
            return Poll::Ready(result.map_err(Into::into));
        }
        match *this.expires {
            Some(at) if this.timer.poll_until(cx, at).is_ready() => {
                Poll::Ready(Err(expired(Outcome::Unknown).into()))
            }
            _ => Poll::Pending,
        }
    }
}

/// Whether the call's time is over.
pub(crate) fn is_expired(expires: Option<Instant>) -> bool {
    expires.is_some_and(|at| Instant::now() >= at)
}

/// The error of a call whose time is over.
pub(crate) fn expired(outcome: Outcome) -> TransportError {
    TransportError::new(
        ErrorKind::Timeout(TimeoutKind::Deadline),
        outcome,
        "the deadline of the call passed",
    )
    .permanent()
}
