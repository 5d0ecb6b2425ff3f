//! The waits for a head and for a body.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use super::{collect::sooner, options::ReceiveOptions};
use crate::{
    ErrorKind, Outcome, Stage, TimeoutKind, TransportError,
    time::Instant,
    timeout::{Timer, expired},
};

/// When the waits began. Read at the first wait, so that nothing asks for the time in vain.
#[derive(Debug, Default)]
pub(super) struct Clock {
    started: Option<Instant>,
    /// Start of the present window of the rule on slow bodies, and what had been read by then.
    window: Option<(Instant, usize)>,
}

impl Clock {
    /// The error once the head has been waited for too long.
    pub(super) fn poll_head(
        &mut self,
        timer: Pin<&mut Timer>,
        cx: &mut Context<'_>,
        options: &ReceiveOptions,
    ) -> Poll<TransportError> {
        if options.head.is_none() && options.attempt.is_none() && options.expires.is_none() {
            return Poll::Pending;
        }
        let started = *self.started.get_or_insert_with(Instant::now);
        let head = options.head.and_then(|limit| started.checked_add(limit));
        let attempt = options.attempt.and_then(|limit| started.checked_add(limit));
        let Some(at) = sooner(sooner(head, attempt), options.expires) else {
            return Poll::Pending;
        };
        ready!(timer.poll_until(cx, at));
        Poll::Ready(if options.expires == Some(at) {
            expired(Outcome::Unknown)
        } else if attempt == Some(at) {
            attempt_over(options)
        } else {
            TransportError::new(
                ErrorKind::Timeout(TimeoutKind::Head),
                Outcome::Unknown,
                format!(
                    "no response began within {:?}",
                    options.head.unwrap_or_default()
                ),
            )
        })
    }

    /// The error once the body, of which `read` bytes are there, has been waited for too long.
    pub(super) fn poll_body(
        &mut self,
        timer: Pin<&mut Timer>,
        cx: &mut Context<'_>,
        options: &ReceiveOptions,
        read: usize,
    ) -> Poll<TransportError> {
        // The floor of one byte a second, over the length of the window.
        let floor = |slow: Duration| usize::try_from(slow.as_secs()).unwrap_or(1).max(1);
        let window = match (options.slow, self.window) {
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
        let attempt = match options.attempt {
            Some(limit) => self
                .started
                .get_or_insert_with(Instant::now)
                .checked_add(limit),
            None => None,
        };
        let Some(at) = sooner(sooner(window, attempt), options.expires) else {
            return Poll::Pending;
        };
        ready!(timer.poll_until(cx, at));
        Poll::Ready(if options.expires == Some(at) {
            expired(Outcome::Unknown).at(Stage::Body)
        } else if attempt == Some(at) {
            attempt_over(options).at(Stage::Body)
        } else {
            let slow = options.slow.unwrap_or_default();
            tracing::warn!(read, "body stalled");
            TransportError::new(
                ErrorKind::Timeout(TimeoutKind::Idle),
                Outcome::Unknown,
                format!("the body brought less than a byte a second for {slow:?}"),
            )
        })
    }
}

fn attempt_over(options: &ReceiveOptions) -> TransportError {
    TransportError::new(
        ErrorKind::Timeout(TimeoutKind::Attempt),
        Outcome::Unknown,
        format!(
            "the attempt took longer than {:?}",
            options.attempt.unwrap_or_default()
        ),
    )
}
