//! The record of what was attempted.

use std::{fmt, time::Duration};

use http::StatusCode;

use super::{ErrorKind, Outcome, Stage};
use crate::LogId;

/// One attempt of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// How far it came.
    pub stage: Stage,
    /// Whether the server may have acted on it.
    pub outcome: Outcome,
    /// The status of its response, where the head arrived.
    pub status: Option<StatusCode>,
    /// Its failure; `None` where the whole response arrived.
    pub error: Option<ErrorKind>,
    /// The server's log id. The ids of attempts that failed are kept as well.
    pub log_id: Option<LogId>,
    /// The wait before it; zero for the first.
    pub delay: Duration,
}

impl Attempt {
    /// The server's log id.
    pub const fn log_id(&self) -> Option<&LogId> {
        self.log_id.as_ref()
    }
}

/// What was attempted for one call, in order. A response extension, and part of a
/// [`TransportError`](crate::TransportError).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attempts {
    // Nearly every call has one attempt, which then needs no allocation.
    first: Option<Attempt>,
    rest: Vec<Attempt>,
    retry_after: Option<Duration>,
    token_renewed: bool,
}

impl Attempts {
    /// The attempts, first to last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.first.iter().chain(&self.rest)
    }

    /// How many there were.
    pub const fn len(&self) -> usize {
        self.rest.len() + if self.first.is_some() { 1 } else { 0 }
    }

    /// Whether nothing was attempted.
    pub const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The last one.
    pub fn last(&self) -> Option<&Attempt> {
        self.rest.last().or(self.first.as_ref())
    }

    /// Whether the server may have acted on the call: what is known of its last attempt. An attempt is
    /// followed by another only if it was not accepted or may be repeated.
    pub fn outcome(&self) -> Outcome {
        self.last().map_or(Outcome::Unknown, |last| last.outcome)
    }

    /// How long the last response asked to wait, where it was not followed by another attempt.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether a token was refused and the call sent again with another one.
    pub const fn is_token_renewed(&self) -> bool {
        self.token_renewed
    }

    /// All waits between attempts.
    pub fn waited(&self) -> Duration {
        self.rest.iter().map(|one| one.delay).sum()
    }

    pub(crate) fn push(&mut self, attempt: Attempt) {
        if self.first.is_none() {
            self.first = Some(attempt);
        } else {
            self.rest.push(attempt);
        }
    }

    pub(crate) fn set_token_renewed(&mut self) {
        self.token_renewed = true;
    }

    pub(crate) fn set_retry_after(&mut self, after: Option<Duration>) {
        self.retry_after = after;
    }
}

impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
