//! A streamed body that may not fall silent for too long.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::task::coop::has_budget_remaining;

use super::{
    collect::{broken, sooner},
    limits::StreamLimits,
};
use crate::{
    BoxError, ErrorKind, LogId, Outcome, Stage, TimeoutKind, TransportError,
    time::Instant,
    timeout::{Timer, expired, is_expired},
};

pin_project! {
    /// Ends with an error after `idle` of silence, and at the deadline of the call.
    ///
    /// The silence counts from the moment something was waited for, so a slow reader is not blamed on
    /// the server. The deadline is looked at before each frame, so that a server that sends faster than it is read does
    /// not hold it up.
    pub(super) struct TimedBody<B> {
        // None once it has ended or failed: whoever keeps a failed body does not keep its connection.
        #[pin]
        inner: Option<B>,
        #[pin]
        timer: Timer,
        limits: StreamLimits,
        // When the present wait began; none while data flows.
        waiting: Option<Instant>,
        log_id: Option<LogId>,
    }
}

impl<B> TimedBody<B> {
    pub(super) fn new(inner: B, limits: StreamLimits, log_id: Option<LogId>) -> Self {
        Self {
            inner: Some(inner),
            timer: Timer::default(),
            limits,
            waiting: None,
            log_id,
        }
    }
}

impl<B> Body for TimedBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let expires = this.limits.expires();
        if is_expired(expires) {
            this.inner.set(None);
            let error = expired(Outcome::Unknown).at(Stage::Body);
            return Poll::Ready(Some(Err(error.with_log_id(this.log_id.take()).into())));
        }
        match inner.poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                *this.waiting = None;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.inner.set(None);
                let log_id = this.log_id.take();
                let error = broken(error.into()).with_log_id(log_id);
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                this.inner.set(None);
                Poll::Ready(None)
            }
            Poll::Pending => {
                let since = *this.waiting.get_or_insert_with(Instant::now);
                let idle = this.limits.idle();
                let silent = idle.and_then(|idle| since.checked_add(idle));
                let Some(at) = sooner(silent, expires) else {
                    return Poll::Pending;
                };
                ready!(this.timer.poll_until(cx, at));
                if expires != Some(at) && !has_budget_remaining() {
                    // Not the server is silent: the task may read no more in this turn.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                this.inner.set(None);
                let error = if expires == Some(at) {
                    expired(Outcome::Unknown).at(Stage::Body)
                } else {
                    stalled(idle.unwrap_or_default())
                };
                let error = error.with_log_id(this.log_id.take());
                Poll::Ready(Some(Err(error.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let inner = self.inner.as_ref();
        inner.map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

fn stalled(idle: Duration) -> TransportError {
    tracing::warn!(
        idle_ms = u64::try_from(idle.as_millis()).unwrap_or(u64::MAX),
        "stream stalled"
    );
    TransportError::new(
        ErrorKind::Timeout(TimeoutKind::Idle),
        Outcome::Unknown,
        format!("the stream fell silent for {idle:?}"),
    )
}
