//! The limits of what comes before a request is sent.

use std::time::Duration;

use super::expired;
use crate::{CallOptions, ErrorKind, Outcome, Stage, TimeoutKind, TransportError, time::Instant};

/// When to give up what comes before a request is sent: a token, a connection. Whoever waits for such a thing looks at
/// it, because only there it is known that nothing was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrepareLimit {
    pub(crate) at: Instant,
    /// Which limit it is, and its length; none for the deadline.
    attempt: Option<(TimeoutKind, Duration)>,
}

impl PrepareLimit {
    /// The earliest of the deadline and the limits of an attempt that begins now.
    pub(crate) fn of(options: &CallOptions) -> Option<Self> {
        let limit = |kind, limit: Option<Duration>| {
            let limit = limit?;
            Some(Self {
                at: Instant::now().checked_add(limit)?,
                attempt: Some((kind, limit)),
            })
        };
        let deadline = options.expires.map(|at| Self { at, attempt: None });
        let head = limit(TimeoutKind::Head, options.head_timeout);
        let attempt = limit(TimeoutKind::Attempt, options.attempt_timeout);
        let all = deadline.into_iter().chain(head).chain(attempt);
        all.min_by_key(|limit| limit.at)
    }

    /// The error once it has passed while `what` was waited for.
    pub(crate) fn error(&self, what: &str) -> TransportError {
        match self.attempt {
            None => expired(Outcome::NotAccepted).at(Stage::Prepare),
            Some((kind, limit)) => TransportError::new(
                ErrorKind::Timeout(kind),
                Outcome::NotAccepted,
                format!("{what} was not there within {limit:?}, so nothing was sent"),
            )
            .at(Stage::Prepare),
        }
    }
}
